// The assignment step of k-means in one dimension: which centroid is nearest to each weight.
//
// Eight weights against each centroid in turn. Distances are |x - c| rounded to f32; a centroid replaces the best so far
// only if strictly nearer, so the lowest index wins a tie, and its index, being larger than any before it, can be taken
// in by max instead of a select.
//
// x f32 [size], centroids f32 [k], indices u8 [size].
//
// Preconditions: 1 <= k <= 256, so that an index is a byte; indices overlap neither x nor centroids.
import { loadPart } from '../math/lanes';

/** indices (u8) = nearest of k <= 256 centroids. NaN, and what is infinitely far from all, goes to 0. */
export function f32_kmeans_assign(x: usize, centroids: usize, indices: usize, size: usize, k: usize): void {
  assert(x + (size << 2) <= indices || indices + size <= x);
  assert(k >= 1 && k <= 256);
  const end = indices + (size & ~7);
  while (indices < end) {
    nearest8(v128.load(x), v128.load(x, 16), centroids, indices, 8, k);
    x += 32;
    indices += 8;
  }
  const n = size & 7;
  if (n >= 4) {
    const rest = n & 3;
    nearest8(v128.load(x), rest ? loadPart(x + 16, rest) : f32x4.splat(0), centroids, indices, n, k);
  } else if (n) {
    nearest8(loadPart(x, n), f32x4.splat(0), centroids, indices, n, k);
  }
}

/** Writes the first `n` of eight indices. */
function nearest8(x0: v128, x1: v128, centroids: usize, indices: usize, n: usize, k: usize): void {
  const one = i32x4.splat(1);
  let best0 = f32x4.splat(f32.POSITIVE_INFINITY);
  let best1 = best0;
  let at0 = i32x4.splat(0);
  let at1 = at0;
  let j = at0;
  const end = centroids + (k << 2);
  while (centroids < end) {
    const c = v128.load_splat<f32>(centroids);
    const d0 = f32x4.abs(f32x4.sub(x0, c));
    const d1 = f32x4.abs(f32x4.sub(x1, c));
    at0 = i32x4.max_s(at0, v128.and(j, f32x4.lt(d0, best0)));
    at1 = i32x4.max_s(at1, v128.and(j, f32x4.lt(d1, best1)));
    best0 = f32x4.pmin(best0, d0);
    best1 = f32x4.pmin(best1, d1);
    j = i32x4.add(j, one);
    centroids += 4;
  }
  const words = i16x8.narrow_i32x4_u(at0, at1);
  const bytes = i8x16.narrow_i16x8_u(words, words);
  if (n == 8) {
    v128.store_lane<u64>(indices, bytes, 0);
    return;
  }
  let packed = i64x2.extract_lane(bytes, 0);
  for (let i: usize = 0; i < n; i++) {
    store<u8>(indices + i, <u8>packed);
    packed >>= 8;
  }
}
