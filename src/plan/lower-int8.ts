/**
 * The integer plan: ops on int8 codes from input to output. A node runs here if its inputs have an int8 form, its result
 * is to be int8, and its weights are quantized; every other node runs in f32 between dequantize and quantize.
 */
import type { QConv2dArgs, QLinearArgs, UnaryKind } from '../backend/backend.ts';
import { GraphError } from '../core/errors.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import type { ActivationQuantization, Node, NodeOf, Param } from '../graph/graph.ts';
import { plannedValues, quantizedCodes, roundHalfEven } from '../graph/weights.ts';
import type { PlanBuilder, Value } from './builder.ts';
import { convWindow, planes, poolWindow } from './geometry.ts';
import { int8Clamp, layerConstants, lookupTable, sameQuantization } from './int8.ts';
import { type Lowering, lowerConcat, paramOf, slopeOf } from './lower-f32.ts';
import type { Buffer } from './memory.ts';

/** A result in int8 and how to read it. */
export interface Int8Result {
  i8: Buffer;
  quant: ActivationQuantization;
}

/**
 * Adds the steps that compute `node` on int8, if it can be.
 * @param wanted how the graph wants the result; undefined if it is not listed. Ops that only move codes (maxPool,
 *   flatten, pad with zero) then keep their input's, which loses nothing.
 * @returns undefined if the node has to run in f32
 */
export function lowerInt8(
  l: Lowering,
  node: Node,
  inputs: readonly Value[],
  shape: Shape,
  wanted: ActivationQuantization | undefined,
): Int8Result | undefined {
  if (!inputs.every((value) => value.quant)) return undefined;
  const moved = lowerMoves(l, node, inputs[0], shape, wanted);
  if (moved) {
    return wanted && !sameQuantization(moved.quant, wanted)
      ? { i8: remap(l.builder, node, undefined, moved.i8, moved.quant, wanted), quant: wanted }
      : moved;
  }
  if (!wanted || !canCompute(l, node)) return undefined;
  return { i8: lowerComputes(l, node, inputs, shape, wanted), quant: wanted };
}

/** Ops that move codes and leave scale and zero point alone. */
function lowerMoves(
  { builder }: Lowering,
  node: Node,
  input: Value,
  shape: Shape,
  wanted: ActivationQuantization | undefined,
): Int8Result | undefined {
  const quant = input.quant as ActivationQuantization;
  switch (node.op) {
    case 'flatten':
    case 'reshape':
      return { i8: builder.asI8(input), quant };
    case 'maxPool': {
      const x = builder.asI8(input);
      const y = builder.buffer(sizeOf(shape));
      builder.emit(node.name, 'qmaxPool', { ...poolWindow(node, input.shape, shape), x: 0, y: 0 }, { x, y });
      return { i8: y, quant };
    }
    case 'pad':
      // A border that is not zero is exact in f32 only, unless the result is to be int8 anyway.
      if (node.attrs.value !== 0 && !wanted) return undefined;
      return { i8: lowerPad(builder, node, input, shape), quant };
    default:
      return undefined;
  }
}

/** Whether an op that computes has an int8 kernel for this node. */
function canCompute(l: Lowering, node: Node): boolean {
  switch (node.op) {
    case 'conv2d':
    case 'linear':
      return paramOf(l.graph, node, 'weight')?.quant !== undefined;
    case 'batchNorm':
    case 'mul':
    case 'softmax':
    case 'clip':
    case 'hardSigmoid':
    case 'round':
    case 'binary':
    case 'matmul':
    case 'transpose':
    case 'slice':
    case 'gather':
    case 'reduceMean':
      return false;
    default:
      return true;
  }
}

function lowerComputes(
  l: Lowering,
  node: Node,
  inputs: readonly Value[],
  shape: Shape,
  quant: ActivationQuantization,
): Buffer {
  const { builder } = l;
  const { name } = node;
  const [first] = inputs;
  const from = first.quant as ActivationQuantization;
  const x = builder.asI8(first);
  if (node.op === 'concat') return lowerQConcat(l, node, inputs, shape, quant);
  if (isUnary(node.op)) return remap(builder, node, node.op, x, from, quant);

  const y = builder.buffer(sizeOf(shape));
  const zeros = { zeroX: from.zeroPoint, zeroY: quant.zeroPoint };
  const multiplier = Math.fround(from.scale / quant.scale);
  switch (node.op) {
    case 'conv2d':
    case 'linear':
      lowerWeights(l, node, first, x, y, shape, quant);
      break;
    case 'avgPool': {
      const { countIncludePad } = node.attrs;
      const args = {
        ...poolWindow(node, first.shape, shape),
        ...zeros,
        x: 0,
        y: 0,
        countIncludePad,
        multiplier,
      };
      builder.emit(name, 'qavgPool', args, { x, y });
      break;
    }
    case 'globalAvgPool':
      builder.emit(
        name,
        'qglobalAvgPool',
        { ...planes(first.shape), ...zeros, x: 0, y: 0, multiplier },
        { x, y },
      );
      break;
    case 'add': {
      const b = builder.asI8(inputs[1]);
      const other = inputs[1].quant as ActivationQuantization;
      const args = {
        a: 0,
        b: 0,
        y: 0,
        size: sizeOf(shape),
        zeroA: from.zeroPoint,
        zeroB: other.zeroPoint,
        zeroY: quant.zeroPoint,
        multA: multiplier,
        multB: Math.fround(other.scale / quant.scale),
        ...int8Clamp(node.attrs.activation, quant),
      };
      builder.emit(name, 'qadd', args, { a: x, b, y });
      break;
    }
    default:
      throw new GraphError(name, `${node.op} has no int8 form`);
  }
  return y;
}

