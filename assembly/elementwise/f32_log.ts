// The natural logarithm and its gradient. In place allowed; dx may be dy.
import { loadPart, storePart } from '../math/lanes';
import { Log } from '../math/log';

/** y = log(x). */
export function f32_log(x: usize, y: usize, size: usize): void {
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
