// Stochastic gradient descent as one pass over the weights, torch's rule with dampening 0:
//
//   d = g + weightDecay w
//   v = momentum v + d
//   w = w - lr (nesterov ? d + momentum v : v)
//
// w, g and v are f32 [size], contiguous.
//
// Preconditions: no two of them overlap.
import { loadPart, storePart } from '../math/lanes';

function step(w: v128, g: v128, lr: v128, weightDecay: v128): v128 {
  const d = f32x4.add(g, f32x4.mul(weightDecay, w));
  return f32x4.sub(w, f32x4.mul(lr, d));
}

/** Without momentum: there is no v. g is not changed. */
export function f32_sgd(w: usize, g: usize, size: usize, lr: f32, weightDecay: f32): void {
  assert(w + (size << 2) <= g || g + (size << 2) <= w);
  const rate = f32x4.splat(lr);
  const decay = f32x4.splat(weightDecay);
  const end = w + ((size & ~3) << 2);
  while (w < end) {
    v128.store(w, step(v128.load(w), v128.load(g), rate, decay));
    w += 16;
    g += 16;
  }
  const n = size & 3;
  if (n) storePart(w, step(loadPart(w, n), loadPart(g, n), rate, decay), n);
}

/** With momentum (heavy ball), Nesterov's form if nesterov = 1. g is not changed. */
export function f32_sgd_momentum(
  w: usize,
  g: usize,
  v: usize,
  size: usize,
  lr: f32,
  momentum: f32,
  weightDecay: f32,
  nesterov: i32,
): void {
  assert((w + (size << 2) <= g || g + (size << 2) <= w) && (w + (size << 2) <= v || v + (size << 2) <= w));
  const rate = f32x4.splat(lr);
  const decay = f32x4.splat(weightDecay);
  const mu = f32x4.splat(momentum);
  const look = i32x4.splat(nesterov ? -1 : 0);
  const end = w + ((size & ~3) << 2);
  while (w < end) {
    const weight = v128.load(w);
    const d = f32x4.add(v128.load(g), f32x4.mul(decay, weight));
    const velocity = f32x4.add(f32x4.mul(mu, v128.load(v)), d);
    const ahead = f32x4.add(d, f32x4.mul(mu, velocity));
    v128.store(v, velocity);
    v128.store(w, f32x4.sub(weight, f32x4.mul(rate, v128.bitselect(ahead, velocity, look))));
    w += 16;
    g += 16;
    v += 16;
  }
  const n = size & 3;
  if (n) {
    const weight = loadPart(w, n);
    const d = f32x4.add(loadPart(g, n), f32x4.mul(decay, weight));
    const velocity = f32x4.add(f32x4.mul(mu, loadPart(v, n)), d);
    const ahead = f32x4.add(d, f32x4.mul(mu, velocity));
    storePart(v, velocity, n);
    storePart(w, f32x4.sub(weight, f32x4.mul(rate, v128.bitselect(ahead, velocity, look))), n);
  }
}
