/** int8 cases: small odd ones around every tile edge for the tests, real layers for the benchmark. All agree bit for bit. */
import type { Rng } from '../../src/core/rng.ts';
import { type BufferSpec, fill, type KernelCase, kernelCase } from './case.ts';
import { describeWindow, type Geometry, square, window } from './window.ts';

type Init = NonNullable<BufferSpec['init']>;
const i8 = (length: number, init: Init = fill.i8): BufferSpec => ({ dtype: 'i8', length, init });
const i8out = (length: number): BufferSpec => ({ dtype: 'i8', length, output: true });
const f32 = (length: number, init: Init): BufferSpec => ({ dtype: 'f32', length, init });

interface Quantization {
  zeroX?: number;
  zeroY?: number;
  lo?: number;
  hi?: number;
  x?: Init;
  w?: Init;
  /** Orders the weights first; else the primitive does it at each call. */
  prepare?: boolean;
  bias?: boolean;
  /** Largest multiplier, times the square root of the number of taps; 1/64 fills int8 without saturating much. */
  gain?: number;
  note?: string;
}

/** Zero points, limits and buffers that qconv2d and qlinear share. */
function quantized(taps: number, x: number, weights: number, co: number, y: number, q: Quantization) {
  const gain = (q.gain ?? 1 / 64) / Math.sqrt(taps);
  const buffers: Record<string, BufferSpec> = {
    x: i8(x, q.x),
    weight: { ...i8(weights, q.w ?? fill.w8), prepare: q.prepare ?? true },
    multiplier: f32(co, (rng: Rng) => (rng.uniform() + 0.1) * gain),
    y: i8out(y),
  };
  if (q.bias ?? true) buffers.bias = { dtype: 'i32', length: co, init: (rng) => rng.below(20001) - 10000 };
  return {
    sizes: {
      ...{ zeroX: q.zeroX ?? 3, zeroY: q.zeroY ?? -5, lo: q.lo ?? -128, hi: q.hi ?? 127 },
      ...{ prepared: false, bias: 0 },
    },
    buffers,
  };
}

export function qconvCase(g: Geometry, q: Quantization = {}): KernelCase {
  const w = window(g);
  const taps = (w.ci / w.groups) * w.kh * w.kw;
  const outputs = w.n * w.co * w.ho * w.wo;
  const { sizes, buffers } = quantized(taps, w.n * w.ci * w.h * w.w, w.co * taps, w.co, outputs, q);
  return kernelCase({
    primitive: 'qconv2d',
    shape: describeWindow(w) + (q.note ? `, ${q.note}` : ''),
    sizes: { ...w, ...sizes },
    buffers,
    tolerance: 0,
    ops: 2 * outputs * taps,
  });
}

export function qlinearCase(n: number, i: number, o: number, q: Quantization = {}): KernelCase {
  const { sizes, buffers } = quantized(i, n * i, o * i, o, n * o, q);
  return kernelCase({
    primitive: 'qlinear',
    shape: `${n}x${i}->${o}${q.note ? `, ${q.note}` : ''}`,
    sizes: { n, i, o, ...sizes },
    buffers,
    tolerance: 0,
    ops: 2 * n * i * o,
  });
}

/** All inputs and weights at an end of their range. */
const extremes = (note: string, zeroX: number, x: number, w: number): Quantization => ({
  ...{ note, zeroX, x: () => x, w: () => w },
});

