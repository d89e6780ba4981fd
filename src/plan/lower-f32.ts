/** Each op as f32 primitives. */
import type { Conv2dArgs, LinearArgs, UnaryKind } from '../backend/backend.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import type { Graph, Node, NodeOf, Param } from '../graph/graph.ts';
import { plannedValues } from '../graph/weights.ts';
import type { PlanBuilder, Value } from './builder.ts';
import { clampOf, convWindow, planes, poolWindow, sides } from './geometry.ts';
import { isShareable, type KernelChoices, sharedBits, type WeightsChoice } from './kernels.ts';
import { lowerView } from './lower-views.ts';
import type { Buffer } from './memory.ts';
import { convStorage, countNonzero, linearStorage, type SparseChoice } from './sparse.ts';
import { type WinogradChoice, winogradCost, winogradPays } from './winograd.ts';

/** What lowering a node needs to know. */
export interface Lowering {
  readonly builder: PlanBuilder;
  readonly graph: Graph;
  readonly sparse: SparseChoice;
  readonly winograd: WinogradChoice;
  readonly weights: WeightsChoice;
  /** What a caller named, which goes before the cost model. */
  readonly kernels?: KernelChoices;
}

/**
 * Adds the steps that compute `node` in f32 from f32 forms of its inputs.
 * @returns the buffer that holds the result: a new one, or the input's own for flatten and reshape
 */
export function lowerF32(l: Lowering, node: Node, inputs: readonly Value[], shape: Shape): Buffer {
  const { builder } = l;
  const [first] = inputs;
  const x = builder.asF32(first);
  if (node.op === 'flatten' || node.op === 'reshape') return x;
  const view = lowerView(l, node, inputs, x, shape);
  if (view) return view;
  const size = sizeOf(shape);
  const y = builder.buffer(4 * size);
  const { name } = node;
  switch (node.op) {
    case 'conv2d':
      lowerConv(l, node, first.shape, x, y, shape);
      break;
    case 'linear':
      lowerLinear(l, node, first.shape, x, y);
      break;
    case 'batchNorm': {
      const [gamma, beta, mean, variance] = (['gamma', 'beta', 'mean', 'variance'] as const).map((role) =>
        builder.constant(plannedValues(paramOf(l.graph, node, role) as Param)),
      );
      const args = { ...planes(shape), x: 0, y: 0, gamma, beta, mean, variance, eps: node.attrs.eps };
      builder.emit(name, 'batchNormInfer', args, { x, y }, ['x']);
      break;
    }
    case 'relu':
    case 'relu6':
    case 'leakyRelu':
    case 'sigmoid':
    case 'tanh':
    case 'hardSwish': {
      const args = { kind: node.op as UnaryKind, x: 0, y: 0, size, alpha: slopeOf(node) };
      builder.emit(name, 'unary', args, { x, y }, ['x']);
      break;
    }
    case 'maxPool':
      builder.emit(
        name,
        'maxPool',
        { ...poolWindow(node, first.shape, shape), x: 0, y: 0, indices: 0 },
        { x, y },
      );
      break;
    case 'avgPool': {
      const { countIncludePad } = node.attrs;
      builder.emit(
        name,
        'avgPool',
        { ...poolWindow(node, first.shape, shape), x: 0, y: 0, countIncludePad },
        { x, y },
      );
      break;
    }
    case 'globalAvgPool':
      builder.emit(name, 'globalAvgPool', { ...planes(first.shape), x: 0, y: 0 }, { x, y });
      break;
    case 'add':
    case 'mul': {
      const b = builder.asF32(inputs[1]);
      const clamp = clampOf(node.op === 'add' ? node.attrs.activation : undefined);
      builder.emit(name, node.op, { a: 0, b: 0, y: 0, size, ...clamp }, { a: x, b, y }, ['a', 'b']);
      break;
    }
    case 'concat':
      lowerConcat(
        l,
        name,
        inputs,
        inputs.map((value) => builder.asF32(value)),
        y,
        4,
        node.attrs.axis,
      );
      break;
    case 'pad':
      builder.emit(
        name,
        'pad2d',
        {
          x: 0,
          y: 0,
          planes: shape[0] * shape[1],
          h: first.shape[2],
          w: first.shape[3],
          ...sides(node.attrs.padding),
          value: node.attrs.value,
        },
        { x, y },
      );
      break;
    case 'softmax':
      builder.emit(name, 'softmax', { x: 0, y: 0, ...rowsOf(shape) }, { x, y }, ['x']);
      break;
  }
  return y;
}

/** Rows of the last axis. */
function rowsOf(shape: Shape): { rows: number; columns: number } {
  const columns = shape[shape.length - 1];
  return { rows: sizeOf(shape) / columns, columns };
}

