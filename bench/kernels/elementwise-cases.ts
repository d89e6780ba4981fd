/** Elementwise kernels: sizes around the vector's edge for the tests, activations of real models for the benchmark. */
import type { Planes, StridedKind, UnaryKind } from '../../src/backend/backend.ts';
import type { Rng } from '../../src/core/rng.ts';
import { type Shape, sizeOf } from '../../src/core/shape.ts';
import { stridedTable, stridesOf } from '../../src/core/strides.ts';
import { type BufferSpec, fill, type KernelCase, kernelCase } from './case.ts';

const kinds: readonly UnaryKind[] = [
  'relu',
  'relu6',
  'leakyRelu',
  'sigmoid',
  'tanh',
  'hardSwish',
  'exp',
  'log',
];

/** What makes clamps and branches go wrong, then ordinary values on both sides of every kink. */
const awkward = [0, -0, 6, -3, 3, Infinity, -Infinity, NaN, 1e-40, -1e-40, 3.4e38, -3.4e38];
const hard = (rng: Rng, i: number): number => awkward[i] ?? rng.uniform() * 16 - 8;
const wide = (rng: Rng): number => rng.uniform() * 16 - 8;

type Init = BufferSpec['init'];

const f32 = (length: number, init: Init = fill.uniform): BufferSpec => ({ dtype: 'f32', length, init });
const out = (length: number, init?: Init): BufferSpec => ({
  dtype: 'f32',
  length,
  init,
  output: true,
});

export function unaryCase(kind: UnaryKind, size: number, init: Init = hard): KernelCase {
  return kernelCase({
    primitive: 'unary',
    shape: `${kind} ${size}`,
    sizes: { kind, size, alpha: 0.1 },
    buffers: { x: f32(size, kind === 'log' ? fill.positive : init), y: out(size) },
    tolerance: 5e-7,
    ops: size,
  });
}

export function unaryGradCase(kind: UnaryKind, size: number): KernelCase {
  // x avoids infinities (0 * infinity is NaN on one side only); the kinks stay.
  const x = (rng: Rng, i: number): number => [0, 6, -3, 3][i] ?? wide(rng);
  return kernelCase({
    primitive: 'unaryGrad',
    shape: `${kind} ${size}`,
    sizes: { kind, size, alpha: 0.1 },
    buffers: { x: f32(size, kind === 'log' ? fill.positive : x), y: f32(size), dy: f32(size), dx: out(size) },
    tolerance: 3e-7,
    ops: size,
  });
}

export function binaryCase(primitive: 'add' | 'mul', size: number, lo: number, hi: number): KernelCase {
  return kernelCase({
    primitive,
    shape: `${size} in [${lo}, ${hi}]`,
    sizes: { size, lo, hi },
    buffers: { a: f32(size, hard), b: f32(size), y: out(size) },
    tolerance: 2e-7,
    ops: size,
  });
}

export function axpbyCase(size: number, alpha: number, beta: number): KernelCase {
  // What y holds must not matter if beta is 0.
  return kernelCase({
    primitive: 'axpby',
    shape: `${size} alpha ${alpha} beta ${beta}`,
    sizes: { size, alpha, beta },
    buffers: { x: f32(size), y: out(size, beta === 0 ? () => NaN : fill.uniform) },
    tolerance: 3e-7,
    ops: 3 * size,
  });
}

export function fillCase(size: number, value: number): KernelCase {
  return kernelCase({
    primitive: 'fill',
    shape: `${size} with ${value}`,
    sizes: { size, value },
    // One element more than is filled: it has to stay.
    buffers: { y: out(size + 1, fill.uniform) },
    tolerance: 0,
  });
}

export function addBiasCase({ n, c, p }: Planes): KernelCase {
  return kernelCase({
    primitive: 'addBias',
    shape: `${n}x${c}x${p}`,
    sizes: { n, c, p },
    buffers: { x: f32(n * c * p), bias: f32(c), y: out(n * c * p) },
    tolerance: 0,
    ops: n * c * p,
  });
}

export function copyRowsCase(rows: number, bytes: number, srcStride: number, dstStride: number): KernelCase {
  return kernelCase({
    primitive: 'copyRows',
    shape: `${rows} rows of ${bytes}, ${srcStride} -> ${dstStride}`,
    sizes: { rows, bytes, srcStride, dstStride },
    buffers: {
      src: { dtype: 'i8', length: rows * srcStride, init: fill.i8 },
      dst: { dtype: 'i8', length: rows * dstStride, init: fill.i8, output: true },
    },
    tolerance: 0,
  });
}

interface Borders {
  planes: number;
  h: number;
  w: number;
  padT: number;
  padL: number;
  padB: number;
  padR: number;
}

