// Batch normalisation in training (Ioffe and Szegedy 2015) over [n][c][p], by channel in two passes: statistics, then
// normalisation.
//
//   mean = sum x / m,  var = sum x^2 / m - mean^2,  m = n p,  y = (x - mean) / sqrt(var + eps) * gamma + beta
//
// Sums are f64, in which the square of an f32 is exact, so the one-pass variance loses nothing an f32 could hold. Running
// statistics follow torch: (1 - momentum) * running + momentum * batch, the variance unbiased (m - 1).
//
// x and y are f32 [n][c][p], `step` floats from one sample to the next; all others f32 [c].
//
// Preconditions: m >= 2, since the unbiased variance divides by m - 1; eps > 0; samples do not overlap. Not asserted: y is x or does
// not overlap it.
import { addLanes, high, loadPart, low } from '../math/lanes';
import { applyChannel } from './f32_batch_norm_apply';

/** m >= 2. Writes y, the batch's mean and 1 / sqrt(var + eps), and moves the running statistics. */
export function f32_batch_norm_train(
  x: usize,
  gamma: usize,
  beta: usize,
  y: usize,
  mean: usize,
  invStd: usize,
  runningMean: usize,
  runningVar: usize,
  n: usize,
  c: usize,
  p: usize,
  step: usize,
  momentum: f64,
  eps: f64,
): void {
  assert(eps > 0);
  assert(step >= c * p);
  assert(n * p >= 2);
  const plane = p << 2;
  const stride = step << 2;
  const fours = (p & ~3) << 2;
  const part = p & 3;
  const m = <f64>(n * p);
  for (let channel: usize = 0; channel < c; channel++) {
    let s0 = f64x2.splat(0);
    let s1 = s0;
    let q0 = s0;
    let q1 = s0;
    let from = x + channel * plane;
    for (let sample: usize = 0; sample < n; sample++) {
      for (let i: usize = 0; i < fours; i += 16) {
        const v = v128.load(from + i);
        const l = low(v);
        const h = high(v);
        s0 = f64x2.add(s0, l);
        s1 = f64x2.add(s1, h);
        q0 = f64x2.add(q0, f64x2.mul(l, l));
        q1 = f64x2.add(q1, f64x2.mul(h, h));
      }
      if (part) {
        const v = loadPart(from + fours, part);
        const l = low(v);
        const h = high(v);
        s0 = f64x2.add(s0, l);
        s1 = f64x2.add(s1, h);
        q0 = f64x2.add(q0, f64x2.mul(l, l));
        q1 = f64x2.add(q1, f64x2.mul(h, h));
      }
      from += stride;
    }
    const average = addLanes(f64x2.add(s0, s1)) / m;
    // Rounding may leave a constant channel a hair below zero.
    const variance = max(addLanes(f64x2.add(q0, q1)) / m - average * average, 0.0);
    const inverse = 1.0 / Math.sqrt(variance + eps);

    const at = channel << 2;
    store<f32>(mean + at, <f32>average);
    store<f32>(invStd + at, <f32>inverse);
    const oldMean = <f64>load<f32>(runningMean + at);
    const oldVar = <f64>load<f32>(runningVar + at);
    store<f32>(runningMean + at, <f32>((1.0 - momentum) * oldMean + momentum * average));
    store<f32>(runningVar + at, <f32>((1.0 - momentum) * oldVar + momentum * (variance * (m / (m - 1.0)))));

    const offset = channel * plane;
    const scale = <f32>(<f64>load<f32>(gamma + at) * inverse);
    applyChannel(x + offset, y + offset, n, stride, p, <f32>average, scale, load<f32>(beta + at));
  }
}
