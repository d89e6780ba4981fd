// Hard swish (Howard et al. 2019, MobileNetV3) and its gradient. In place allowed; dx may be dy.
//
// Every operand is f32 [size], contiguous.
//
// Preconditions: an output is one of its inputs or overlaps none; size may be 0.
import { clamp, loadPart, storePart } from '../math/lanes';

function hardSwish(x: v128): v128 {
  const gate = clamp(f32x4.add(x, f32x4.splat(3)), f32x4.splat(0), f32x4.splat(6));
  // The gate is scaled first: 6 x would overflow where x does not.
  return f32x4.mul(x, f32x4.mul(gate, f32x4.splat(1.0 / 6.0)));
}

/** dy * (0 for x <= -3, 1 for x >= 3, x / 3 + 1/2 between). */
function gradient(x: v128, dy: v128): v128 {
  const third = f32x4.splat(1.0 / 3.0);
  const slope = f32x4.add(f32x4.mul(x, third), f32x4.splat(0.5));
  const inner = v128.bitselect(dy, f32x4.mul(dy, slope), f32x4.ge(x, f32x4.splat(3)));
  return v128.andnot(inner, f32x4.le(x, f32x4.splat(-3)));
}

/** y = x * min(max(x + 3, 0), 6) / 6. */
export function f32_hard_swish(x: usize, y: usize, size: usize): void {
  assert(x == y || x + (size << 2) <= y || y + (size << 2) <= x);
  const end = x + ((size & ~3) << 2);
  while (x < end) {
    v128.store(y, hardSwish(v128.load(x)));
    x += 16;
    y += 16;
  }
  const n = size & 3;
  if (n) storePart(y, hardSwish(loadPart(x, n)), n);
}

/** dx = dy * hardSwish'(x). */
export function f32_hard_swish_grad(x: usize, dy: usize, dx: usize, size: usize): void {
  assert(
    (x == dx || x + (size << 2) <= dx || dx + (size << 2) <= x) &&
      (dy == dx || dy + (size << 2) <= dx || dx + (size << 2) <= dy),
  );
  const end = x + ((size & ~3) << 2);
  while (x < end) {
    v128.store(dx, gradient(v128.load(x), v128.load(dy)));
    x += 16;
    dy += 16;
    dx += 16;
  }
  const n = size & 3;
  if (n) storePart(dx, gradient(loadPart(x, n), loadPart(dy, n)), n);
}
