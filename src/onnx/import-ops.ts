/** Each operator on values that are computed at run time, as nodes of a graph. */
import { sameShape, sizeOf } from '../core/shape.ts';
import type { BinaryKind, Param } from '../graph/graph.ts';
import { codeRange, dequantized, positionsOf, wholes } from './fold.ts';
import { BATCH, floatsOnly, type ImportGraph, type Run, scalar, type Value } from './import-graph.ts';
import { batchNorm, conv, gemm, globalAvgPool, matMul, pool } from './import-layers.ts';
import { type NodeView, wholeAxis } from './node.ts';
import type { ElementType } from './proto.ts';
import {
  borders,
  cuts,
  flattened,
  permutation,
  reshaped,
  shownPositions,
  squeezed,
  unsqueezed,
} from './shapes.ts';
import { type Constant, constant, elementType, isFloat } from './tensor.ts';

type Handler = (g: ImportGraph, node: NodeView) => Value;

/** Operators that move or choose codes as they do numbers: on codes they give codes. */
export const movers: readonly string[] = [
  'MaxPool',
  'Reshape',
  'Flatten',
  'Transpose',
  'Squeeze',
  'Unsqueeze',
  'Slice',
  'Gather',
  'Identity',
  'Dropout',
];

/** Operators that read codes themselves. */
export const codeReaders: readonly string[] = ['DequantizeLinear', 'QLinearConv', 'QLinearMatMul'];

/** Arithmetic with a constant, which becomes a parameter. */
function withConstant(
  g: ImportGraph,
  node: NodeView,
  kind: BinaryKind,
  x: Run,
  c: Constant,
  swap: boolean,
): Run {
  const value = g.param(c, 'value', () => ({
    shape: c.shape,
    values: Float32Array.from(c.data),
    trainable: false,
  }));
  return g.emit(node, 'binary', [x], swap ? { kind, swap } : { kind }, { value });
}

const number = (value: number): Constant => constant('float', [], [value]);

/** A constant that is one number a channel, added to a layer without a bias that nobody else reads, is its bias. */
function asBias(g: ImportGraph, x: Run, c: Constant): Run | undefined {
  const at = g.nodes.findIndex((node) => node.name === x.name);
  const layer = g.nodes[at];
  if (!layer || x.uses !== 1 || (layer.op !== 'conv2d' && layer.op !== 'linear') || layer.params.bias)
    return undefined;
  if (g.activations.has(x.name)) return undefined;
  const [channels] = (g.params.get(layer.params.weight) as Param).shape;
  const axis = layer.op === 'conv2d' ? c.shape.length - 3 : c.shape.length - 1;
  if (c.data.length !== channels || c.shape[axis] !== channels || c.shape.length > x.shape.length)
    return undefined;
  const bias = g.param(c, 'bias', () => ({
    shape: [channels],
    values: Float32Array.from(c.data),
    trainable: true,
  }));
  g.nodes[at] = { ...layer, params: { ...layer.params, bias } };
  return x;
}

function arithmetic(kind: BinaryKind): Handler {
  return (g, node) => {
    const a = g.value(node, 0);
    const b = g.value(node, 1);
    for (const operand of [a, b]) if (operand.kind === 'run') floatsOnly(node, operand);
    const axis = node.opset < 7 ? node.int('axis', -1) : -1;
    if (axis >= 0 && axis !== a.shape.length - b.shape.length)
      node.fail('operands that are not aligned at their last axes');
    if (a.kind === 'run' && b.kind === 'run') {
      if (sameShape(a.shape, b.shape) && (kind === 'add' || kind === 'mul'))
        return g.emit(node, kind, [a, b], {});
      return g.emit(node, 'binary', [a, b], { kind });
    }
    const x = (a.kind === 'run' ? a : b) as Run;
    const c = (a.kind === 'run' ? b : a) as Constant;
    if (kind === 'add') {
      const layer = asBias(g, x, c);
      if (layer) return layer;
    }
    return withConstant(g, node, kind, x, c, a.kind !== 'run');
  };
}

function unary(op: 'relu' | 'round' | 'sigmoid' | 'tanh' | 'hardSwish'): Handler {
  return (g, node) => g.emit(node, op, [floatsOnly(node, g.run(node, 0))], {});
}

