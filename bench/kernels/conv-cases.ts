/** Cases of convolution and its gradients: edges of every kind for the tests, real shapes for the benchmark. */
import { fill, type KernelCase, kernelCase } from './case.ts';

interface ConvShape {
  n?: number;
  ci: number;
  h: number;
  w?: number;
  co: number;
  k: number | [number, number];
  stride?: number | [number, number];
  /** Top, left, bottom, right. */
  pad?: number | [number, number, number, number];
  dil?: number | [number, number];
  groups?: number;
  bias?: boolean;
  prepare?: boolean;
  lo?: number;
  hi?: number;
}

const two = (v: number | [number, number] = 1) => (typeof v === 'number' ? [v, v] : v);

function geometry(s: ConvShape) {
  const [kh, kw] = two(s.k);
  const [strideH, strideW] = two(s.stride);
  const [dilH, dilW] = two(s.dil);
  const pad = s.pad ?? 0;
  const [padT, padL, padB, padR] = typeof pad === 'number' ? [pad, pad, pad, pad] : pad;
  const { n = 1, ci, h, co, groups = 1 } = s;
  const w = s.w ?? h;
  const ho = Math.floor((h + padT + padB - (kh - 1) * dilH - 1) / strideH) + 1;
  const wo = Math.floor((w + padL + padR - (kw - 1) * dilW - 1) / strideW) + 1;
  const sizes = {
    n,
    ci,
    h,
    w,
    co,
    ho,
    wo,
    kh,
    kw,
    strideH,
    strideW,
    padT,
    padL,
    padB,
    padR,
    dilH,
    dilW,
    groups,
  };
  return {
    sizes,
    x: n * ci * h * w,
    weight: co * (ci / groups) * kh * kw,
    y: n * co * ho * wo,
    ops: 2 * n * co * ho * wo * (ci / groups) * kh * kw,
    taps: (ci / groups) * kh * kw,
  };
}

function label(s: ConvShape): string {
  const { sizes: g } = geometry(s);
  const parts = [`${g.kh}x${g.kw} ${g.h}x${g.w} ${g.ci}->${g.co}`];
  if (g.n > 1) parts.push(`batch ${g.n}`);
  if (g.strideH > 1 || g.strideW > 1) parts.push(`stride ${g.strideH},${g.strideW}`);
  if (g.padT + g.padL + g.padB + g.padR > 0) parts.push(`pad ${g.padT},${g.padL},${g.padB},${g.padR}`);
  if (g.dilH > 1 || g.dilW > 1) parts.push(`dilation ${g.dilH},${g.dilW}`);
  if (g.groups > 1) parts.push(`groups ${g.groups}`);
  if (s.bias === false) parts.push('no bias');
  if (s.prepare) parts.push('prepared');
  if (s.lo !== undefined || s.hi !== undefined) parts.push('clamp');
  return parts.join(' ');
}

function conv2d(s: ConvShape): KernelCase {
  return forward('conv2d', s, 2e-6 * Math.sqrt(geometry(s).taps));
}

function winograd(s: ConvShape): KernelCase {
  return forward('winogradConv2d', { pad: 1, ...s, k: 3, prepare: true }, 3e-6 * Math.sqrt(9 * s.ci));
}

function forward(primitive: 'conv2d' | 'winogradConv2d', s: ConvShape, tolerance: number): KernelCase {
  const g = geometry(s);
  const bias = s.bias ?? true;
  return kernelCase({
    primitive,
    shape: label(s),
    sizes: {
      ...g.sizes,
      lo: s.lo ?? -Infinity,
      hi: s.hi ?? Infinity,
      prepared: false,
      ...(bias ? {} : { bias: 0 }),
    },
    buffers: {
      x: { dtype: 'f32', length: g.x, init: fill.uniform },
      weight: { dtype: 'f32', length: g.weight, init: fill.uniform, prepare: s.prepare },
      ...(bias ? { bias: { dtype: 'f32', length: g.sizes.co, init: fill.uniform } } : {}),
      y: { dtype: 'f32', length: g.y, output: true },
    },
    tolerance,
    ops: g.ops,
  });
}

function gradInput(s: ConvShape): KernelCase {
  const g = geometry(s);
  return kernelCase({
    primitive: 'conv2dGradInput',
    shape: label({ ...s, bias: true, prepare: false }),
    sizes: g.sizes,
    buffers: {
      dy: { dtype: 'f32', length: g.y, init: fill.uniform },
      weight: { dtype: 'f32', length: g.weight, init: fill.uniform },
      dx: { dtype: 'f32', length: g.x, init: fill.uniform, output: true },
    },
    tolerance: 2e-6 * Math.sqrt((g.taps * g.sizes.co) / g.sizes.ci),
    ops: g.ops,
  });
}

