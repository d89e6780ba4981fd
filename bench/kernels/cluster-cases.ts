/** Weight sharing: 1 to 256 centroids, ties, empty clusters and masks; the benchmark takes LeNet's dense layer. */
import type { Rng } from '../../src/core/rng.ts';
import { fill, type KernelCase, kernelCase } from './case.ts';
import { describeWindow, type Geometry, window } from './window.ts';

type Init = (rng: Rng, i: number) => number;

export function assignCase(
  size: number,
  k: number,
  init: Init = fill.uniform,
  centroid: Init = fill.uniform,
): KernelCase {
  return kernelCase({
    primitive: 'kmeansAssign',
    shape: `${size} to ${k}`,
    sizes: { size, k },
    buffers: {
      x: { dtype: 'f32', length: size, init },
      centroids: { dtype: 'f32', length: k, init: centroid },
      // One more than is assigned: it has to stay.
      indices: { dtype: 'u8', length: size + 1, init: () => 99, output: true },
    },
    tolerance: 0,
    ops: 3 * size * k,
  });
}

/** The other three; `members` is how many of the k centroids occur, the rest stay empty. */
export function memberCases(size: number, k: number, members: number, masked: boolean): KernelCase[] {
  const shape = `${size} of ${k}, ${members} used${masked ? ', masked' : ''}`;
  const w = { dtype: 'f32', length: size, init: fill.uniform } as const;
  const indices = { dtype: 'u8', length: size, init: (rng: Rng) => rng.below(members) } as const;
  const mask = { dtype: 'u8', length: size, init: fill.bit } as const;
  const masks: { mask?: typeof mask } = masked ? { mask } : {};
  const sizes = masked ? { size, k } : { size, k, mask: 0 };
  const out = (dtype: 'f32' | 'i32', length: number) => ({ dtype, length, output: true }) as const;
  return [
    kernelCase({
      primitive: 'kmeansUpdate',
      shape,
      sizes,
      buffers: {
        ...masks,
        x: w,
        indices,
        centroids: { ...out('f32', k), init: fill.positive },
        counts: { ...out('i32', k), init: () => -1 },
      },
      tolerance: 1e-7,
    }),
    kernelCase({
      primitive: 'gatherCentroids',
      shape,
      sizes,
      buffers: {
        ...masks,
        centroids: { dtype: 'f32', length: k, init: fill.uniform },
        indices,
        w: out('f32', size),
      },
      tolerance: 0,
    }),
    kernelCase({
      primitive: 'scatterCentroids',
      shape,
      sizes,
      buffers: { ...masks, dw: w, indices, dc: { ...out('f32', k), init: () => NaN } },
      tolerance: 1e-7,
    }),
  ];
}

/** Buffers and limits of a product with weights of k different values. */
function shared(k: number, x: number, weights: number, outputs: number, y: number, bias: boolean) {
  const f32 = { dtype: 'f32', init: fill.uniform } as const;
  return {
    sizes: { bits: k <= 16 ? 4 : 8, lo: -0.7, hi: 2, bias: 0 } as const,
    buffers: {
      x: { ...f32, length: x },
      weight: {
        ...f32,
        length: weights,
        prepare: true,
        init: (rng: Rng) => Math.fround(Math.sin(1 + rng.below(k))),
      },
      ...(bias && { bias: { ...f32, length: outputs } }),
      y: { dtype: 'f32', length: y, output: true },
    },
  } as const;
}

export function sharedConvCase(geometry: Geometry, k: number, bias = true): KernelCase {
  const g = window(geometry);
  const { kh, kw, n, ci, co, h, w, ho, wo, groups } = g;
  const weights = (co * ci * kh * kw) / groups;
  const { sizes, buffers } = shared(k, n * ci * h * w, weights, co, n * co * ho * wo, bias);
  return kernelCase({
    primitive: 'clusteredConv2d',
    shape: `${describeWindow(g)}, ${k} centroids`,
    sizes: { ...g, ...sizes },
    buffers,
    tolerance: 2e-6 * Math.sqrt((ci * kh * kw) / groups),
    ops: 2 * n * ho * wo * weights,
  });
}

export function sharedLinearCase(n: number, i: number, o: number, k: number, bias = true): KernelCase {
  const { sizes, buffers } = shared(k, n * i, o * i, o, n * o, bias);
  return kernelCase({
    primitive: 'clusteredLinear',
    shape: `${n} x ${i} -> ${o}, ${k} centroids`,
    sizes: { n, i, o, ...sizes },
    buffers,
    tolerance: 2e-6 * Math.sqrt(i),
    ops: 2 * n * i * o,
  });
}

/** Both sides of what is written out at a time (60 and 64 outputs, 16 weights), groups of an odd number of weights. */
export const sharedCases: readonly KernelCase[] = [3, 16, 17, 256].flatMap((k) => [
  ...[1, 2, 5, 7, 11, 59, 60, 61, 67, 131].map((co) =>
    sharedConvCase({ ci: 3, h: 5, w: 7, co, kh: 3, kw: 3 }, k),
  ),
  sharedConvCase({ n: 2, ci: 13, h: 11, w: 7, co: 67, kh: 3, kw: 3 }, k, false),
  sharedConvCase({ n: 3, ci: 9, h: 7, w: 5, co: 15, kh: 3, kw: 3, groups: 3 }, k),
  ...[1, 3, 4, 17].flatMap((n) =>
    [1, 2, 3, 5, 61, 64, 67, 131].map((o) => sharedLinearCase(n, 37, o, k, o !== 5)),
  ),
  sharedLinearCase(1, 1031, 13, k),
  sharedLinearCase(5, 1031, 67, k),
]);

const tails = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 16, 17, 67];
/** Whole numbers between even centroids: every other weight lies exactly halfway. */
const whole: Init = (rng) => rng.below(17);
const even: Init = (_rng, i) => 2 * i;
const special: Init = (rng, i) => [NaN, Infinity, -Infinity][i] ?? fill.uniform(rng);

export const clusterCases: readonly KernelCase[] = [
  ...tails.flatMap((size) => [1, 3, 32, 256].map((k) => assignCase(size, k))),
  assignCase(131, 8, whole, even),
  assignCase(131, 8, whole, (_rng, i) => 14 - 2 * i),
  assignCase(67, 7, fill.uniform, () => 0.5),
  assignCase(11, 5, special),
  ...tails.flatMap((size) => [...memberCases(size, 3, 3, false), ...memberCases(size, 3, 3, true)]),
  ...memberCases(1031, 256, 256, true),
  ...memberCases(131, 1, 1, false),
  ...memberCases(67, 16, 5, true),
  ...sharedCases,
];

export const clusterBench: readonly KernelCase[] = [
  assignCase(400000, 16),
  assignCase(400000, 32),
  assignCase(400000, 256),
  ...memberCases(400000, 32, 32, true),
  ...[16, 256].flatMap((k) => [
    sharedConvCase({ ci: 256, h: 14, w: 14, co: 512, kh: 1, kw: 1 }, k),
    sharedConvCase({ ci: 128, h: 14, w: 14, co: 128, kh: 3, kw: 3 }, k),
    sharedLinearCase(1, 3136, 512, k),
    sharedLinearCase(32, 3136, 512, k),
  ]),
];
