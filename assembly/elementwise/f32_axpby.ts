// Scaled sum: the accumulation of gradients, their clipping and every scaling.
//
// x and y are f32 [size], contiguous.
//
// Preconditions: y is x or does not overlap it; size may be 0.
import { loadPart, storePart } from '../math/lanes';

/** y = alpha * x + beta * y, two products and one sum each rounded. */
export function f32_axpby(x: usize, y: usize, size: usize, alpha: f32, beta: f32): void {
  assert(x == y || x + (size << 2) <= y || y + (size << 2) <= x);
  const a = f32x4.splat(alpha);
  const b = f32x4.splat(beta);
  const end = x + ((size & ~3) << 2);
  while (x < end) {
    v128.store(y, f32x4.add(f32x4.mul(a, v128.load(x)), f32x4.mul(b, v128.load(y))));
    x += 16;
    y += 16;
  }
  const n = size & 3;
  if (n) storePart(y, f32x4.add(f32x4.mul(a, loadPart(x, n)), f32x4.mul(b, loadPart(y, n))), n);
}

/** y = alpha * x; y is not read, so what it held (even NaN) does not matter. */
export function f32_scale(x: usize, y: usize, size: usize, alpha: f32): void {
  assert(x == y || x + (size << 2) <= y || y + (size << 2) <= x);
  const a = f32x4.splat(alpha);
  const end = x + ((size & ~3) << 2);
  while (x < end) {
    v128.store(y, f32x4.mul(a, v128.load(x)));
    x += 16;
    y += 16;
  }
  const n = size & 3;
  if (n) storePart(y, f32x4.mul(a, loadPart(x, n)), n);
}