function lowerWeights(
  { builder, graph }: Lowering,
  node: NodeOf<'conv2d'> | NodeOf<'linear'>,
  input: Value,
  x: Buffer,
  y: Buffer,
  shape: Shape,
  quant: ActivationQuantization,
): void {
  const weight = paramOf(graph, node, 'weight') as Param;
  const bias = paramOf(graph, node, 'bias');
  const codes = quantizedCodes(weight);
  const from = input.quant as ActivationQuantization;
  const scale = (weight.quant as NonNullable<Param['quant']>).scale;
  const constants = layerConstants(node.name, codes, scale, bias && plannedValues(bias), from, quant);
  const common = {
    x: 0,
    weight: 0,
    prepared: true,
    bias: builder.constant(constants.bias),
    multiplier: builder.constant(constants.multiplier),
    y: 0,
    zeroX: from.zeroPoint,
    zeroY: quant.zeroPoint,
    ...int8Clamp(node.attrs.activation, quant),
  };
  if (node.op === 'conv2d') {
    const args: QConv2dArgs = { ...convWindow(node, input.shape, weight.shape, shape), ...common };
    args.weight = builder.prepared('qconv2d', args, codes);
    builder.emit(node.name, 'qconv2d', args, { x, y });
  } else {
    const args: QLinearArgs = {
      ...common,
      n: sizeOf(shape) / weight.shape[0],
      i: weight.shape[1],
      o: weight.shape[0],
    };
    args.weight = builder.prepared('qlinear', args, codes);
    builder.emit(node.name, 'qlinear', args, { x, y });
  }
}

/** Inputs with another scale are brought to the result's first. */
function lowerQConcat(
  l: Lowering,
  node: NodeOf<'concat'>,
  inputs: readonly Value[],
  shape: Shape,
  quant: ActivationQuantization,
): Buffer {
  const { builder } = l;
  const from = inputs.map((value) => {
    const x = builder.asI8(value);
    const own = value.quant as ActivationQuantization;
    return sameQuantization(own, quant) ? x : remap(builder, node, undefined, x, own, quant);
  });
  const y = builder.buffer(sizeOf(shape));
  lowerConcat(l, node.name, inputs, from, y, 1, node.attrs.axis);
  return y;
}

/** y = table[x]: an elementwise function, or (kind undefined) a change of scale and zero point. */
function remap(
  builder: PlanBuilder,
  node: Node,
  kind: UnaryKind | undefined,
  x: Buffer,
  from: ActivationQuantization,
  to: ActivationQuantization,
): Buffer {
  const table = builder.constant(lookupTable(builder.backend, kind, slopeOf(node), from, to));
  const y = builder.buffer(x.bytes);
  builder.emit(node.name, 'qlookup', { x: 0, y: 0, table, size: x.bytes }, { x, y }, ['x']);
  return y;
}

/**
 * A border of one code. pad2d works on f32, so this is copies: a row of the border's code over the whole result (source
 * stride 0), then row r of every plane at once.
 */
function lowerPad(builder: PlanBuilder, node: NodeOf<'pad'>, input: Value, shape: Shape): Buffer {
  const x = builder.asI8(input);
  const { scale, zeroPoint } = input.quant as ActivationQuantization;
  const code = roundHalfEven(Math.fround(node.attrs.value * Math.fround(1 / scale))) + zeroPoint;
  const y = builder.buffer(sizeOf(shape));
  const [top, left] = node.attrs.padding;
  const [n, c, h, w] = input.shape;
  const [, , ho, wo] = shape;
  const border = builder.constant(new Int8Array(wo).fill(Math.min(127, Math.max(-128, code))));
  builder.emit(
    node.name,
    'copyRows',
    { src: border, dst: 0, rows: n * c * ho, bytes: wo, srcStride: 0, dstStride: wo },
    { dst: y },
  );
  for (let r = 0; r < h; r++) {
    builder.emit(
      node.name,
      'copyRows',
      { src: 0, dst: 0, rows: n * c, bytes: w, srcStride: h * w, dstStride: ho * wo },
      { src: { buffer: x, offset: r * w }, dst: { buffer: y, offset: (top + r) * wo + left } },
    );
  }
  return y;
}

function isUnary(op: string): op is 'relu' | 'relu6' | 'leakyRelu' | 'sigmoid' | 'tanh' | 'hardSwish' {
  return ['relu', 'relu6', 'leakyRelu', 'sigmoid', 'tanh', 'hardSwish'].includes(op);
}
