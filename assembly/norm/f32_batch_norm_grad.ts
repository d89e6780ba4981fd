// Gradient of batch normalisation in training, by channel in two passes over [n][c][p]. With xhat = (x - mean) invStd and
// m = n p:
//
//   dbeta = sum dy,  dgamma = sum dy xhat
//   dx = gamma invStd (dy - dbeta / m - xhat dgamma / m)
//
// Sums are f64.
//
// x, dy and dx are f32 [n][c][p], `step` floats from one sample to the next; gamma, mean, invStd, dgamma and dbeta f32 [c].
//
// Preconditions: m > 0; samples do not overlap. Not asserted: dx is x, is dy, or overlaps neither.
import { addLanes, high, loadPart, low, storePart } from '../math/lanes';

/** Overwrites dx, dgamma and dbeta. mean and invStd are what the forward pass saved. */
export function f32_batch_norm_grad(
  x: usize,
  dy: usize,
  gamma: usize,
  mean: usize,
  invStd: usize,
  dx: usize,
  dgamma: usize,
  dbeta: usize,
  n: usize,
  c: usize,
  p: usize,
  step: usize,
): void {
  assert(n * p > 0);
  assert(step >= c * p);
  const plane = p << 2;
  const stride = step << 2;
  const fours = (p & ~3) << 2;
  const part = p & 3;
  const m = <f64>(n * p);
  for (let channel: usize = 0; channel < c; channel++) {
    const at = channel << 2;
    const mu = v128.load_splat<f32>(mean + at);
    const offset = channel * plane;

    // First pass: sums of dy and of dy (x - mean).
    let s0 = f64x2.splat(0);
    let s1 = s0;
    let q0 = s0;
    let q1 = s0;
    let px = x + offset;
    let pd = dy + offset;
    for (let sample: usize = 0; sample < n; sample++) {
      for (let i: usize = 0; i < fours; i += 16) {
        const d = v128.load(pd + i);
        const v = f32x4.sub(v128.load(px + i), mu);
        const l = low(d);
        const h = high(d);
        s0 = f64x2.add(s0, l);
        s1 = f64x2.add(s1, h);
        q0 = f64x2.add(q0, f64x2.mul(l, low(v)));
        q1 = f64x2.add(q1, f64x2.mul(h, high(v)));
      }
      if (part) {
        // Lanes past the end hold dy = 0 and add nothing.
        const d = loadPart(pd + fours, part);
        const v = f32x4.sub(loadPart(px + fours, part), mu);
        const l = low(d);
        const h = high(d);
        s0 = f64x2.add(s0, l);
        s1 = f64x2.add(s1, h);
        q0 = f64x2.add(q0, f64x2.mul(l, low(v)));
        q1 = f64x2.add(q1, f64x2.mul(h, high(v)));
      }
      px += stride;
      pd += stride;
    }
    const sum = addLanes(f64x2.add(s0, s1));
    const inverse = <f64>load<f32>(invStd + at);
    const dot = addLanes(f64x2.add(q0, q1)) * inverse;
    store<f32>(dbeta + at, <f32>sum);
    store<f32>(dgamma + at, <f32>dot);

    // Second pass: dx = scale (dy - a - (x - mean) b).
    const scale = f32x4.splat(<f32>(<f64>load<f32>(gamma + at) * inverse));
    const a = f32x4.splat(<f32>(sum / m));
    const b = f32x4.splat(<f32>((dot / m) * inverse));
    px = x + offset;
    pd = dy + offset;
    let to = dx + offset;
    for (let sample: usize = 0; sample < n; sample++) {
      for (let i: usize = 0; i < fours; i += 16) {
        const along = f32x4.mul(f32x4.sub(v128.load(px + i), mu), b);
        const d = f32x4.sub(f32x4.sub(v128.load(pd + i), a), along);
        v128.store(to + i, f32x4.mul(d, scale));
      }
      if (part) {
        const along = f32x4.mul(f32x4.sub(loadPart(px + fours, part), mu), b);
        const d = f32x4.sub(f32x4.sub(loadPart(pd + fours, part), a), along);
        storePart(to + fours, f32x4.mul(d, scale), part);
      }
      px += stride;
      pd += stride;
      to += stride;
    }
  }
}
