/** Batch normalisation: planes with and without tails for the tests, a depthwise-separable model's for the benchmark. */
import type { Planes } from '../../src/backend/backend.ts';
import type { Rng } from '../../src/core/rng.ts';
import { fill, type KernelCase, kernelCase } from './case.ts';

export function batchNormCases(planes: Planes, offset = 0): KernelCase[] {
  const { n, c, p } = planes;
  const size = n * c * p;
  const shape = `${n}x${c}x${p}${offset ? ` mean ${offset}` : ''}`;
  const x = { dtype: 'f32', length: size, init: (rng: Rng) => fill.uniform(rng) + offset } as const;
  const channel = { dtype: 'f32', length: c, init: fill.uniform } as const;
  const positive = { dtype: 'f32', length: c, init: fill.positive } as const;
  const around = { dtype: 'f32', length: c, init: (rng: Rng) => 0.1 * fill.uniform(rng) + offset } as const;
  const out = (length: number) => ({ dtype: 'f32', length, output: true }) as const;
  return [
    kernelCase({
      primitive: 'batchNormTrain',
      shape,
      sizes: { ...planes, momentum: 0.1, eps: 1e-5 },
      buffers: {
        x,
        gamma: channel,
        beta: channel,
        y: out(size),
        mean: out(c),
        invStd: out(c),
        runningMean: { ...channel, output: true },
        runningVar: { ...positive, output: true },
      },
      // The mean is rounded to f32 before it is taken off: half an ulp of the offset shows.
      tolerance: 2e-6 + Math.abs(offset) * 1e-7,
    }),
    kernelCase({
      primitive: 'batchNormInfer',
      shape,
      sizes: { ...planes, eps: 1e-3 },
      buffers: { x, gamma: channel, beta: channel, mean: around, variance: positive, y: out(size) },
      tolerance: 1e-6,
    }),
    kernelCase({
      primitive: 'batchNormGrad',
      shape,
      sizes: planes,
      buffers: {
        x,
        dy: { dtype: 'f32', length: size, init: fill.uniform },
        gamma: channel,
        mean: around,
        invStd: positive,
        dx: out(size),
        dgamma: out(c),
        dbeta: out(c),
      },
      tolerance: 1e-6,
    }),
  ];
}

export const normCases: readonly KernelCase[] = [
  ...[1, 2, 3, 4, 5, 7, 11, 16, 17, 49].flatMap((p) => batchNormCases({ n: 3, c: 7, p })),
  ...batchNormCases({ n: 2, c: 1, p: 1 }),
  ...batchNormCases({ n: 1, c: 3, p: 13 }),
  // The one-pass variance must not cancel.
  ...batchNormCases({ n: 5, c: 2, p: 131 }, 1000),
];

export const normBench: readonly KernelCase[] = [
  ...batchNormCases({ n: 64, c: 32, p: 196 }),
  ...batchNormCases({ n: 64, c: 64, p: 49 }),
];
