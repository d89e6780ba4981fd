// The second pass of batch normalisation, which inference shares: one channel's planes through
//
//   y = (x - mean) * scale + shift
//
// The mean is subtracted first rather than folded into the shift: with |mean| much larger than the deviation the folded
// form would cancel.
//
// x and y are f32 [n][c][p]; gamma, beta, mean and variance f32 [c].
//
// Preconditions: y is x or does not overlap it; eps > 0, so that no channel is divided by 0.
import { loadPart, storePart } from '../math/lanes';

/** x and y point at the channel's first plane; `stride` bytes lead to the next sample's. In place allowed. */
export function applyChannel(
  x: usize,
  y: usize,
  n: usize,
  stride: usize,
  p: usize,
  mean: f32,
  scale: f32,
  shift: f32,
): void {
  const m = f32x4.splat(mean);
  const s = f32x4.splat(scale);
  const b = f32x4.splat(shift);
  const fours = (p & ~3) << 2;
  const part = p & 3;
  for (let sample: usize = 0; sample < n; sample++) {
    for (let i: usize = 0; i < fours; i += 16) {
      v128.store(y + i, f32x4.add(f32x4.mul(f32x4.sub(v128.load(x + i), m), s), b));
    }
    if (part) {
      const v = loadPart(x + fours, part);
      storePart(y + fours, f32x4.add(f32x4.mul(f32x4.sub(v, m), s), b), part);
    }
    x += stride;
    y += stride;
  }
}

/** y = (x - mean) / sqrt(variance + eps) * gamma + beta by channel; the factor is made once a channel. In place allowed. */
export function f32_batch_norm_infer(
  x: usize,
  gamma: usize,
  beta: usize,
  mean: usize,
  variance: usize,
  y: usize,
  n: usize,
  c: usize,
  p: usize,
  eps: f64,
): void {
  assert(eps > 0);
  assert(x == y || x + ((n * c * p) << 2) <= y || y + ((n * c * p) << 2) <= x);
  const plane = p << 2;
  for (let channel: usize = 0; channel < c; channel++) {
    const at = channel << 2;
    const invStd = 1.0 / Math.sqrt(<f64>load<f32>(variance + at) + eps);
    const scale = <f32>(<f64>load<f32>(gamma + at) * invStd);
    const offset = channel * plane;
    applyChannel(x + offset, y + offset, n, c * plane, p, load<f32>(mean + at), scale, load<f32>(beta + at));
  }
}