const convCases: KernelCase[] = [
  // Rows: every way of cutting output channels into panels of 5 and 4. Columns: planes below, at and past 8.
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 23].map((co) => qconvCase({ ci: 3, h: 5, w: 7, co, ...square(3) })),
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 17, 29].map((w) =>
    qconvCase({ ci: 3, h: 3, w, co: 5, kh: 3, kw: 3, padT: 1, padL: 1, padB: 1, padR: 1 }),
  ),
  ...[1, 2, 7, 8, 11, 19].map((ci) => qconvCase({ ci, h: 3, w: 7, co: 13 })),
  ...[1, 2, 3, 5].map((h) => qconvCase({ n: 2, ci: 5, h, w: h, co: 7 }, { bias: false })),
  // Strides, asymmetric padding, dilation.
  ...[1, 2, 3].flatMap((stride) =>
    [0, 1, 2].map((pad) =>
      qconvCase({ n: 2, ci: 3, h: 13, w: 37, co: 7, ...square(3, stride, pad), padR: 0, padT: 2 }),
    ),
  ),
  qconvCase({ ci: 5, h: 11, w: 41, co: 13, kh: 3, kw: 5, strideH: 3, strideW: 2, padL: 3, padB: 1, padR: 2 }),
  qconvCase({ ci: 3, h: 17, w: 19, co: 5, kh: 3, kw: 5, dilH: 3, dilW: 2, strideW: 2, padT: 2, padR: 3 }),
  qconvCase({ ci: 3, h: 17, w: 19, co: 5, kh: 2, kw: 3, dilH: 2, dilW: 5, padL: 1 }),
  qconvCase({ ci: 2, h: 17, w: 43, co: 5, ...square(1, 2) }),
  qconvCase({ ci: 2, h: 7, w: 11, co: 5, ...square(1, 1, 1) }),
  // Groups, with rows past the last in panels that other groups follow.
  qconvCase({ n: 2, ci: 6, h: 7, w: 11, co: 14, ...square(3, 1, 1), groups: 2 }),
  qconvCase({ n: 2, ci: 9, h: 5, w: 13, co: 21, groups: 3 }),
  qconvCase({ n: 2, ci: 3, h: 5, w: 13, co: 21, ...square(3, 2, 1), groups: 3 }),
  // Several blocks of packed pixels.
  qconvCase({ ci: 131, h: 17, w: 19, co: 7, ...square(3, 1, 1) }),
  qconvCase({ ci: 601, h: 13, w: 17, co: 7 }),
  // Zero points, clamps, extremes: 255 * 127 * taps is the largest sum there is.
  ...[-128, 127].map((zeroX) =>
    qconvCase(
      { ci: 5, h: 7, w: 11, co: 7, ...square(3, 1, 1) },
      { zeroX, zeroY: -zeroX - 1, note: `zero ${zeroX}` },
    ),
  ),
  qconvCase({ ci: 5, h: 7, w: 11, co: 7, ...square(3, 1, 1) }, { lo: -5, hi: 61, gain: 1, note: 'clamped' }),
  qconvCase({ ci: 5, h: 7, w: 11, co: 7, ...square(3, 1, 1) }, { gain: 1e6, note: 'saturated' }),
  qconvCase({ ci: 5, h: 7, w: 11, co: 7, ...square(3, 1, 1) }, extremes('all highest', -128, 127, 127)),
  qconvCase({ ci: 5, h: 7, w: 11, co: 7, ...square(3, 1, 1) }, extremes('all lowest', 127, -128, -128)),
  qconvCase({ ci: 5, h: 7, w: 11, co: 7, ...square(3, 1, 1) }, { prepare: false, note: 'not prepared' }),
  qconvCase({ ci: 5, h: 7, w: 11, co: 7 }, { prepare: false, note: 'not prepared' }),
];

const depthwiseCases: KernelCase[] = [
  ...[1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33].map((w) =>
    qconvCase({ n: 2, ci: 3, h: 5, w, co: 3, groups: 3, ...square(3, 1, 1) }),
  ),
  ...[1, 2, 3].flatMap((stride) =>
    [3, 5].map((k) =>
      qconvCase({ ci: 5, h: 13, w: 37, co: 5, groups: 5, ...square(k, stride, 2), padT: 1, padR: 0 }),
    ),
  ),
  qconvCase({ n: 2, ci: 3, h: 11, w: 19, co: 6, groups: 3, kh: 2, kw: 3, padL: 1 }),
  qconvCase({ ci: 3, h: 23, w: 29, co: 3, groups: 3, ...square(3, 2, 3), dilH: 2, dilW: 3 }),
  qconvCase({ ci: 1, h: 11, w: 13, co: 1, ...square(5) }, { bias: false }),
  qconvCase({ ci: 3, h: 7, w: 11, co: 3, groups: 3, ...square(3) }, extremes('all highest', -128, 127, 127)),
  qconvCase({ ci: 3, h: 7, w: 11, co: 3, groups: 3, ...square(3) }, extremes('all lowest', 127, -128, -128)),
  qconvCase(
    { ci: 3, h: 7, w: 11, co: 3, groups: 3, ...square(3, 1, 1) },
    { prepare: false, note: 'not prepared' },
  ),
];