/** Copies each input's channels (or positions of another axis) to their place in y: one run a sample. Any element size. */
export function lowerConcat(
  { builder }: Lowering,
  name: string,
  inputs: readonly Value[],
  from: readonly Buffer[],
  y: Buffer,
  elementBytes: number,
  axis = 1,
): void {
  const rows = sizeOf(inputs[0].shape.slice(0, axis));
  const dstStride = y.bytes / rows;
  let offset = 0;
  inputs.forEach((input, i) => {
    const bytes = (elementBytes * sizeOf(input.shape)) / rows;
    builder.emit(
      name,
      'copyRows',
      { src: 0, dst: 0, rows, bytes, srcStride: bytes, dstStride },
      { src: from[i], dst: { buffer: y, offset } },
    );
    offset += bytes;
  });
}

function lowerConv(
  { builder, graph, sparse, winograd, weights, kernels }: Lowering,
  node: NodeOf<'conv2d'>,
  xShape: Shape,
  x: Buffer,
  y: Buffer,
  shape: Shape,
): void {
  const weight = paramOf(graph, node, 'weight') as Param;
  const values = plannedValues(weight);
  const geometry = convWindow(node, xShape, weight.shape, shape);
  const args: Conv2dArgs = {
    ...geometry,
    x: 0,
    weight: 0,
    prepared: true,
    bias: builder.constant(biasOf(graph, node)),
    y: 0,
    ...clampOf(node.attrs.activation),
  };
  const byWinograd = winogradPays(winograd, geometry);
  const speedup = byWinograd ? Math.max(1, 1 / winogradCost(geometry)) : 1;
  const storage = convStorage(sparse, geometry, values, speedup);
  const named = kernels?.get(node.name);
  const kernel = named ?? (storage === 'dense' && byWinograd ? 'winograd' : storage);
  const stored = named
    ? named === 'clustered'
    : weights === 'stored' && storage === 'dense' && isShareable(geometry);
  const bits = stored ? sharedBits(values) : undefined;
  if (bits) {
    const shared = { ...args, bits };
    shared.weight = builder.prepared('clusteredConv2d', shared, values);
    builder.emit(node.name, 'clusteredConv2d', shared, { x, y });
  } else if (kernel === 'rows' || kernel === 'blocks') {
    const sparseArgs = { ...args, nonzero: countNonzero(values), blocks: kernel === 'blocks' };
    sparseArgs.weight = builder.prepared('sparseConv2d', sparseArgs, values);
    builder.emit(node.name, 'sparseConv2d', sparseArgs, { x, y });
  } else {
    const primitive = kernel === 'winograd' ? 'winogradConv2d' : 'conv2d';
    args.weight = builder.prepared(primitive, args, values);
    builder.emit(node.name, primitive, args, { x, y });
  }
}

function lowerLinear(
  { builder, graph, sparse, weights, kernels }: Lowering,
  node: NodeOf<'linear'>,
  xShape: Shape,
  x: Buffer,
  y: Buffer,
): void {
  const weight = paramOf(graph, node, 'weight') as Param;
  const values = plannedValues(weight);
  const args: LinearArgs = {
    x: 0,
    weight: 0,
    prepared: true,
    bias: builder.constant(biasOf(graph, node)),
    y: 0,
    n: sizeOf(xShape) / weight.shape[1],
    i: weight.shape[1],
    o: weight.shape[0],
    ...clampOf(node.attrs.activation),
  };
  const kernel = kernels?.get(node.name) ?? linearStorage(sparse, args.n, args.o, values);
  const stored =
    kernel === 'clustered' || (kernel === 'dense' && weights === 'stored' && !kernels?.has(node.name));
  const bits = stored ? sharedBits(values) : undefined;
  if (bits) {
    const shared = { ...args, bits };
    shared.weight = builder.prepared('clusteredLinear', shared, values);
    builder.emit(node.name, 'clusteredLinear', shared, { x, y });
  } else if (kernel !== 'dense') {
    const sparseArgs = { ...args, nonzero: countNonzero(values), blocks: kernel === 'blocks' };
    sparseArgs.weight = builder.prepared('sparseLinear', sparseArgs, values);
    builder.emit(node.name, 'sparseLinear', sparseArgs, { x, y });
  } else {
    args.weight = builder.prepared('linear', args, values);
    builder.emit(node.name, 'linear', args, { x, y });
  }
}

/** A node's parameter by role; undefined if it has none. */
export function paramOf(graph: Graph, node: Node, role: string): Param | undefined {
  return Object.hasOwn(node.params, role) ? graph.params.get(node.params[role]) : undefined;
}

function biasOf(graph: Graph, node: Node): Float32Array | undefined {
  const bias = paramOf(graph, node, 'bias');
  return bias && plannedValues(bias);
}

/** leakyRelu's slope as f32, which is what the kernels take; 0 for ops without one. */
export function slopeOf(node: Node): number {
  return node.op === 'leakyRelu' ? Math.fround(node.attrs.slope) : 0;
}
