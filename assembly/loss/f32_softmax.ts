// Softmax over the columns of each row, and its gradient. Sums are f64.
//
// x, y and their gradients are f32 [rows][columns].
//
// Preconditions: columns > 0; y is x or does not overlap it.
import { addLanes, high, loadPart, low, storePart } from '../math/lanes';
import { expRow, maxRun } from './exp_row';

/** y[r][c] = e^(x[r][c] - max_r) / sum. In place allowed. */
export function f32_softmax(x: usize, y: usize, rows: usize, columns: usize): void {
  assert(columns > 0);
  assert(x == y || x + ((rows * columns) << 2) <= y || y + ((rows * columns) << 2) <= x);
  const n = columns & 3;
  for (let row: usize = 0; row < rows; row++) {
    const sum = f32x4.splat(<f32>expRow(x, y, columns, maxRun(x, columns)));
    const end = y + ((columns & ~3) << 2);
    while (y < end) {
      v128.store(y, f32x4.div(v128.load(y), sum));
      y += 16;
    }
    if (n) {
      storePart(y, f32x4.div(loadPart(y, n), sum), n);
      y += n << 2;
    }
    x += columns << 2;
  }
}

/** Sum of a * b, in f64. */
function dotRow(a: usize, b: usize, count: usize): f64 {
  let sum = f64x2.splat(0);
  const end = a + ((count & ~3) << 2);
  while (a < end) {
    const u = v128.load(a);
    const v = v128.load(b);
    sum = f64x2.add(sum, f64x2.mul(low(u), low(v)));
    sum = f64x2.add(sum, f64x2.mul(high(u), high(v)));
    a += 16;
    b += 16;
  }
  if (count & 3) {
    const u = loadPart(a, count & 3);
    const v = loadPart(b, count & 3);
    sum = f64x2.add(sum, f64x2.mul(low(u), low(v)));
    sum = f64x2.add(sum, f64x2.mul(high(u), high(v)));
  }
  return addLanes(sum);
}

/** dx = y * (dy - sum over the row of dy * y). */
export function f32_softmax_grad(y: usize, dy: usize, dx: usize, rows: usize, columns: usize): void {
  assert(columns > 0);
  const n = columns & 3;
  for (let row: usize = 0; row < rows; row++) {
    const d = f32x4.splat(<f32>dotRow(y, dy, columns));
    const end = y + ((columns & ~3) << 2);
    while (y < end) {
      v128.store(dx, f32x4.mul(v128.load(y), f32x4.sub(v128.load(dy), d)));
      y += 16;
      dy += 16;
      dx += 16;
    }
    if (n) {
      storePart(dx, f32x4.mul(loadPart(y, n), f32x4.sub(loadPart(dy, n), d)), n);
      y += n << 2;
      dy += n << 2;
      dx += n << 2;
    }
  }
}