function clip(g: ImportGraph, node: NodeView): Run {
  const x = floatsOnly(node, g.run(node, 0));
  const low = g.optionalConstant(node, 1);
  const high = g.optionalConstant(node, 2);
  const lo = low ? scalar(node, low) : node.float('min', -Infinity);
  const hi = high ? scalar(node, high) : node.float('max', Infinity);
  const widest = 3.4e38;
  const bounds = { ...(lo > -widest && { lo }), ...(hi < widest && { hi }) };
  if (lo === 0 && hi === 6) return g.emit(node, 'relu6', [x], {});
  if (lo === 0 && hi >= widest) return g.emit(node, 'relu', [x], {});
  return lo <= -widest && hi >= widest ? x : g.emit(node, 'clip', [x], bounds);
}

function softmax(g: ImportGraph, node: NodeView): Run {
  const x = g.run(node, 0);
  const rank = x.shape.length;
  const axis = wholeAxis(node, node.int('axis', node.opset < 13 ? 1 : -1), rank);
  if (axis === rank - 1) return g.emit(node, 'softmax', [x], {});
  if (node.opset < 13) {
    const rows = g.reshape(node, x, [...x.shape.slice(0, axis), sizeOf(x.shape.slice(axis))]);
    return g.reshape(node, g.emit(node, 'softmax', [rows], {}), x.shape);
  }
  const perm = x.shape.map((_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i));
  const y = g.emit(node, 'softmax', [g.emit(node, 'transpose', [x], { perm })], {});
  return g.emit(node, 'transpose', [y], { perm });
}

function gather(g: ImportGraph, node: NodeView): Run {
  const x = g.run(node, 0);
  const indices = g.constant(node, 1);
  const axis = wholeAxis(node, node.int('axis', 0), x.shape.length);
  if (g.dynamic && axis === 0) return node.fail('samples of a batch cannot be chosen');
  const chosen = positionsOf(node, indices.data, x.shape[axis]);
  const y = g.emit(node, 'gather', [x], { axis, indices: chosen });
  return g.reshape(node, y, [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]);
}

function pad(g: ImportGraph, node: NodeView): Run {
  let x = g.run(node, 0);
  const pads = node.opset < 11 ? node.ints('pads') : wholes(node, g.constant(node, 1), 'pads');
  const filler = g.optionalConstant(node, 2);
  const axes = g.optionalConstant(node, 3);
  const { before, after } = borders(
    node,
    x.shape,
    pads ?? node.fail('pads are missing'),
    axes && Array.from(axes.data),
  );
  const mode = node.text('mode', 'constant');
  const value = filler ? scalar(node, filler) : node.float('value', 0);
  const negative = [...before, ...after].some((v) => v < 0);
  const spatial = x.shape.length === 4 && [0, 1].every((i) => before[i] === 0 && after[i] === 0);
  if (mode === 'constant' && spatial && !negative) {
    return g.emit(node, 'pad', [x], { padding: [before[2], before[3], after[2], after[3]], value });
  }
  for (let axis = 0; axis < x.shape.length; axis++) {
    const [first, last] = [before[axis], after[axis]];
    if (first === 0 && last === 0) continue;
    if (g.dynamic && axis === 0) return node.fail('a batch cannot be padded');
    const extent = x.shape[axis];
    if (mode !== 'constant') {
      x = g.emit(node, 'gather', [x], { axis, indices: shownPositions(node, mode, extent, first, last) });
      continue;
    }
    const start = Math.max(0, -first);
    const count = extent - start - Math.max(0, -last);
    if (count < extent) x = g.emit(node, 'slice', [x], { axis, start, count, step: 1 });
    if (first <= 0 && last <= 0) continue;
    // Any axis can be the height of planes.
    const head = axis === 0 ? [1, 1] : [x.shape[0], sizeOf(x.shape.slice(1, axis))];
    const whole = [...x.shape];
    const planes = g.reshape(node, x, [...head, count, sizeOf(whole.slice(axis + 1))]);
    const framed = g.emit(node, 'pad', [planes], {
      padding: [Math.max(0, first), 0, Math.max(0, last), 0],
      value,
    });
    whole[axis] = framed.shape[2];
    x = g.reshape(node, framed, whole);
  }
  return x;
}