const linearCases: KernelCase[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 11, 13, 19].map((n) => qlinearCase(n, 37, 29)),
  ...[1, 2, 7, 8, 9, 15, 16, 17, 31].flatMap((i) => [qlinearCase(1, i, 11), qlinearCase(9, i, 11)]),
  ...[1, 2, 7, 8, 9, 15, 16, 17, 23, 24, 25, 33].flatMap((o) => [
    qlinearCase(2, 19, o),
    qlinearCase(5, 19, o),
  ]),
  qlinearCase(61, 2203, 13, { note: 'several blocks of rows' }),
  qlinearCase(1, 53, 23, { bias: false, zeroX: -128, zeroY: 127, note: 'no bias' }),
  qlinearCase(7, 53, 23, { bias: false, zeroX: 127, zeroY: -128, note: 'no bias' }),
  ...[1, 7].map((n) => qlinearCase(n, 53, 23, { lo: 0, hi: 6, gain: 1, note: 'clamped' })),
  ...[1, 7].map((n) => qlinearCase(n, 4099, 3, extremes('all highest', -128, 127, 127))),
  ...[1, 7].map((n) => qlinearCase(n, 4099, 3, extremes('all lowest', 127, -128, -128))),
  ...[1, 7].map((n) => qlinearCase(n, 53, 23, { prepare: false, note: 'not prepared' })),
];

function qpoolCase(
  kind: 'qmaxPool' | 'qavgPool',
  g: Omit<Geometry, 'co'>,
  countIncludePad = false,
): KernelCase {
  const w = window({ ...g, co: g.ci });
  const about = kind === 'qmaxPool' ? {} : { countIncludePad, zeroX: 7, zeroY: -11, multiplier: 1.37 };
  return kernelCase({
    primitive: kind,
    shape: describeWindow(w) + (countIncludePad ? ', padding counts' : ''),
    sizes: { ...w, ...about },
    buffers: { x: i8(w.n * w.ci * w.h * w.w), y: i8out(w.n * w.ci * w.ho * w.wo) },
    tolerance: 0,
  });
}

const poolCases: KernelCase[] = [
  ...[2, 3, 7, 8, 9, 15, 16, 17, 23, 24, 25, 34, 41].map((w) =>
    qpoolCase('qmaxPool', { n: 2, ci: 3, h: 5, w, ...square(2, 2) }),
  ),
  qpoolCase('qmaxPool', { n: 2, ci: 3, h: 11, w: 13, ...square(3, 2, 1) }),
  qpoolCase('qmaxPool', { ci: 3, h: 11, w: 13, ...square(2, 2, 1), padB: 0 }),
  qpoolCase('qmaxPool', {
    ci: 3,
    h: 11,
    w: 17,
    kh: 2,
    kw: 3,
    strideH: 1,
    strideW: 3,
    dilH: 3,
    dilW: 2,
    padR: 2,
  }),
  ...[false, true].flatMap((counts) => [
    qpoolCase('qavgPool', { n: 2, ci: 3, h: 11, w: 13, ...square(3, 2, 1), padB: 0 }, counts),
    qpoolCase('qavgPool', { ci: 2, h: 7, w: 5, kh: 2, kw: 3, strideW: 2, padL: 1, padR: 2 }, counts),
  ]),
  ...[1, 15, 16, 17, 49].map((p) =>
    kernelCase({
      primitive: 'qglobalAvgPool',
      shape: `2x3x${p}`,
      sizes: { n: 2, c: 3, p, zeroX: -9, zeroY: 5, multiplier: 0.83 },
      buffers: { x: i8(6 * p), y: i8out(6) },
      tolerance: 0,
    }),
  ),
];

/** Values that lie exactly between two steps of 0.25, among others: half goes to even. */
const halves: Init = (rng, i) => (i % 3 === 0 ? (rng.below(600) - 300) * 0.125 : rng.normal() * 9);

