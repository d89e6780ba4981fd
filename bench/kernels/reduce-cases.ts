/** Reductions: tails and NaN for the tests, a whole LeNet's weights for the benchmark. */
import type { Planes, ReduceKind } from '../../src/backend/backend.ts';
import type { Rng } from '../../src/core/rng.ts';
import { fill, type KernelCase, kernelCase } from './case.ts';

type Init = (rng: Rng, i: number) => number;

export function reduceCase(kind: ReduceKind, size: number, init: Init = fill.uniform, note = ''): KernelCase {
  return kernelCase({
    primitive: 'reduce',
    shape: `${kind} ${size}${note}`,
    sizes: { kind, size },
    buffers: {
      x: { dtype: 'f32', length: size, init },
      y: { dtype: 'f32', length: kind === 'minMax' ? 2 : 1, output: true },
    },
    // Sums are f64 on both sides; only a last-bit difference of the rounded f32 may remain.
    tolerance: kind === 'sum' || kind === 'sumSquares' ? 1.2e-7 : 0,
    ops: size,
  });
}

export function argmaxCase(rows: number, columns: number, init: Init = fill.uniform): KernelCase {
  return kernelCase({
    primitive: 'argmax',
    shape: `${rows}x${columns}`,
    sizes: { rows, columns },
    buffers: {
      x: { dtype: 'f32', length: rows * columns, init },
      y: { dtype: 'i32', length: rows, output: true },
    },
    tolerance: 0,
  });
}

export function sumChannelsCase({ n, c, p }: Planes): KernelCase {
  return kernelCase({
    primitive: 'sumChannels',
    shape: `${n}x${c}x${p}`,
    sizes: { n, c, p },
    buffers: {
      x: { dtype: 'f32', length: n * c * p, init: fill.uniform },
      y: { dtype: 'f32', length: c, output: true },
    },
    tolerance: 1.2e-7,
    ops: n * c * p,
  });
}

const kinds: readonly ReduceKind[] = ['sum', 'sumSquares', 'maxAbs', 'minMax'];
const sizes = [1, 2, 3, 4, 5, 7, 8, 9, 11, 13, 15, 16, 17, 31, 67, 1031];
const nanAt =
  (at: number): Init =>
  (rng, i) =>
    i === at ? NaN : fill.uniform(rng);
/** The extreme in the tail, so that a tail left out shows. */
const risingLast: Init = (_rng, i) => (i % 2 ? -1 : 1) * (i + 1);
const ties: Init = (rng) => rng.below(3);

export const reduceCases: readonly KernelCase[] = [
  ...kinds.flatMap((kind) =>
    sizes.flatMap((size) => [reduceCase(kind, size), reduceCase(kind, size, risingLast, ' rising')]),
  ),
  ...kinds.flatMap((kind) => [0, 5, 12].map((at) => reduceCase(kind, 13, nanAt(at), ` NaN at ${at}`))),
  ...kinds.map((kind) => reduceCase(kind, 5, () => -Infinity, ' all -infinity')),
  reduceCase('sum', 1000003, fill.positive),
  ...[1, 2, 3, 4, 10, 17, 131].flatMap((columns) => [argmaxCase(7, columns), argmaxCase(11, columns, ties)]),
  argmaxCase(3, 5, () => -Infinity),
  ...[2, 3, 4, 5, 8, 11, 13, 49].map((p) => sumChannelsCase({ n: 3, c: 7, p })),
  ...[1, 2, 3, 4, 5, 6, 7, 8, 11, 19, 23].map((c) => sumChannelsCase({ n: 5, c, p: 1 })),
];

export const reduceBench: readonly KernelCase[] = [
  ...kinds.map((kind) => reduceCase(kind, 431080)),
  argmaxCase(64, 10),
  argmaxCase(64, 1000),
  sumChannelsCase({ n: 64, c: 20, p: 576 }),
  sumChannelsCase({ n: 64, c: 50, p: 64 }),
  sumChannelsCase({ n: 64, c: 500, p: 1 }),
];