function reduceMean(g: ImportGraph, node: NodeView): Run {
  const x = g.run(node, 0);
  const { shape } = x;
  const said = node.opset < 18 ? node.ints('axes') : wholes(node, g.optionalConstant(node, 1), 'axes');
  const keepDims = node.int('keepdims', 1) !== 0;
  if (!said?.length && node.int('noop_with_empty_axes', 0) !== 0) return x;
  const axes = said?.length
    ? said.map((axis) => wholeAxis(node, axis, shape.length))
    : shape.map((_, i) => i);
  if (shape.length === 4 && axes.length === 2 && axes.includes(2) && axes.includes(3)) {
    const y = g.emit(node, 'globalAvgPool', [x], {});
    return keepDims ? y : g.reshape(node, y, shape.slice(0, 2));
  }
  return g.emit(node, 'reduceMean', [x], { axes, keepDims });
}

function concat(g: ImportGraph, node: NodeView): Run {
  const xs = node.inputs.map((_, i) => g.run(node, i));
  const axis = wholeAxis(node, node.int('axis', 1), xs[0].shape.length);
  if (xs.length === 1) return xs[0];
  return g.emit(node, 'concat', xs, axis === 1 ? {} : { axis });
}

/** Codes as numbers in f32: what others than quantized operators see of them. */
export function plainCodes(g: ImportGraph, node: NodeView, x: Run): Run {
  if (!x.codes) return x;
  const { scale, zero } = x.codes;
  const rounded = g.emit(node, 'round', [withConstant(g, node, 'div', x, number(scale), false)], {});
  return {
    ...(zero === 0 ? rounded : withConstant(g, node, 'add', rounded, number(zero), false)),
    type: x.type,
  };
}

function oneGrid(
  g: ImportGraph,
  node: NodeView,
  place: number,
): { scale: Constant; zero: Constant | undefined } {
  return { scale: g.constant(node, place), zero: g.optionalConstant(node, place + 1) };
}

/** A constant that has an entry for each position of an axis, aligned with a value's last axes. */
function along(node: NodeView, c: Constant, x: Run, axis: number): Constant {
  if (c.data.length === 1) return { ...c, shape: [] };
  if (c.data.length !== x.shape[axis]) node.fail(`${c.data.length} entries for axis ${axis} of [${x.shape}]`);
  return { ...c, shape: [c.data.length, ...x.shape.slice(axis + 1).map(() => 1)] };
}

function quantize(g: ImportGraph, node: NodeView): Run {
  const x = floatsOnly(node, g.run(node, 0));
  const { scale, zero } = oneGrid(g, node, 1);
  const type: ElementType = zero?.type ?? 'uint8';
  if (scale.data.length === 1 && (type === 'int8' || type === 'uint8')) {
    const grid = { scale: scale.data[0], zero: zero?.data[0] ?? 0 };
    return { ...g.mark(node, x, grid, type), type, codes: grid };
  }
  const axis = wholeAxis(node, node.int('axis', 1), x.shape.length);
  const steps = g.emit(
    node,
    'round',
    [withConstant(g, node, 'div', x, along(node, scale, x, axis), false)],
    {},
  );
  const shifted = zero ? withConstant(g, node, 'add', steps, along(node, zero, x, axis), false) : steps;
  const [lo, hi] = codeRange(node, type);
  return { ...g.emit(node, 'clip', [shifted], { lo, hi }), type };
}

/** Real numbers of codes with one grid, or one for each position of `axis`. */
function real(
  g: ImportGraph,
  node: NodeView,
  x: Run,
  scale: Constant,
  zero: Constant | undefined,
  axis: number,
): Run {
  const single = scale.data.length === 1;
  const grid = { scale: scale.data[0], zero: zero?.data[0] ?? 0 };
  if (x.codes && single && x.codes.scale === grid.scale && x.codes.zero === grid.zero) {
    return { ...x, type: 'float', codes: undefined };
  }
  let y = plainCodes(g, node, x);
  if (zero?.data.some((v) => v !== 0)) y = withConstant(g, node, 'sub', y, along(node, zero, y, axis), false);
  y = { ...withConstant(g, node, 'mul', y, along(node, scale, y, axis), false), type: 'float' };
  return single && (x.type === 'int8' || x.type === 'uint8') ? g.mark(node, y, grid, x.type) : y;
}

