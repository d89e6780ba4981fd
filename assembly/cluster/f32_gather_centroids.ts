// Shared weights written out: what the layer computes with.

/** w = centroids[indices], +0 where mask (u8; 0 for none) is 0. */
export function f32_gather_centroids(
  centroids: usize,
  indices: usize,
  mask: usize,
  w: usize,
  size: usize,
): void {
  for (let i: usize = 0; i < size; i++) {
    const value = load<f32>(centroids + ((<usize>load<u8>(indices + i)) << 2));
    store<f32>(w + (i << 2), mask && load<u8>(mask + i) == 0 ? 0 : value);
  }
}
