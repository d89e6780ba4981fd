// Sum over samples and positions of [n][c][p]: the gradient of a bias. Sums are f64 and rounded once.
//
// x is f32 [n][c][p], or [n][c] where there are no positions, `step` floats from one sample to the next; y is f32 [c].
//
// Preconditions: samples do not overlap. Not asserted: y does not overlap x.
import { high, loadPart, low, narrow, storePart } from '../math/lanes';
import { sumRun } from '../math/sum';

/** y[c] = sum over n and p of x[n][c][p]: plane by plane (sumRun), the planes in the order of n. */
export function f32_sum_channels(x: usize, y: usize, n: usize, c: usize, p: usize, step: usize): void {
  assert(step >= c * p);
  const plane = p << 2;
  for (let channel: usize = 0; channel < c; channel++) {
    let sum: f64 = 0;
    let at = x + channel * plane;
    for (let sample: usize = 0; sample < n; sample++) {
      sum += sumRun(at, p);
      at += step << 2;
    }
    store<f32>(y + (channel << 2), <f32>sum);
  }
}

/** The same for p = 1: column sums of [n][c], eight columns at a time, rows in order. */
export function f32_sum_rows(x: usize, y: usize, n: usize, c: usize, step: usize): void {
  assert(step >= c);
  const stride = step << 2;
  let column: usize = 0;
  for (; column + 8 <= c; column += 8) {
    let s0 = f64x2.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let at = x + (column << 2);
    for (let row: usize = 0; row < n; row++) {
      const a = v128.load(at);
      const b = v128.load(at, 16);
      s0 = f64x2.add(s0, low(a));
      s1 = f64x2.add(s1, high(a));
      s2 = f64x2.add(s2, low(b));
      s3 = f64x2.add(s3, high(b));
      at += stride;
    }
    v128.store(y + (column << 2), narrow(s0, s1));
    v128.store(y + (column << 2), narrow(s2, s3), 16);
  }
  while (column < c) {
    const part = c - column < 4 ? c - column : 3;
    let s0 = f64x2.splat(0);
    let s1 = s0;
    let at = x + (column << 2);
    for (let row: usize = 0; row < n; row++) {
      const a = loadPart(at, part);
      s0 = f64x2.add(s0, low(a));
      s1 = f64x2.add(s1, high(a));
      at += stride;
    }
    storePart(y + (column << 2), narrow(s0, s1), part);
    column += part;
  }
}