function dequantize(g: ImportGraph, node: NodeView): Run {
  const x = g.run(node, 0);
  const { scale, zero } = oneGrid(g, node, 1);
  const axis = scale.data.length === 1 ? 0 : wholeAxis(node, node.int('axis', 1), x.shape.length);
  return real(g, node, x, scale, zero, axis);
}

/** Weights from codes, by the rules of DequantizeLinear. */
function weights(g: ImportGraph, node: NodeView, place: number, axis: number): Constant {
  const inputs = [place, place + 1, place + 2].map((at) => g.optionalConstant(node, at));
  return dequantized(node, inputs, axis);
}

/** The result of a quantized operator: marked, and known by its codes. */
function codesOf(g: ImportGraph, node: NodeView, y: Run, place: number): Run {
  const scale = scalar(node, g.constant(node, place));
  const point = g.constant(node, place + 1);
  const grid = { scale, zero: scalar(node, point) };
  return { ...g.mark(node, y, grid, point.type), type: point.type, codes: grid };
}

function qlinearConv(g: ImportGraph, node: NodeView): Run {
  const { scale, zero } = oneGrid(g, node, 1);
  const x = real(g, node, g.run(node, 0), scale, zero, 1);
  const w = weights(g, node, 3, 0);
  const steps = g.constant(node, 4).data;
  const b = g.optionalConstant(node, 8);
  const bias =
    b &&
    constant(
      'float',
      b.shape,
      b.data.map((v, c) => v * scale.data[0] * steps[steps.length === 1 ? 0 : c]),
    );
  return codesOf(g, node, conv(g, node, x, w, bias), 6);
}

function qlinearMatMul(g: ImportGraph, node: NodeView): Run {
  const left = oneGrid(g, node, 1);
  const a = real(g, node, g.run(node, 0), left.scale, left.zero, 1);
  const second = g.value(node, 3);
  const right = oneGrid(g, node, 4);
  const b =
    second.kind === 'run' ? real(g, node, second, right.scale, right.zero, 1) : weights(g, node, 3, 1);
  return codesOf(g, node, matMul(g, node, a, b), 6);
}

/** Codes less their zero point. */
function centred(g: ImportGraph, node: NodeView, x: Run, zero: Constant | undefined): Run {
  if (!zero || zero.data.every((v) => v === 0)) return { ...x, type: 'float' };
  return {
    ...withConstant(g, node, 'sub', x, zero.data.length === 1 ? { ...zero, shape: [] } : zero, false),
    type: 'float',
  };
}

function integerWeights(node: NodeView, w: Constant, zero: Constant | undefined, axis: number): Constant {
  return dequantized(node, [w, constant('float', [], [1]), zero], axis);
}

