// The logistic function and its gradient. In place allowed; dx may be dy.
//
// Every operand is f32 [size], contiguous.
//
// Preconditions: an output is one of its inputs or overlaps none; size may be 0.
import { loadPart, storePart } from '../math/lanes';
import { Sigmoid } from '../math/sigmoid';

/** y = 1 / (1 + e^-x). */
export function f32_sigmoid(x: usize, y: usize, size: usize): void {
  assert(x == y || x + (size << 2) <= y || y + (size << 2) <= x);
  const end = x + ((size & ~3) << 2);
  while (x < end) {
    v128.store(y, Sigmoid.of(v128.load(x)));
    x += 16;
    y += 16;
  }
  const n = size & 3;
  if (n) storePart(y, Sigmoid.of(loadPart(x, n)), n);
}

function gradient(y: v128, dy: v128): v128 {
  return f32x4.mul(dy, f32x4.mul(y, f32x4.sub(f32x4.splat(1), y)));
}

/** dx = dy * y (1 - y), from the output alone. */
export function f32_sigmoid_grad(y: usize, dy: usize, dx: usize, size: usize): void {
  assert(
    (y == dx || y + (size << 2) <= dx || dx + (size << 2) <= y) &&
      (dy == dx || dy + (size << 2) <= dx || dx + (size << 2) <= dy),
  );
  const end = y + ((size & ~3) << 2);
  while (y < end) {
    v128.store(dx, gradient(v128.load(y), v128.load(dy)));
    y += 16;
    dy += 16;
    dx += 16;
  }
  const n = size & 3;
  if (n) storePart(dx, gradient(loadPart(y, n), loadPart(dy, n)), n);
}
