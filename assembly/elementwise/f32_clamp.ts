// Clamping, which is ReLU (0, infinity) and ReLU6 (0, 6), and its gradient.
//
// Every operand is f32 [size], contiguous.
//
// Preconditions: an output is one of its inputs or overlaps none; size may be 0.
import { clamp, loadPart, storePart } from '../math/lanes';

/** y = min(max(x, lo), hi); NaN stays NaN. In place allowed. */
export function f32_clamp(x: usize, y: usize, size: usize, lo: f32, hi: f32): void {
  assert(x == y || x + (size << 2) <= y || y + (size << 2) <= x);
  assert(!(lo > hi));
  const l = f32x4.splat(lo);
  const h = f32x4.splat(hi);
  const end = x + ((size & ~3) << 2);
  while (x < end) {
    v128.store(y, clamp(v128.load(x), l, h));
    x += 16;
    y += 16;
  }
  if (size & 3) storePart(y, clamp(loadPart(x, size & 3), l, h), size & 3);
}

function gradient(x: v128, dy: v128, lo: v128, hi: v128): v128 {
  return v128.and(dy, v128.and(f32x4.gt(x, lo), f32x4.lt(x, hi)));
}

/** dx = dy where lo < x < hi, else 0 (also where x is NaN). dx may be dy. */
export function f32_clamp_grad(x: usize, dy: usize, dx: usize, size: usize, lo: f32, hi: f32): void {
  assert(
    (x == dx || x + (size << 2) <= dx || dx + (size << 2) <= x) &&
      (dy == dx || dy + (size << 2) <= dx || dx + (size << 2) <= dy),
  );
  const l = f32x4.splat(lo);
  const h = f32x4.splat(hi);
  const end = x + ((size & ~3) << 2);
  while (x < end) {
    v128.store(dx, gradient(v128.load(x), v128.load(dy), l, h));
    x += 16;
    dy += 16;
    dx += 16;
  }
  const n = size & 3;
  if (n) storePart(dx, gradient(loadPart(x, n), loadPart(dy, n), l, h), n);
}