function gradWeight(s: ConvShape): KernelCase {
  const g = geometry(s);
  return kernelCase({
    primitive: 'conv2dGradWeight',
    shape: label({ ...s, bias: true, prepare: false }),
    sizes: g.sizes,
    buffers: {
      x: { dtype: 'f32', length: g.x, init: fill.uniform },
      dy: { dtype: 'f32', length: g.y, init: fill.uniform },
      dw: { dtype: 'f32', length: g.weight, init: fill.uniform, output: true },
    },
    tolerance: 2e-6 * Math.sqrt(g.sizes.n * g.sizes.ho * g.sizes.wo),
    ops: g.ops,
  });
}

/** Shapes that all three primitives are tested on. */
const shapes: readonly ConvShape[] = [
  // Strides, padding, dilation, batches of products.
  { ci: 1, h: 7, w: 11, co: 1, k: 1 },
  { ci: 3, h: 5, w: 7, co: 2, k: 3, n: 2 },
  { ci: 2, h: 11, w: 13, co: 5, k: 5, n: 3 },
  { ci: 5, h: 7, w: 5, co: 7, k: 3, pad: 1, n: 2 },
  { ci: 7, h: 13, w: 11, co: 11, k: 3, stride: 2, pad: 1 },
  { ci: 3, h: 17, w: 13, co: 4, k: 3, stride: 2 },
  { ci: 2, h: 17, w: 19, co: 3, k: [5, 3], stride: [3, 2], pad: [2, 1, 0, 3], n: 2 },
  { ci: 3, h: 13, w: 17, co: 6, k: [1, 5], stride: [1, 3], pad: [0, 2, 0, 1] },
  { ci: 2, h: 11, w: 17, co: 13, k: 3, dil: 2, pad: 2 },
  { ci: 5, h: 19, w: 13, co: 3, k: [3, 2], dil: [2, 3], stride: [2, 1], pad: [1, 0, 2, 3], n: 2 },
  { ci: 3, h: 5, w: 5, co: 17, k: 7, pad: 3 },
  { ci: 3, h: 2, w: 3, co: 5, k: 3, pad: [1, 2, 1, 2] },
  // Pixels around the panel of 8, channels around the tiles of 4 and 5.
  { ci: 11, h: 3, w: 3, co: 9, k: 1, n: 5 },
  { ci: 17, h: 7, w: 7, co: 31, k: 1, n: 3 },
  { ci: 13, h: 5, w: 3, co: 37, k: 1, stride: 2 },
  { ci: 19, h: 4, w: 8, co: 12, k: 1, n: 2 },
  { ci: 6, h: 12, w: 12, co: 10, k: 5, n: 2 },
  { ci: 1, h: 12, w: 28, co: 20, k: 5, n: 2 },
  // More than one block of k, of pixels, of images.
  { ci: 47, h: 5, w: 6, co: 7, k: 3, pad: 1 },
  { ci: 2, h: 31, w: 29, co: 3, k: 3, pad: 1, n: 2 },
  { ci: 389, h: 3, w: 3, co: 23, k: 1, n: 2 },
  { ci: 41, h: 13, w: 17, co: 401, k: [5, 1], n: 1 },
  { ci: 3, h: 5, w: 5, co: 4, k: 3, pad: 1, n: 29 },
  // Groups.
  { ci: 6, h: 7, w: 11, co: 9, k: 3, pad: 1, groups: 3, n: 2 },
  { ci: 15, h: 5, w: 7, co: 3, k: 3, stride: 2, groups: 3, n: 3 },
  { ci: 12, h: 7, w: 5, co: 33, k: 1, groups: 3, n: 2 },
  // Depthwise, multipliers 1 and 2.
  { ci: 5, h: 7, w: 7, co: 5, k: 3, pad: 1, groups: 5, n: 3 },
  { ci: 3, h: 14, w: 14, co: 3, k: 3, pad: 1, groups: 3, n: 2 },
  { ci: 7, h: 11, w: 13, co: 14, k: 3, pad: 1, groups: 7, n: 2 },
  { ci: 3, h: 10, w: 18, co: 3, k: 3, groups: 3, n: 2 },
  { ci: 3, h: 5, w: 4, co: 6, k: 3, groups: 3 },
  { ci: 5, h: 14, w: 14, co: 5, k: 3, stride: 2, pad: 1, groups: 5, n: 2 },
  { ci: 3, h: 13, w: 11, co: 6, k: 3, stride: [2, 3], pad: [0, 1, 2, 1], groups: 3 },
  { ci: 2, h: 17, w: 19, co: 2, k: 5, stride: 3, pad: 2, groups: 2 },
  { ci: 3, h: 11, w: 13, co: 3, k: 3, dil: 2, pad: 2, groups: 3, n: 2 },
  { ci: 5, h: 7, w: 6, co: 5, k: [2, 5], dil: [3, 1], pad: [4, 3, 0, 2], groups: 5 },
  { ci: 3, h: 2, w: 1, co: 3, k: 3, pad: 1, groups: 3 },
  { ci: 2, h: 9, w: 6, co: 4, k: 3, pad: 1, groups: 2, n: 3 },
  { ci: 3, h: 24, w: 5, co: 3, k: 3, pad: 1, groups: 3, n: 2 },
  { ci: 3, h: 7, w: 15, co: 3, k: 3, stride: 2, pad: 1, groups: 3, n: 2 },
  { ci: 2, h: 9, w: 17, co: 4, k: 3, stride: 2, groups: 2 },
  // Depthwise 3x3: read in place or framed, edges on either side or none, few outputs, bands of a wide plane.
  { ci: 2, h: 1, w: 29, co: 2, k: 3, pad: 1, groups: 2 },
  { ci: 3, h: 5, w: 29, co: 3, k: 3, pad: [0, 1, 1, 0], groups: 3, n: 2 },
  { ci: 2, h: 6, w: 31, co: 4, k: 3, pad: [1, 0, 0, 1], groups: 2 },
  { ci: 2, h: 2, w: 25, co: 2, k: 3, pad: [2, 1, 1, 1], groups: 2 },
  { ci: 2, h: 3, w: 2, co: 2, k: 3, pad: 2, groups: 2 },
  { ci: 2, h: 7, w: 1, co: 2, k: 3, pad: 1, groups: 2, n: 2 },
  { ci: 2, h: 11, w: 2, co: 4, k: 3, stride: 2, pad: 1, groups: 2 },
  { ci: 2, h: 19, w: 18, co: 2, k: 3, stride: 2, pad: 1, groups: 2 },
  { ci: 2, h: 7, w: 19, co: 4, k: 3, stride: 2, pad: [0, 0, 1, 1], groups: 2, n: 2 },
  { ci: 3, h: 6, w: 22, co: 3, k: 3, stride: 2, pad: [0, 1, 1, 0], groups: 3 },
  { ci: 2, h: 1, w: 23, co: 2, k: 3, stride: 2, pad: 1, groups: 2 },
  { ci: 2, h: 4, w: 5, co: 2, k: 3, stride: 2, pad: 1, groups: 2 },
  { ci: 2, h: 23, w: 211, co: 2, k: 3, pad: 1, groups: 2 },
  { ci: 2, h: 47, w: 223, co: 2, k: 3, stride: 2, pad: 1, groups: 2 },
];

