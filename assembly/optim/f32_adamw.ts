// AdamW (Loshchilov and Hutter 2019) as one pass over the weights, in torch's order:
//
//   w = w keep                           keep = 1 - lr weightDecay
//   m = beta1 m + rest1 g                rest1 = 1 - beta1
//   v = beta2 v + rest2 g^2              rest2 = 1 - beta2
//   w = w - step m / (sqrt(v) root + eps)
//
// with step = lr / (1 - beta1^t) and root = 1 / sqrt(1 - beta2^t): the bias corrections. The caller computes these
// scalars in f64 and rounds each once.
//
// w, g, m and v are f32 [size], contiguous; t counts steps from 1.
//
// Preconditions: no two of the four overlap; eps > 0, so that 0 / 0 cannot be.
import { loadPart, storePart } from '../math/lanes';

export function f32_adamw(
  w: usize,
  g: usize,
  m: usize,
  v: usize,
  size: usize,
  keep: f32,
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
  step: f32,
  root: f32,
  eps: f32,
): void {
  assert(eps > 0);
  assert(
    (w + (size << 2) <= g || g + (size << 2) <= w) &&
      (w + (size << 2) <= m || m + (size << 2) <= w) &&
      (w + (size << 2) <= v || v + (size << 2) <= w) &&
      (m + (size << 2) <= v || v + (size << 2) <= m),
  );
  const end = w + ((size & ~3) << 2);
  while (w < end) {
    const gradient = v128.load(g);
    const first = mix(v128.load(m), gradient, beta1, rest1);
    const second = mix(v128.load(v), f32x4.mul(gradient, gradient), beta2, rest2);
    v128.store(m, first);
    v128.store(v, second);
    v128.store(w, update(v128.load(w), first, second, keep, step, root, eps));
    w += 16;
    g += 16;
    m += 16;
    v += 16;
  }
  const n = size & 3;
  if (n) {
    const gradient = loadPart(g, n);
    const first = mix(loadPart(m, n), gradient, beta1, rest1);
    const second = mix(loadPart(v, n), f32x4.mul(gradient, gradient), beta2, rest2);
    storePart(m, first, n);
    storePart(v, second, n);
    storePart(w, update(loadPart(w, n), first, second, keep, step, root, eps), n);
  }
}

function mix(old: v128, fresh: v128, beta: f32, rest: f32): v128 {
  return f32x4.add(f32x4.mul(f32x4.splat(beta), old), f32x4.mul(f32x4.splat(rest), fresh));
}

function update(w: v128, m: v128, v: v128, keep: f32, step: f32, root: f32, eps: f32): v128 {
  const scale = f32x4.add(f32x4.mul(f32x4.sqrt(v), f32x4.splat(root)), f32x4.splat(eps));
  const change = f32x4.div(f32x4.mul(f32x4.splat(step), m), scale);
  return f32x4.sub(f32x4.mul(w, f32x4.splat(keep)), change);
}
