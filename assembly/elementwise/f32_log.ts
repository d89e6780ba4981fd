// The natural logarithm and its gradient. In place allowed; dx may be dy.
//
// Every operand is f32 [size], contiguous.
//
// Preconditions: an output is one of its inputs or overlaps none; size may be 0.
import { loadPart, storePart } from '../math/lanes';
import { Log } from '../math/log';

/** y = log(x). */
export function f32_log(x: usize, y: usize, size: usize): void {
  assert(x == y || x + (size << 2) <= y || y + (size << 2) <= x);
  const end = x + ((size & ~3) << 2);
  while (x < end) {
    v128.store(y, Log.of(v128.load(x)));
    x += 16;
    y += 16;
  }
  const n = size & 3;
  if (n) storePart(y, Log.of(loadPart(x, n)), n);
}

function gradient(x: v128, dy: v128): v128 {
  return f32x4.div(dy, x);
}

/** dx = dy / x. */
export function f32_log_grad(x: usize, dy: usize, dx: usize, size: usize): void {
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