/** Padded images that are too large for one frame: bands of rows, sorted columns or not, a last band of few rows. */
const banded: readonly ConvShape[] = [
  { ci: 3, h: 103, w: 113, co: 5, k: 3, stride: 2, pad: 1, n: 2 },
  { ci: 3, h: 107, w: 109, co: 2, k: [3, 5], stride: 2, pad: [0, 2, 3, 1], dil: [1, 2] },
  { ci: 7, h: 71, w: 73, co: 3, k: [5, 3], pad: [2, 1, 2, 1], n: 2 },
  { ci: 14, h: 79, w: 62, co: 4, k: 3, dil: [3, 2], pad: [4, 2, 4, 2], groups: 2, n: 2 },
  { ci: 401, h: 11, w: 13, co: 2, k: 3, pad: 1 },
];

export const convCases: readonly KernelCase[] = [
  ...banded.map((s, i) => conv2d({ ...s, prepare: i % 2 === 0 })),
  ...shapes.flatMap((s, i) => [
    conv2d({ ...s, bias: i % 3 !== 0, prepare: i % 2 === 0, ...(i % 4 === 1 ? { lo: 0, hi: 1 } : {}) }),
    conv2d({ ...s, bias: i % 3 === 0, prepare: i % 2 === 1, ...(i % 4 === 2 ? { lo: 0 } : {}) }),
    gradInput(s),
    gradWeight(s),
  ]),
];

