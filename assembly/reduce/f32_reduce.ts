// Reductions of a whole tensor to one or two numbers. The order of summation depends on the size alone.
//
// x is f32 [size], contiguous; y is f32 [1], or [2] for the smallest and the largest.
//
// Preconditions: size > 0 where there has to be a smallest or largest; y does not overlap x.
import { loadPart } from '../math/lanes';
import { sumRun, sumSquaresRun } from '../math/sum';

/** y[0] = sum of x, accumulated in f64. */
export function f32_sum(x: usize, y: usize, size: usize): void {
  assert(x + (size << 2) <= y || y + 4 <= x);
  store<f32>(y, <f32>sumRun(x, size));
}

/** y[0] = sum of x^2, accumulated in f64. */
export function f32_sum_squares(x: usize, y: usize, size: usize): void {
  assert(x + (size << 2) <= y || y + 4 <= x);
  store<f32>(y, <f32>sumSquaresRun(x, size));
}

function least(v: v128): f32 {
  return min(
    min(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)),
    min(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)),
  );
}

function largest(v: v128): f32 {
  return max(
    max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)),
    max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)),
  );
}

/** y[0] = largest |x|; NaN if there is one. */
export function f32_max_abs(x: usize, y: usize, size: usize): void {
  // pmax drops NaN, so NaN is looked for on the side.
  let best = f32x4.splat(0);
  let unordered = best;
  const end = x + ((size & ~3) << 2);
  while (x < end) {
    const v = v128.load(x);
    best = f32x4.pmax(best, f32x4.abs(v));
    unordered = v128.or(unordered, f32x4.ne(v, v));
    x += 16;
  }
  if (size & 3) {
    const v = loadPart(x, size & 3);
    best = f32x4.pmax(best, f32x4.abs(v));
    unordered = v128.or(unordered, f32x4.ne(v, v));
  }
  store<f32>(y, v128.any_true(unordered) ? f32.NaN : largest(best));
}

/** y[0] = smallest, y[1] = largest x; both NaN if there is one. size >= 1. */
export function f32_min_max(x: usize, y: usize, size: usize): void {
  assert(size >= 1);
  let lo = v128.load_splat<f32>(x);
  let hi = lo;
  let unordered = f32x4.ne(lo, lo);
  const end = x + ((size & ~3) << 2);
  while (x < end) {
    const v = v128.load(x);
    lo = f32x4.pmin(lo, v);
    hi = f32x4.pmax(hi, v);
    unordered = v128.or(unordered, f32x4.ne(v, v));
    x += 16;
  }
  for (let i: usize = 0; i < (size & 3); i++) {
    const v = v128.load_splat<f32>(x + (i << 2));
    lo = f32x4.pmin(lo, v);
    hi = f32x4.pmax(hi, v);
    unordered = v128.or(unordered, f32x4.ne(v, v));
  }
  const nan = v128.any_true(unordered);
  store<f32>(y, nan ? f32.NaN : least(lo));
  store<f32>(y, nan ? f32.NaN : largest(hi), 4);
}
