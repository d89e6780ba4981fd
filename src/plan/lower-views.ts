/**
 * The ops of imported models as walks over views: one primitive, `strided`, with strides that transpose, slice, repeat, or
 * align two shapes. f32.
 */
import type { StridedKind } from '../backend/backend.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import { broadcastStrides, matrixPairs, stridedTable, stridesOf } from '../core/strides.ts';
import type { Node, NodeOf, Param } from '../graph/graph.ts';
import { plannedValues } from '../graph/weights.ts';
import { type Operand, offsetIn, type PlanBuilder, type Value } from './builder.ts';
import type { Lowering } from './lower-f32.ts';
import type { Buffer } from './memory.ts';

/** Adding it to, and taking it from, an f32 below 2^22 in magnitude leaves the nearest whole number: 1.5 x 2^23. */
const ROUNDER = 12582912;

/** An operand of a walk: where it begins and how far apart its neighbours are, in elements. Or constants. */
interface View {
  from: Operand | Float32Array;
  strides: readonly number[];
}

/**
 * Adds the steps that compute `node`.
 * @param x the first input as f32
 * @returns the buffer that holds the result; undefined for an op that is none of these
 */
export function lowerView(
  l: Lowering,
  node: Node,
  inputs: readonly Value[],
  x: Buffer,
  shape: Shape,
): Buffer | undefined {
  const { builder } = l;
  const source = inputs[0].shape;
  const own = stridesOf(source);
  const strides = stridesOf(shape);
  const y = (): Buffer => builder.buffer(4 * sizeOf(shape));
  const each = (kind: StridedKind, value: number, lo?: number, hi?: number, from: Buffer = x): Buffer => {
    const to = y();
    const b = { from: Float32Array.of(value), strides: shape.map(() => 0) };
    walk(builder, node, kind, shape, { from, strides }, b, { from: to, strides }, lo, hi);
    return to;
  };
  const copy = (from: Operand, by: readonly number[], extents = shape): Buffer => {
    const to = builder.buffer(4 * sizeOf(extents));
    const a = { from, strides: by };
    walk(builder, node, 'copy', extents, a, a, { from: to, strides: stridesOf(extents) });
    return to;
  };
  switch (node.op) {
    case 'clip':
      // x - 0 is x, a negative zero too.
      return each('sub', 0, node.attrs.lo, node.attrs.hi);
    case 'hardSigmoid':
      return each('add', node.attrs.beta, 0, 1, each('mul', node.attrs.alpha));
    case 'round':
      return each('sub', ROUNDER, undefined, undefined, each('add', ROUNDER));
    case 'binary':
      return lowerBinary(l, node, inputs, x, shape);
    case 'matmul':
      return lowerMatmul(l, node, inputs, x, shape);
    case 'transpose':
      return copy(
        x,
        node.attrs.perm.map((axis) => own[axis]),
      );
    case 'slice': {
      const { axis, start, step } = node.attrs;
      return copy(
        { buffer: x, offset: 4 * start * own[axis] },
        own.map((stride, i) => (i === axis ? step * stride : stride)),
      );
    }
    case 'gather': {
      const to = y();
      const { axis, indices } = node.attrs;
      const rows = sizeOf(source.slice(0, axis));
      const bytes = 4 * own[axis];
      const srcStride = bytes * source[axis];
      const dstStride = bytes * indices.length;
      indices.forEach((index, i) => {
        builder.emit(
          node.name,
          'copyRows',
          { src: 0, dst: 0, rows, bytes, srcStride, dstStride },
          { src: { buffer: x, offset: bytes * index }, dst: { buffer: to, offset: bytes * i } },
        );
      });
      return to;
    }
    case 'reduceMean': {
      const { axes } = node.attrs;
      if (axes.length === 0) return x;
      const all = source.map((_, axis) => axis);
      const kept = all.filter((axis) => !axes.includes(axis));
      const order = [...kept, ...all.filter((axis) => axes.includes(axis))];
      const rows = sizeOf(kept.map((axis) => source[axis]));
      const inOrder = order.every((axis, i) => axis === i);
      const from = inOrder
        ? x
        : copy(
            x,
            order.map((axis) => own[axis]),
            order.map((axis) => source[axis]),
          );
      const to = y();
      builder.emit(
        node.name,
        'globalAvgPool',
        { n: 1, c: rows, p: sizeOf(source) / rows, x: 0, y: 0 },
        { x: from, y: to },
      );
      return to;
    }
    default:
      return undefined;
  }
}

