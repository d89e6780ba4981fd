// The update step of k-means, and the gradient of shared weights: both sum f32 by the index of a centroid, in f64 and in
// the order of the weights.
//
// x and dw f32 [size], mask u8 [size] or 0, indices u8 [size], centroids and their gradient f32 [k], counts i32 [k],
// sums f64 [k] in scratch.
//
// Preconditions: every index is below k; k <= 256.

/** sums (f64)[k] += x by index; counts (i32)[k] += 1 unless counts = 0. mask (u8): only where it is 1; 0 for all. */
function sumByIndex(x: usize, mask: usize, indices: usize, sums: usize, counts: usize, size: usize): void {
  for (let i: usize = 0; i < size; i++) {
    const member = mask ? u32(load<u8>(mask + i) != 0) : 1;
    // A masked weight adds +0: a branch on the mask would be mispredicted half of the time.
    const value = reinterpret<f32>(load<u32>(x + (i << 2)) & (0 - member));
    const at = <usize>load<u8>(indices + i);
    const sum = sums + (at << 3);
    store<f64>(sum, load<f64>(sum) + <f64>value);
    if (counts) {
      const count = counts + (at << 2);
      store<u32>(count, load<u32>(count) + member);
    }
  }
}

/** centroids = mean of their members, unchanged without any; counts (i32)[k] is written. `sums` is scratch, k doubles. */
export function f32_kmeans_update(
  x: usize,
  mask: usize,
  indices: usize,
  centroids: usize,
  counts: usize,
  sums: usize,
  size: usize,
  k: usize,
): void {
  memory.fill(sums, 0, k << 3);
  memory.fill(counts, 0, k << 2);
  sumByIndex(x, mask, indices, sums, counts, size);
  for (let j: usize = 0; j < k; j++) {
    const count = load<i32>(counts + (j << 2));
    if (count) store<f32>(centroids + (j << 2), <f32>(load<f64>(sums + (j << 3)) / <f64>count));
  }
}

/** dc[k] = sum of dw over the members of each centroid where mask (u8; 0 for all) is 1. `sums` is scratch, k doubles. */
export function f32_scatter_centroids(
  dw: usize,
  indices: usize,
  mask: usize,
  dc: usize,
  sums: usize,
  size: usize,
  k: usize,
): void {
  memory.fill(sums, 0, k << 3);
  sumByIndex(dw, mask, indices, sums, 0, size);
  for (let j: usize = 0; j < k; j++) store<f32>(dc + (j << 2), <f32>load<f64>(sums + (j << 3)));
}
