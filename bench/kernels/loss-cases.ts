/** Softmax and losses: odd rows for the tests, 10 and 1000 classes for the benchmark. */
import type { Rng } from '../../src/core/rng.ts';
import { fill, type KernelCase, kernelCase } from './case.ts';

const logits = (rng: Rng): number => rng.uniform() * 20 - 10;
/** Far beyond where e^x overflows. */
const huge = (rng: Rng): number => rng.uniform() * 2000 - 1000;

export function rowCases(rows: number, columns: number, init = logits, note = ''): KernelCase[] {
  const size = rows * columns;
  const shape = `${rows}x${columns}${note}`;
  const x = { dtype: 'f32', length: size, init } as const;
  const uniform = { dtype: 'f32', length: size, init: fill.uniform } as const;
  const out = { dtype: 'f32', length: size, output: true } as const;
  return [
    kernelCase({
      primitive: 'softmax',
      shape,
      sizes: { rows, columns },
      buffers: { x, y: out },
      tolerance: 5e-7,
    }),
    kernelCase({
      primitive: 'softmaxGrad',
      shape,
      sizes: { rows, columns },
      buffers: { y: uniform, dy: uniform, dx: out },
      tolerance: 5e-7,
    }),
    kernelCase({
      primitive: 'crossEntropy',
      shape,
      sizes: { rows, columns },
      buffers: {
        logits: x,
        // Weights that do not sum to 1: their sum has to show in diff.
        target: { dtype: 'f32', length: size, init: fill.positive },
        loss: { dtype: 'f32', length: rows, output: true },
        diff: out,
      },
      tolerance: 5e-7 * columns,
    }),
  ];
}

export function oneHotCase(rows: number, columns: number, smoothing: number): KernelCase {
  return kernelCase({
    primitive: 'oneHot',
    shape: `${rows}x${columns} smoothing ${smoothing}`,
    sizes: { rows, columns, smoothing },
    buffers: {
      labels: { dtype: 'i32', length: rows, init: (rng: Rng) => rng.below(columns) },
      y: { dtype: 'f32', length: rows * columns, output: true },
    },
    tolerance: 0,
  });
}

export const lossCases: readonly KernelCase[] = [
  ...[1, 2, 3, 4, 5, 7, 10, 13, 16, 17, 131].flatMap((columns) => rowCases(5, columns)),
  ...rowCases(3, 11, huge, ' huge'),
  ...[0, 0.1].flatMap((smoothing) => [
    oneHotCase(7, 11, smoothing),
    oneHotCase(5, 1, smoothing),
    oneHotCase(3, 16, smoothing),
  ]),
];

export const lossBench: readonly KernelCase[] = [
  ...rowCases(64, 10),
  ...rowCases(64, 1000),
  oneHotCase(64, 10, 0.1),
];