const handlers: Readonly<Record<string, Handler>> = {
  Conv: (g, node) =>
    conv(g, node, floatsOnly(node, g.run(node, 0)), g.constant(node, 1), g.optionalConstant(node, 2)),
  Gemm: gemm,
  MatMul(g, node) {
    const b = g.value(node, 1);
    return matMul(g, node, g.run(node, 0), b);
  },
  BatchNormalization: batchNorm,
  Relu: unary('relu'),
  Sigmoid: unary('sigmoid'),
  Tanh: unary('tanh'),
  // Not of the CNN set: the exporter writes it for codes that are seen as numbers.
  Round: unary('round'),
  HardSwish: unary('hardSwish'),
  LeakyRelu: (g, node) => g.emit(node, 'leakyRelu', [g.run(node, 0)], { slope: node.float('alpha', 0.01) }),
  HardSigmoid: (g, node) =>
    g.emit(node, 'hardSigmoid', [g.run(node, 0)], {
      alpha: node.float('alpha', 0.2),
      beta: node.float('beta', 0.5),
    }),
  Clip: clip,
  Softmax: softmax,
  MaxPool: (g, node) => pool(g, node, g.run(node, 0)),
  AveragePool: (g, node) => pool(g, node, g.run(node, 0)),
  GlobalAveragePool: (g, node) => globalAvgPool(g, node, g.run(node, 0)),
  Add: arithmetic('add'),
  Sub: arithmetic('sub'),
  Mul: arithmetic('mul'),
  Div: arithmetic('div'),
  Concat: concat,
  Pad: pad,
  Flatten: (g, node) => g.reshape(node, g.run(node, 0), flattened(node, g.run(node, 0).shape)),
  Reshape(g, node) {
    const x = g.run(node, 0);
    const wanted = [...(node.opset < 5 ? (node.ints('shape') ?? []) : g.constant(node, 1).data)];
    // A model that was written down for one batch size says it in its constants, too.
    if (g.dynamic && x.shape[0] === BATCH && wanted[0] === g.inputs[0].whole[0]) wanted[0] = BATCH;
    return g.reshape(node, x, reshaped(node, x.shape, wanted));
  },
  Transpose: (g, node) =>
    g.emit(node, 'transpose', [g.run(node, 0)], { perm: permutation(node, g.run(node, 0).shape) }),
  Squeeze(g, node) {
    const x = g.run(node, 0);
    return g.reshape(node, x, squeezed(node, x.shape, wholes(node, g.optionalConstant(node, 1), 'axes')));
  },
  Unsqueeze(g, node) {
    const x = g.run(node, 0);
    return g.reshape(
      node,
      x,
      unsqueezed(node, x.shape, wholes(node, g.optionalConstant(node, 1), 'axes') ?? []),
    );
  },
  Slice(g, node) {
    let x = g.run(node, 0);
    const [starts, ends, axes, steps] = ['starts', 'ends', 'axes', 'steps'].map((name, i) =>
      wholes(node, g.optionalConstant(node, i + 1), name),
    );
    if (!starts || !ends) return node.fail('starts or ends are missing');
    for (const cut of cuts(node, x.shape, starts, ends, axes, steps)) {
      if (cut.count === x.shape[cut.axis] && cut.step === 1) continue;
      if (cut.count === 0) {
        const shape = x.shape.map((extent, axis) => (axis === cut.axis ? 0 : extent));
        return { kind: 'constant', ...constant(x.type, shape, []) };
      }
      x = g.emit(node, 'slice', [x], cut);
    }
    return x;
  },
  Gather: gather,
  Shape(g, node) {
    const { shape } = g.value(node, 0);
    const rank = shape.length;
    const at = (place: number): number => Math.min(rank, Math.max(0, place < 0 ? place + rank : place));
    const part = shape.slice(
      at(node.int('start', 0)),
      Math.max(at(node.int('start', 0)), at(node.int('end', rank))),
    );
    return { kind: 'constant', ...constant('int64', [part.length], part) };
  },
  Cast(g, node) {
    const x = g.run(node, 0);
    const to = elementType(node.int('to', 0), `node '${node.name}'`);
    if (!isFloat(to) && to !== x.type) return node.fail(`a cast from ${x.type} to ${to} at run time`);
    return { ...x, type: to };
  },
  Identity: (g, node) => g.run(node, 0),
  Dropout(g, node) {
    const training = node.opset >= 12 ? g.optionalConstant(node, 2) : undefined;
    const ratio = node.opset >= 12 ? g.optionalConstant(node, 1) : undefined;
    if (training?.data[0] && (ratio?.data[0] ?? 0.5) !== 0) return node.fail('dropout in training mode');
    return g.run(node, 0);
  },
  ReduceMean: reduceMean,
  QuantizeLinear: quantize,
  DequantizeLinear: dequantize,
  QLinearConv: qlinearConv,
  QLinearMatMul: qlinearMatMul,
  ConvInteger(g, node) {
    const x = centred(g, node, g.run(node, 0), g.optionalConstant(node, 2));
    const w = integerWeights(node, g.constant(node, 1), g.optionalConstant(node, 3), 0);
    return { ...conv(g, node, x, w, undefined), type: 'int32' };
  },
  MatMulInteger(g, node) {
    const a = centred(g, node, g.run(node, 0), g.optionalConstant(node, 2));
    const b = g.value(node, 1);
    const zero = g.optionalConstant(node, 3);
    const right = b.kind === 'run' ? centred(g, node, b, zero) : integerWeights(node, b, zero, 1);
    return { ...matMul(g, node, a, right), type: 'int32' };
  },
};

/** @throws OnnxError, GraphError; BatchMoved if the node needs a batch of a known size */
export function handle(g: ImportGraph, node: NodeView): Value {
  if (!Object.hasOwn(handlers, node.op)) return node.fail('the operator is not supported');
  return handlers[node.op](g, node);
}