/** Sizes around the tile of 4x4 outputs, channels around the panels of 4, 5 and 8, batches around a block of tiles. */
const winogradShapes: readonly Omit<ConvShape, 'k'>[] = [
  ...Array.from({ length: 13 }, (_, i) => ({
    ci: 2 + (i % 3),
    h: i + 1,
    w: 13 - i,
    co: 1 + i,
    n: 1 + (i % 3),
  })),
  ...Array.from({ length: 11 }, (_, i) => ({
    ci: 1 + i,
    h: 13 - i,
    w: i + 3,
    co: 11 - i,
    pad: 0,
    n: 1 + (i % 2),
  })),
  ...Array.from({ length: 13 }, (_, i) => ({ ci: 3, h: i + 1, w: 1 + ((5 * i) % 13), co: 5, pad: 2 })),
  { ci: 7, h: 5, w: 11, co: 3, pad: [0, 1, 2, 0], n: 2 },
  { ci: 5, h: 7, w: 3, co: 17, pad: [2, 0, 1, 3], n: 3 },
  { ci: 8, h: 17, w: 19, co: 16 },
  { ci: 13, h: 31, w: 29, co: 23, n: 2 },
  { ci: 3, h: 41, w: 43, co: 5, pad: 0 },
  { ci: 67, h: 13, w: 11, co: 71 },
  { ci: 2, h: 8, w: 8, co: 3, n: 29 },
  { ci: 397, h: 6, w: 5, co: 9, n: 2 },
  { ci: 11, h: 5, w: 7, co: 401, n: 5 },
];

export const winogradCases: readonly KernelCase[] = winogradShapes.map((s, i) =>
  winograd({ ...s, k: 3, bias: i % 3 !== 0, ...(i % 4 === 1 ? { lo: 0, hi: 1 } : {}) }),
);

const lenet1: ConvShape = { ci: 1, h: 28, co: 20, k: 5 };
const lenet2: ConvShape = { ci: 20, h: 12, co: 50, k: 5 };
const square: ConvShape = { ci: 128, h: 28, co: 128, k: 3, pad: 1 };
const depthwise = (c: number, h: number, more: Partial<ConvShape> = {}): ConvShape => ({
  ci: c,
  h,
  co: c,
  k: 3,
  pad: 1,
  groups: c,
  ...more,
});
const pointwise = (ci: number, h: number, co: number, n = 1): ConvShape => ({ ci, h, co, k: 1, n });

export const convBench: readonly KernelCase[] = [
  conv2d({ ...square, prepare: true }),
  conv2d({ ci: 64, h: 56, co: 64, k: 3, pad: 1, prepare: true }),
  winograd({ ci: 64, h: 56, co: 64, k: 3 }),
  winograd(square),
  winograd({ ci: 256, h: 14, co: 256, k: 3 }),
  conv2d({ ci: 64, h: 56, co: 128, k: 3, pad: 1, stride: 2, prepare: true }),
  conv2d({ ...pointwise(256, 14, 512), prepare: true }),
  conv2d({ ...pointwise(64, 56, 128), prepare: true }),
  conv2d({ ...pointwise(512, 7, 512), prepare: true }),
  conv2d({ ci: 3, h: 224, co: 32, k: 3, pad: 1, stride: 2, prepare: true }),
  conv2d({ ci: 1, h: 28, co: 32, k: 5, pad: 2, prepare: true }),
  conv2d({ ci: 32, h: 14, co: 64, k: 5, pad: 2, prepare: true }),
  conv2d({ ...lenet1, prepare: true }),
  conv2d({ ...lenet2, prepare: true }),
  conv2d({ ...lenet1, n: 64 }),
  gradWeight({ ...lenet1, n: 64 }),
  conv2d({ ...lenet2, n: 64 }),
  gradInput({ ...lenet2, n: 64 }),
  gradWeight({ ...lenet2, n: 64 }),
  gradInput(square),
  gradWeight(square),
  conv2d(depthwise(128, 56)),
  conv2d(depthwise(128, 56, { stride: 2 })),
  ...[
    depthwise(16, 14, { n: 64 }),
    depthwise(32, 7, { n: 64 }),
    depthwise(32, 14, { n: 64, stride: 2 }),
  ].flatMap((s) => [conv2d(s), gradInput(s), gradWeight(s)]),
  ...[pointwise(16, 14, 32, 64), pointwise(32, 7, 64, 64)].flatMap((s) => [
    conv2d(s),
    gradInput(s),
    gradWeight(s),
  ]),
];

/** One layer on square images of growing size, by im2col and never Winograd. */
export const growingConv = (side: number): KernelCase =>
  conv2d({ ci: 16, h: side, co: 32, k: 3, pad: 1, prepare: true });