function fakeQuantizeCase(channels: number, inner: number, qmin: number, qmax: number): KernelCase[] {
  const size = channels * inner;
  const shared: Record<string, BufferSpec> = {
    x: f32(size, halves),
    scale: f32(channels, (rng, i) => (i % 2 === 0 ? 0.25 : 0.03 + rng.uniform() * 0.2)),
    zeroPoint: { dtype: 'i32', length: channels, init: (rng) => rng.below(41) - 20 },
  };
  const sizes = { channels, inner, qmin, qmax };
  const shape = `${channels}x${inner} to ${qmin}..${qmax}`;
  const written: BufferSpec = { dtype: 'f32', length: size, output: true };
  return [
    kernelCase({
      primitive: 'fakeQuantize',
      ...{ shape, sizes, buffers: { ...shared, y: written }, tolerance: 0 },
    }),
    kernelCase({
      primitive: 'fakeQuantizeGrad',
      ...{ shape, sizes, buffers: { ...shared, dy: f32(size, fill.uniform), dx: written }, tolerance: 0 },
    }),
  ];
}

const elementwiseCases: KernelCase[] = [
  ...[1, 7, 8, 9, 61].flatMap((size) => [
    kernelCase({
      primitive: 'quantize',
      shape: `${size}`,
      sizes: { size, scale: 0.25, zeroPoint: 17 },
      buffers: { x: f32(size, halves), y: i8out(size) },
      tolerance: 0,
    }),
    kernelCase({
      primitive: 'dequantize',
      shape: `${size}`,
      sizes: { size, scale: 0.037, zeroPoint: -127 },
      buffers: { x: i8(size), y: { dtype: 'f32', length: size, output: true } },
      tolerance: 0,
    }),
    kernelCase({
      primitive: 'qadd',
      shape: `${size}`,
      sizes: { size, zeroA: -128, zeroB: 127, zeroY: 3, multA: 0.61, multB: 1.3, lo: -100, hi: 90 },
      buffers: { a: i8(size), b: i8(size), y: i8out(size) },
      tolerance: 0,
    }),
    kernelCase({
      primitive: 'qlookup',
      shape: `${size}`,
      sizes: { size },
      buffers: { x: i8(size), table: i8(256), y: i8out(size) },
      tolerance: 0,
    }),
  ]),
  kernelCase({
    primitive: 'quantize',
    shape: 'values far outside',
    sizes: { size: 29, scale: 1e-3, zeroPoint: -128 },
    buffers: { x: f32(29, (rng) => (rng.uniform() - 0.5) * 1e9), y: i8out(29) },
    tolerance: 0,
  }),
  kernelCase({
    primitive: 'qlookup',
    shape: 'every value',
    sizes: { size: 256 },
    buffers: { x: i8(256, (_rng, i) => i - 128), table: i8(256), y: i8out(256) },
    tolerance: 0,
  }),
  ...fakeQuantizeCase(1, 61, -128, 127),
  ...fakeQuantizeCase(5, 13, -127, 127),
  ...fakeQuantizeCase(3, 3, -8, 7),
];

export const quantCases: KernelCase[] = [
  ...convCases,
  ...depthwiseCases,
  ...linearCases,
  ...poolCases,
  ...elementwiseCases,
];

/** Layers of real models: LeNet-5, ResNet, MobileNet; and the plain matrix product. */
export const quantBench: KernelCase[] = [
  ...[256, 512, 768, 1024].map((n) => qlinearCase(n, n, n)),
  qlinearCase(1, 800, 500),
  qlinearCase(1, 1024, 1024),
  qlinearCase(32, 800, 500),
  qlinearCase(32, 500, 10),
  qconvCase({ ci: 1, h: 28, w: 28, co: 20, ...square(5) }),
  qconvCase({ ci: 20, h: 12, w: 12, co: 50, ...square(5) }),
  qconvCase({ ci: 128, h: 28, w: 28, co: 128, ...square(3, 1, 1) }),
  qconvCase({ ci: 64, h: 56, w: 56, co: 64, ...square(3, 1, 1) }),
  qconvCase({ ci: 64, h: 56, w: 56, co: 128, ...square(3, 2, 1) }),
  qconvCase({ ci: 256, h: 14, w: 14, co: 512 }),
  qconvCase({ ci: 64, h: 56, w: 56, co: 128 }),
  qconvCase({ ci: 128, h: 56, w: 56, co: 128, groups: 128, ...square(3, 1, 1) }),
  qconvCase({ ci: 128, h: 56, w: 56, co: 128, groups: 128, ...square(3, 2, 1) }),
  qconvCase({ ci: 256, h: 14, w: 14, co: 256, groups: 256, ...square(3, 1, 1) }),
  qpoolCase('qmaxPool', { ci: 64, h: 56, w: 56, ...square(2, 2) }),
];