export function padCases(sizes: Borders): KernelCase[] {
  const { planes, h, w, padT, padL, padB, padR } = sizes;
  const inner = planes * h * w;
  const outer = planes * (padT + h + padB) * (padL + w + padR);
  const shape = `${planes}x${h}x${w} + ${padT},${padL},${padB},${padR}`;
  return [
    kernelCase({
      primitive: 'pad2d',
      shape,
      sizes: { ...sizes, value: -1.5 },
      buffers: { x: f32(inner), y: out(outer) },
      tolerance: 0,
    }),
    kernelCase({
      primitive: 'pad2dGrad',
      shape,
      sizes,
      buffers: { dy: f32(outer), dx: out(inner) },
      tolerance: 0,
    }),
  ];
}

/** A walk: extents, then the strides of a, b and y. The table's counters are compared, too: they must end where they began. */
export function stridedCase(
  kind: StridedKind,
  extents: Shape,
  a: readonly number[],
  b: readonly number[],
  lo = -Infinity,
  hi = Infinity,
): KernelCase {
  const strides = stridesOf(extents);
  const table = stridedTable(extents, a, b, strides);
  const reach = (by: readonly number[]): number => by.reduce((sum, s, i) => sum + s * (extents[i] - 1), 1);
  return kernelCase({
    primitive: 'strided',
    shape: `${kind} ${extents.join('x')} by ${a} and ${b}`,
    sizes: { kind, rank: table.length / 5, lo, hi },
    buffers: {
      table: { dtype: 'i32', length: table.length, init: (_, i) => table[i], output: true },
      a: f32(reach(a)),
      b: f32(reach(b), fill.positive),
      y: out(sizeOf(extents)),
    },
    tolerance: 0,
  });
}

/** Below, at and above the vector's width and four of them. */
const tails = [1, 2, 3, 4, 5, 7, 13, 16, 17, 31, 67, 131];
const all = Infinity;

export const elementwiseCases: readonly KernelCase[] = [
  ...kinds.flatMap((kind) => tails.flatMap((size) => [unaryCase(kind, size), unaryGradCase(kind, size)])),
  ...tails.flatMap((size) => [
    binaryCase('add', size, -all, all),
    binaryCase('add', size, 0, 6),
    binaryCase('mul', size, -all, all),
    binaryCase('mul', size, -0.5, 0.25),
    axpbyCase(size, 0.3, 0.7),
    axpbyCase(size, -2, 0),
    fillCase(size, 0.1),
  ]),
  ...(['copy', 'add', 'sub', 'mul', 'div'] as const).flatMap((kind) => [
    ...tails.map((size) => stridedCase(kind, [size], [1], [0], -0.5, 0.75)),
    ...tails.map((size) => stridedCase(kind, [3, size], [0, 1], [size, 1])),
    stridedCase(kind, [2, 5, 3, 7], [105, 1, 35, 5], [0, 7, 0, 1]),
    stridedCase(kind, [7, 3], [1, 7], [3, 1]),
    stridedCase(kind, [1], [1], [1]),
  ]),
  ...[1, 2, 3, 4, 5, 11, 16, 19].flatMap((p) => [
    addBiasCase({ n: 3, c: 7, p }),
    addBiasCase({ n: 2, c: p, p: 1 }),
  ]),
  copyRowsCase(1, 13, 13, 13),
  copyRowsCase(5, 7, 11, 17),
  copyRowsCase(3, 64, 67, 64),
  ...padCases({ planes: 3, h: 5, w: 7, padT: 1, padL: 2, padB: 3, padR: 4 }),
  ...padCases({ planes: 2, h: 1, w: 1, padT: 0, padL: 1, padB: 0, padR: 0 }),
  ...padCases({ planes: 2, h: 3, w: 11, padT: 0, padL: 0, padB: 0, padR: 0 }),
  ...padCases({ planes: 1, h: 2, w: 17, padT: 2, padL: 0, padB: 0, padR: 5 }),
];

/** LeNet's first activation for 64 samples: 20 channels of 24x24. */
const activation = 64 * 20 * 24 * 24;

export const elementwiseBench: readonly KernelCase[] = [
  ...kinds.map((kind) => unaryCase(kind, activation, wide)),
  unaryGradCase('relu', activation),
  unaryGradCase('relu6', activation),
  binaryCase('add', activation, 0, all),
  axpbyCase(431080, 0.5, 1),
  fillCase(431080, 0),
  addBiasCase({ n: 64, c: 20, p: 576 }),
  addBiasCase({ n: 64, c: 500, p: 1 }),
  ...padCases({ planes: 64, h: 28, w: 28, padT: 2, padL: 2, padB: 2, padR: 2 }),
];
