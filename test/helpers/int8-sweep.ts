import { differs, fill, type KernelCase, kernelCase } from '../../bench/kernels/case.ts';
import { qconvCase, qlinearCase } from '../../bench/kernels/quant-cases.ts';
import { window } from '../../bench/kernels/window.ts';
import { Rng } from '../../src/core/rng.ts';
import { referenceBackend, wasmBackend } from './backends.ts';

/** Kinds of layers, each as often as the others. */
const kinds = [
  '1x1',
  'k x k',
  'grouped',
  'depthwise',
  'linear',
  'max pool',
  'average pool',
  'global average pool',
  'add',
] as const;

/** A layer of random kind, shape, zero points and clamps; small, since edges are what can go wrong. */
export function randomInt8Case(rng: Rng): KernelCase {
  const from = (low: number, high: number): number => low + rng.below(high - low + 1);
  const kind = kinds[rng.below(kinds.length)];
  const zero = (): number => from(-128, 127);
  const [a, b] = [zero(), zero()];
  const clamp = rng.below(3) === 0 ? { lo: Math.min(a, b), hi: Math.max(a, b) } : {};
  const q = {
    zeroX: zero(),
    zeroY: zero(),
    bias: rng.below(3) > 0,
    gain: 2 ** from(-9, 1),
    prepare: rng.below(4) > 0,
    ...clamp,
  };
  const x = { dtype: 'i8', length: 0, init: fill.i8 } as const;
  const y = { dtype: 'i8', length: 0, output: true } as const;
  const n = from(1, 3);
  if (kind === 'linear') return qlinearCase(from(1, 19), from(1, 71), from(1, 37), q);
  if (kind === 'add') {
    const size = from(1, 133);
    const sizes = {
      size,
      zeroA: zero(),
      zeroB: zero(),
      zeroY: zero(),
      multA: rng.uniform() * 2,
      multB: rng.uniform() * 2,
      lo: -128,
      hi: 127,
      ...clamp,
    };
    const buffers = { a: { ...x, length: size }, b: { ...x, length: size }, y: { ...y, length: size } };
    return kernelCase({ primitive: 'qadd', shape: `${size}`, sizes, buffers, tolerance: 0 });
  }
  const c = from(1, 13);
  const about = { zeroX: zero(), zeroY: zero(), multiplier: rng.uniform() * 2 + 0.01 };
  if (kind === 'global average pool') {
    const p = from(1, 97);
    const buffers = { x: { ...x, length: n * c * p }, y: { ...y, length: n * c } };
    return kernelCase({
      primitive: 'qglobalAvgPool',
      shape: `${n}x${c}x${p}`,
      sizes: { n, c, p, ...about },
      buffers,
      tolerance: 0,
    });
  }
  const pooling = kind === 'max pool' || kind === 'average pool';
  const [kh, kw] = kind === '1x1' ? [1, 1] : [from(1, 5), from(1, 5)];
  const [dilH, dilW] = pooling || rng.below(3) > 0 ? [1, 1] : [from(1, 3), from(1, 3)];
  const [strideH, strideW] = [from(1, 3), from(1, 3)];
  const pad = (k: number): number => (pooling ? rng.below(Math.floor(k / 2) + 1) : rng.below(k + 1));
  const [padT, padL, padB, padR] = [pad(kh), pad(kw), pad(kh), pad(kw)];
  const groups = kind === 'depthwise' ? c : kind === 'grouped' ? from(2, 4) : 1;
  const ci = kind === 'grouped' ? groups * from(1, 5) : c;
  const co = pooling
    ? c
    : kind === 'depthwise'
      ? c * from(1, 2)
      : kind === 'grouped'
        ? groups * from(1, 9)
        : from(1, 23);
  const h = Math.max(1, (kh - 1) * dilH + 1 - padT - padB) + rng.below(11);
  const w = Math.max(1, (kw - 1) * dilW + 1 - padL - padR) + rng.below(27);
  const g = { n, ci, h, w, co, kh, kw, strideH, strideW, padT, padL, padB, padR, dilH, dilW, groups };
  if (!pooling) return qconvCase(g, q);
  const full = window({ ...g, groups: 1 });
  const buffers = { x: { ...x, length: n * ci * h * w }, y: { ...y, length: n * co * full.ho * full.wo } };
  const shape = JSON.stringify(g);
  return kind === 'max pool'
    ? kernelCase({ primitive: 'qmaxPool', shape, sizes: full, buffers, tolerance: 0 })
    : kernelCase({
        primitive: 'qavgPool',
        shape,
        sizes: { ...full, ...about, countIncludePad: rng.below(2) === 1 },
        buffers,
        tolerance: 0,
      });
}

/** @returns the first of `count` random layers whose bits differ from the reference's, with its descriptor; null if none does */
export function sweepInt8(count: number, seed: number): string | null {
  const reference = referenceBackend();
  const wasm = wasmBackend();
  const rng = new Rng(seed);
  for (let i = 0; i < count; i++) {
    const c = randomInt8Case(rng);
    const difference = differs(reference, wasm, c);
    if (difference) return `layer ${i}: ${difference}; ${JSON.stringify(c.sizes)}`;
  }
  return null;
}
