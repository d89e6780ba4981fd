/** Weight sharing: 1 to 256 centroids, ties, empty clusters and masks; the benchmark takes LeNet's dense layer. */
import type { Rng } from '../../src/core/rng.ts';
import { fill, type KernelCase, kernelCase } from './case.ts';

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
];

export const clusterBench: readonly KernelCase[] = [
  assignCase(400000, 16),
  assignCase(400000, 32),
  assignCase(400000, 256),
  ...memberCases(400000, 32, 32, true),
];
