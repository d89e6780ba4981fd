// Leaky ReLU and its gradient. In place allowed; dx may be dy.
//
// Every operand is f32 [size], contiguous.
//
// Preconditions: an output is one of its inputs or overlaps none; size may be 0.
import { loadPart, storePart } from '../math/lanes';

/** Chooses `above` where x > 0, else `below`. NaN goes the way of `below`: alpha * NaN = NaN. */
function pick(x: v128, above: v128, below: v128): v128 {
  return v128.bitselect(above, below, f32x4.gt(x, f32x4.splat(0)));
}

/** y = x where x > 0, else alpha * x. */
export function f32_leaky_relu(x: usize, y: usize, size: usize, alpha: f32): void {
  assert(x == y || x + (size << 2) <= y || y + (size << 2) <= x);
  const a = f32x4.splat(alpha);
  const end = x + ((size & ~3) << 2);
  while (x < end) {
    const v = v128.load(x);
    v128.store(y, pick(v, v, f32x4.mul(v, a)));
    x += 16;
    y += 16;
  }
  const n = size & 3;
  if (n) {
    const v = loadPart(x, n);
    storePart(y, pick(v, v, f32x4.mul(v, a)), n);
  }
}

/** dx = dy where x > 0, else alpha * dy. */
export function f32_leaky_relu_grad(x: usize, dy: usize, dx: usize, size: usize, alpha: f32): void {
  assert(
    (x == dx || x + (size << 2) <= dx || dx + (size << 2) <= x) &&
      (dy == dx || dy + (size << 2) <= dx || dx + (size << 2) <= dy),
  );
  const a = f32x4.splat(alpha);
  const end = x + ((size & ~3) << 2);
  while (x < end) {
    const d = v128.load(dy);
    v128.store(dx, pick(v128.load(x), d, f32x4.mul(d, a)));
    x += 16;
    dy += 16;
    dx += 16;
  }
  const n = size & 3;
  if (n) {
    const d = loadPart(dy, n);
    storePart(dx, pick(loadPart(x, n), d, f32x4.mul(d, a)), n);
  }
}
