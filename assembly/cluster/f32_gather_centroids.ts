// Shared weights written out: what the layer computes with.

/** w = centroids[indices], +0 where mask (u8; 0 for none) is 0. */
export function f32_gather_centroids(
  centroids: usize,
  indices: usize,
  mask: usize,
  w: usize,
  size: usize,
): void {
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