function walk(
  builder: PlanBuilder,
  node: Node,
  kind: StridedKind,
  extents: Shape,
  a: View,
  b: View,
  y: View,
  lo = -Infinity,
  hi = Infinity,
): void {
  const table = stridedTable(extents, a.strides, b.strides, y.strides);
  const args = {
    kind,
    rank: table.length / 5,
    table: builder.constant(table),
    a: 0,
    b: 0,
    y: 0,
    lo: Math.fround(lo),
    hi: Math.fround(hi),
  };
  const operands: Record<string, Operand> = {};
  for (const [field, { from }] of [
    ['a', a],
    ['b', b],
    ['y', y],
  ] as const) {
    if (from instanceof Float32Array) args[field] = builder.constant(from);
    else operands[field] = from;
  }
  // y may take over the bytes of an operand that it reads element by element.
  const sameWalk = (view: View): boolean =>
    !(view.from instanceof Float32Array) &&
    offsetIn(view.from) === 0 &&
    view.strides.every((stride, i) => stride === y.strides[i] || extents[i] === 1);
  const inPlace =
    kind === 'copy' ? [] : (['a', 'b'] as const).filter((field) => sameWalk(field === 'a' ? a : b));
  builder.emit(node.name, 'strided', args, operands, inPlace);
}

function lowerBinary(
  { builder, graph }: Lowering,
  node: NodeOf<'binary'>,
  inputs: readonly Value[],
  x: Buffer,
  shape: Shape,
): Buffer {
  const value = graph.params.get(node.params.value ?? '') as Param;
  const second = inputs[1] ?? value;
  const strides = broadcastStrides(second.shape, shape);
  const other: View = {
    from: inputs.length > 1 ? builder.asF32(inputs[1]) : plannedValues(value),
    strides,
  };
  const first: View = { from: x, strides: broadcastStrides(inputs[0].shape, shape) };
  const [a, b] = node.attrs.swap ? [other, first] : [first, other];
  const y = builder.buffer(4 * sizeOf(shape));
  walk(builder, node, node.attrs.kind, shape, a, b, { from: y, strides: stridesOf(shape) });
  return y;
}

/** One product a matrix, by `linear`, which reads its weights as [n][k]: b is transposed before. */
function lowerMatmul(
  { builder }: Lowering,
  node: NodeOf<'matmul'>,
  inputs: readonly Value[],
  x: Buffer,
  shape: Shape,
): Buffer {
  const [a, b] = inputs.map((value) => value.shape);
  const [m, n] = shape.slice(-2);
  const k = a[a.length - 1];
  const turned = [...b.slice(0, -2), n, k];
  const strides = stridesOf(b);
  const columns = builder.buffer(4 * sizeOf(b));
  const from: View = {
    from: builder.asF32(inputs[1]),
    strides: [...strides.slice(0, -2), 1, n],
  };
  walk(builder, node, 'copy', turned, from, from, { from: columns, strides: stridesOf(turned) });
  const y = builder.buffer(4 * sizeOf(shape));
  for (const { left, right, index } of matrixPairs(a.slice(0, -2), b.slice(0, -2), shape.slice(0, -2))) {
    builder.emit(
      node.name,
      'linear',
      { x: 0, weight: 0, prepared: false, bias: 0, y: 0, n: m, i: k, o: n, lo: -Infinity, hi: Infinity },
      {
        x: { buffer: x, offset: 4 * left * m * k },
        weight: { buffer: columns, offset: 4 * right * n * k },
        y: { buffer: y, offset: 4 * index * m * n },
      },
    );
  }
  return y;
}
