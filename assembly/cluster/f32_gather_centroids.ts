// Shared weights written out: what the layer computes with.
//
// centroids f32 [k], indices u8 [size], mask u8 [size] or 0, w f32 [size].
//
// Preconditions: every index is below k; w does not overlap indices or mask.

/** w = centroids[indices], +0 where mask (u8; 0 for none) is 0. */
export function f32_gather_centroids(
  centroids: usize,
  indices: usize,
  mask: usize,
  w: usize,
  size: usize,
): void {
  assert(indices + size <= w || w + (size << 2) <= indices);
  assert(mask == 0 || mask + size <= w || w + (size << 2) <= mask);
  if (mask == 0) {
    for (let i: usize = 0; i < size; i++) {
      store<f32>(w + (i << 2), load<f32>(centroids + ((<usize>load<u8>(indices + i)) << 2)));
    }
    return;
  }
  for (let i: usize = 0; i < size; i++) {
    // Bits and-ed with all ones or zeros: a branch on the mask would be mispredicted half of the time.
    const bits = load<u32>(centroids + ((<usize>load<u8>(indices + i)) << 2));
    store<u32>(w + (i << 2), bits & (0 - u32(load<u8>(mask + i) != 0)));
  }
}
