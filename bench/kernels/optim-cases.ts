/** Optimizer updates, masks and the accumulator of importance; the benchmark takes LeNet's number of weights. */
import { fill, type KernelCase, kernelCase } from './case.ts';

const f32 = (length: number, init = fill.uniform) => ({ dtype: 'f32', length, init }) as const;
const state = (length: number, init = fill.uniform) =>
  ({ dtype: 'f32', length, init, output: true }) as const;

export function sgdCase(size: number, momentum: number, weightDecay: number, nesterov: boolean): KernelCase {
  return kernelCase({
    primitive: 'sgd',
    shape: `${size} momentum ${momentum} decay ${weightDecay}${nesterov ? ' nesterov' : ''}`,
    sizes: { size, lr: 0.05, momentum, weightDecay, nesterov },
    // g is an output too: it must not change; and without momentum neither must v.
    buffers: { w: state(size), g: state(size), v: state(size) },
    tolerance: 3e-7,
    ops: 6 * size,
  });
}

export function adamwCase(size: number, weightDecay: number, step: number): KernelCase {
  return kernelCase({
    primitive: 'adamw',
    shape: `${size} decay ${weightDecay} step ${step}`,
    sizes: {
      size,
      lr: 0.01,
      beta1: 0.9,
      beta2: 0.999,
      eps: 1e-8,
      weightDecay,
      correction1: 1 - 0.9 ** step,
      correction2: 1 - 0.999 ** step,
    },
    buffers: { w: state(size), g: state(size), m: state(size), v: state(size, fill.positive) },
    tolerance: 3e-7,
    ops: 14 * size,
  });
}

export function maskCase(size: number): KernelCase {
  return kernelCase({
    primitive: 'applyMask',
    shape: `${size}`,
    sizes: { size },
    buffers: { x: state(size), mask: { dtype: 'u8', length: size, init: fill.bit } },
    tolerance: 0,
  });
}

export function accumulateSquaresCase(size: number): KernelCase {
  return kernelCase({
    primitive: 'accumulateSquares',
    shape: `${size}`,
    sizes: { size },
    buffers: { x: f32(size), sum: state(size, fill.positive) },
    tolerance: 2e-7,
    ops: 2 * size,
  });
}

const tails = [1, 2, 3, 4, 5, 7, 8, 9, 11, 15, 16, 17, 67];

export const optimCases: readonly KernelCase[] = tails.flatMap((size) => [
  sgdCase(size, 0, 0, false),
  sgdCase(size, 0, 0.01, false),
  sgdCase(size, 0.9, 5e-4, false),
  sgdCase(size, 0.9, 5e-4, true),
  adamwCase(size, 0, 1),
  adamwCase(size, 0.05, 7),
  maskCase(size),
  accumulateSquaresCase(size),
]);

const weights = 431080;
export const optimBench: readonly KernelCase[] = [
  sgdCase(weights, 0, 0, false),
  sgdCase(weights, 0.9, 5e-4, false),
  adamwCase(weights, 0.01, 10),
  maskCase(weights),
  accumulateSquaresCase(weights),
];
