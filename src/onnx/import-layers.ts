/** Layers and windows: Conv, Gemm, MatMul, BatchNormalization and pooling. One or three spatial axes become two. */
import { type Shape, sameShape, sizeOf } from '../core/shape.ts';
import type { Padding, Pair, Param } from '../graph/graph.ts';
import { windowExtent } from '../graph/schema.ts';
import type { ImportGraph, Run } from './import-graph.ts';
import type { NodeView } from './node.ts';
import { autoPad } from './shapes.ts';
import { type Constant, constant } from './tensor.ts';

/** A window along each spatial axis. */
interface Geometry {
  kernel: readonly number[];
  stride: readonly number[];
  before: readonly number[];
  after: readonly number[];
  dilation: readonly number[];
}

function geometry(node: NodeView, spatial: Shape, kernel: readonly number[]): Geometry {
  const rank = spatial.length;
  const ones = spatial.map(() => 1);
  const stride = node.ints('strides') ?? ones;
  const dilation = node.ints('dilations') ?? ones;
  const mode = node.text('auto_pad', 'NOTSET');
  const pads = node.ints('pads') ?? [...ones, ...ones].map(() => 0);
  if (
    kernel.length !== rank ||
    stride.length !== rank ||
    dilation.length !== rank ||
    pads.length !== 2 * rank
  ) {
    node.fail(`kernel, strides, dilations and pads must fit ${rank} spatial axes`);
  }
  if ([...kernel, ...stride, ...dilation].some((v) => !(v >= 1)))
    node.fail('a kernel, stride or dilation is below 1');
  if (pads.some((v) => v < 0)) node.fail('a pad is below 0');
  let before = pads.slice(0, rank);
  let after = pads.slice(rank);
  if (mode === 'VALID') before = after = ones.map(() => 0);
  else if (mode !== 'NOTSET') {
    if (!mode.startsWith('SAME_')) node.fail(`auto_pad '${mode}' is not known`);
    const auto = spatial.map((extent, i) => autoPad(mode, extent, kernel[i], stride[i], dilation[i]));
    before = auto.map(([first]) => first);
    after = auto.map(([, last]) => last);
  }
  return { kernel, stride, before, after, dilation };
}

const pair = (list: readonly number[]): Pair => [list[0], list[1]];
const padding = (g: Geometry): Padding => [g.before[0], g.before[1], g.after[0], g.after[1]];

/** A geometry of one axis as two, the first of one position. */
function widened(g: Geometry): Geometry {
  return {
    kernel: [1, ...g.kernel],
    stride: [1, ...g.stride],
    before: [0, ...g.before],
    after: [0, ...g.after],
    dilation: [1, ...g.dilation],
  };
}

/** Steps of a weight's codes for each row of `rows`, if they are along that axis or one for all. */
function stepsOf(source: Constant, axis: number, rows: number): Param['quant'] {
  const { steps } = source;
  if (!steps || (steps.scale.length > 1 && steps.axis !== axis)) return undefined;
  const scale = Float32Array.from({ length: rows }, (_, c) => steps.scale[steps.scale.length > 1 ? c : 0]);
  return { scale };
}

export function conv(g: ImportGraph, node: NodeView, x: Run, w: Constant, b: Constant | undefined): Run {
  const rank = x.shape.length;
  if (rank < 3 || rank > 5 || w.shape.length !== rank) {
    return node.fail(`an input of [${x.shape}] and weights of [${w.shape}]`);
  }
  const spatial = x.shape.slice(2);
  const kernel = w.shape.slice(2);
  const said = node.ints('kernel_shape');
  if (said && !sameShape(said, kernel)) node.fail(`kernel_shape [${said}], weights of [${w.shape}]`);
  const groups = node.int('group', 1);
  const geo = geometry(node, spatial, kernel);
  const bias =
    b &&
    g.param(b, 'bias', () => ({ shape: [w.shape[0]], values: Float32Array.from(b.data), trainable: true }));
  if (b && b.data.length !== w.shape[0]) node.fail(`a bias of [${b.shape}] for ${w.shape[0]} channels`);
  if (rank === 5) return conv3d(g, node, x, w, b, geo, groups);
  const shape = rank === 3 ? [w.shape[0], w.shape[1], 1, w.shape[2]] : w.shape;
  const weight = g.param(w, 'conv', () => {
    const quant = stepsOf(w, 0, w.shape[0]);
    return { shape, values: Float32Array.from(w.data), trainable: true, ...(quant && { quant }) };
  });
  const flat = rank === 3 ? widened(geo) : geo;
  const wide = rank === 3 ? g.reshape(node, x, [x.shape[0], x.shape[1], 1, x.shape[2]]) : x;
  const attrs = { stride: pair(flat.stride), padding: padding(flat), dilation: pair(flat.dilation), groups };
  const y = g.emit(node, 'conv2d', [wide], attrs, bias ? { weight, bias } : { weight });
  return rank === 3 ? g.reshape(node, y, [y.shape[0], y.shape[1], y.shape[3]]) : y;
}

/**
 * Three spatial axes: depth lies among the channels, and the weights become a band that is zero where a depth of the output
 * does not read one of the input.
 */
function conv3d(
  g: ImportGraph,
  node: NodeView,
  x: Run,
  w: Constant,
  b: Constant | undefined,
  geo: Geometry,
  groups: number,
): Run {
  const [n, ci, depth, h, width] = x.shape;
  const [co, cig, kd, kh, kw] = w.shape;
  const deep = windowExtent(depth, kd, geo.stride[0], geo.before[0], geo.after[0], geo.dilation[0]);
  if (deep < 1 || co % groups !== 0 || co * deep * cig * depth * kh * kw > 1 << 26) {
    return node.fail(`a window of [${w.shape}] over [${x.shape}]`);
  }
  const plane = kh * kw;
  const values = new Float32Array(co * deep * cig * depth * plane);
  for (let o = 0; o < co; o++) {
    for (let d = 0; d < deep; d++) {
      for (let c = 0; c < cig; c++) {
        for (let k = 0; k < kd; k++) {
          const at = d * geo.stride[0] - geo.before[0] + k * geo.dilation[0];
          if (at < 0 || at >= depth) continue;
          const from = ((o * cig + c) * kd + k) * plane;
          values.set(w.data.subarray(from, from + plane), (((o * deep + d) * cig + c) * depth + at) * plane);
        }
      }
    }
  }
  const params: Record<string, string> = {
    weight: g.ownParam([co * deep, cig * depth, kh, kw], values, true),
  };
  if (b) {
    const each = Float32Array.from({ length: co * deep }, (_, i) => b.data[Math.floor(i / deep)]);
    params.bias = g.ownParam([co * deep], each, true);
  }
  const flat = g.reshape(node, x, [n, ci * depth, h, width]);
  const attrs = {
    stride: pair(geo.stride.slice(1)),
    padding: [geo.before[1], geo.before[2], geo.after[1], geo.after[2]] as Padding,
    dilation: pair(geo.dilation.slice(1)),
    groups,
  };
  const y = g.emit(node, 'conv2d', [flat], attrs, params);
  return g.reshape(node, y, [n, co, deep, y.shape[2], y.shape[3]]);
}

/** y = x W, W [k][n]: a linear layer, whose weights are [n][k]. */
export function product(
  g: ImportGraph,
  node: NodeView,
  x: Run,
  w: Constant,
  turned: boolean,
  factor = 1,
  bias?: string,
): Run {
  const [k, n] = turned ? [w.shape[1], w.shape[0]] : w.shape;
  const weight = g.param(w, `linear ${turned} ${factor}`, () => {
    const values = new Float32Array(n * k);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < k; j++) values[i * k + j] = w.data[turned ? i * k + j : j * n + i] * factor;
    }
    const quant = factor === 1 ? stepsOf(w, turned ? 0 : 1, n) : undefined;
    return { shape: [n, k], values, trainable: true, ...(quant && { quant }) };
  });
  return g.emit(node, 'linear', [x], {}, bias ? { weight, bias } : { weight });
}

export function matMul(g: ImportGraph, node: NodeView, a: Run, b: Run | Constant): Run {
  if ('kind' in b && b.kind === 'run') {
    return g.emit(node, 'matmul', [a, b], {});
  }
  const w = b as Constant;
  if (w.shape.length !== 2 || a.shape.length < 2) {
    return node.fail(`a product of [${a.shape}] and a constant [${w.shape}]`);
  }
  return product(g, node, a, w, false);
}

export function gemm(g: ImportGraph, node: NodeView): Run {
  const alpha = node.float('alpha', 1);
  const beta = node.float('beta', 1);
  let a = g.run(node, 0);
  if (node.int('transA', 0) !== 0) a = g.emit(node, 'transpose', [a], { perm: [1, 0] });
  const w = g.constant(node, 1);
  if (a.shape.length !== 2 || w.shape.length !== 2) node.fail(`a product of [${a.shape}] and [${w.shape}]`);
  const turned = node.int('transB', 0) !== 0;
  const n = turned ? w.shape[0] : w.shape[1];
  const third = g.optional(node, 2);
  if (third?.kind === 'run' && !g.canBind(third)) {
    const y = product(g, node, a, w, turned, alpha);
    const scale = g.ownParam([], Float32Array.of(beta), false);
    const addend = beta === 1 ? third : g.emit(node, 'binary', [third], { kind: 'mul' }, { value: scale });
    return g.emit(node, 'binary', [y, addend], { kind: 'add' });
  }
  const c = g.optionalConstant(node, 2);
  const scaled = c && Float32Array.from(c.data, (v) => v * beta);
  const row = c && (c.data.length === 1 || (c.data.length === n && c.shape[c.shape.length - 1] === n));
  const bias =
    c && scaled && row
      ? g.ownParam([n], scaled.length === 1 ? new Float32Array(n).fill(scaled[0]) : scaled, true)
      : undefined;
  const y = product(g, node, a, w, turned, alpha, bias);
  if (!c || !scaled || row) return y;
  return g.emit(node, 'binary', [y], { kind: 'add' }, { value: g.ownParam(c.shape, scaled, true) });
}

export function batchNorm(g: ImportGraph, node: NodeView): Run {
  if (node.int('training_mode', 0) !== 0 || node.int('spatial', 1) === 0) {
    return node.fail('only inference, with one mean a channel');
  }
  const x = g.run(node, 0);
  const roles = ['gamma', 'beta', 'mean', 'variance'];
  const params = Object.fromEntries(
    roles.map((role, i) => {
      const source = g.constant(node, i + 1);
      const make = () => ({
        shape: [source.data.length],
        values: Float32Array.from(source.data),
        trainable: i < 2,
      });
      return [role, g.param(source, role, make)];
    }),
  );
  const eps = node.float('epsilon', 1e-5);
  const attrs = { eps, momentum: Number((1 - node.float('momentum', 0.9)).toPrecision(6)) };
  const { shape } = x;
  if (shape.length === 2 || shape.length === 4) return g.emit(node, 'batchNorm', [x], attrs, params);
  const flat = g.reshape(node, x, [shape[0], shape[1], 1, sizeOf(shape.slice(2))]);
  return g.reshape(node, g.emit(node, 'batchNorm', [flat], attrs, params), shape);
}

export function pool(g: ImportGraph, node: NodeView, x: Run): Run {
  const kernel = node.ints('kernel_shape') ?? node.fail('kernel_shape is missing');
  const spatial = x.shape.slice(2);
  const geo = geometry(node, spatial, kernel);
  const ceil = node.int('ceil_mode', 0) !== 0;
  /** Positions after the last axis that only whole windows need: they do not count. */
  const extra = spatial.map((extent, i) => {
    if (!ceil) return 0;
    const reach = geo.dilation[i] * (geo.kernel[i] - 1) + 1;
    const room = extent + geo.before[i] + geo.after[i] - reach;
    let windows = Math.ceil(room / geo.stride[i]) + 1;
    // A window that begins behind the input and its padding before is none.
    if ((windows - 1) * geo.stride[i] >= extent + geo.before[i]) windows -= 1;
    return Math.max(0, (windows - 1) * geo.stride[i] - room);
  });
  const { shape } = x;
  if (spatial.length === 1) {
    const y = pool2d(g, node, g.reshape(node, x, [shape[0], shape[1], 1, shape[2]]), widened(geo), [
      0,
      ...extra,
    ]);
    return g.reshape(node, y, [y.shape[0], y.shape[1], y.shape[3]]);
  }
  if (spatial.length === 2) return pool2d(g, node, x, geo, extra);
  if (spatial.length !== 3) return node.fail(`an input of [${shape}]`);
  // Both the maximum and the mean over a box are those over its depths of those over its planes.
  const part = (from: number, to: number): Geometry => ({
    kernel: geo.kernel.slice(from, to),
    stride: geo.stride.slice(from, to),
    before: geo.before.slice(from, to),
    after: geo.after.slice(from, to),
    dilation: geo.dilation.slice(from, to),
  });
  const [n, c, depth, h, w] = shape;
  const planes = pool2d(g, node, g.reshape(node, x, [n, c * depth, h, w]), part(1, 3), extra.slice(1));
  const [, , ho, wo] = planes.shape;
  const one = part(0, 1);
  const column: Geometry = {
    kernel: [...one.kernel, 1],
    stride: [...one.stride, 1],
    before: [...one.before, 0],
    after: [...one.after, 0],
    dilation: [...one.dilation, 1],
  };
  const deep = pool2d(g, node, g.reshape(node, planes, [n, c, depth, ho * wo]), column, [extra[0], 0]);
  return g.reshape(node, deep, [n, c, deep.shape[2], ho, wo]);
}

function pool2d(g: ImportGraph, node: NodeView, x: Run, geo: Geometry, extra: readonly number[]): Run {
  const kernel = pair(geo.kernel);
  const stride = pair(geo.stride);
  const wider: Geometry = { ...geo, after: geo.after.map((v, i) => v + extra[i]) };
  if (node.op === 'MaxPool') {
    const dilated = geo.dilation.some((d) => d !== 1);
    const attrs = {
      kernel,
      stride,
      padding: padding(wider),
      ...(dilated && { dilation: pair(geo.dilation) }),
    };
    return g.emit(node, 'maxPool', [x], attrs);
  }
  if (geo.dilation.some((d) => d !== 1)) return node.fail('dilations of an average');
  const countIncludePad = node.int('count_include_pad', 0) !== 0;
  if (!countIncludePad || extra.every((v) => v === 0)) {
    return g.emit(node, 'avgPool', [x], { kernel, stride, padding: padding(wider), countIncludePad });
  }
  // The padding of the model counts, what only whole windows need does not.
  const framed = g.emit(node, 'pad', [x], { padding: padding(geo), value: 0 });
  const rest: Padding = [0, 0, extra[0], extra[1]];
  return g.emit(node, 'avgPool', [framed], { kernel, stride, padding: rest, countIncludePad: false });
}

/** Where in all of a known input each window of two axes has its first maximum: the second output of MaxPool. */
export function maxIndices(node: NodeView, x: Constant): Constant {
  const [n, c, h, w] = x.shape;
  if (x.shape.length !== 4) return node.fail('indices of other than two spatial axes');
  const kernel = node.ints('kernel_shape') ?? node.fail('kernel_shape is missing');
  const { stride, before, after, dilation } = geometry(node, [h, w], kernel);
  if (node.int('ceil_mode', 0) !== 0) node.fail('indices with ceil_mode');
  const ho = windowExtent(h, kernel[0], stride[0], before[0], after[0], dilation[0]);
  const wo = windowExtent(w, kernel[1], stride[1], before[1], after[1], dilation[1]);
  const byColumns = node.int('storage_order', 0) !== 0;
  const found: number[] = [];
  for (let plane = 0; plane < n * c; plane++) {
    for (let i = 0; i < ho; i++) {
      for (let j = 0; j < wo; j++) {
        let most = -Infinity;
        let at = 0;
        for (let a = 0; a < kernel[0]; a++) {
          for (let b = 0; b < kernel[1]; b++) {
            const row = i * stride[0] - before[0] + a * dilation[0];
            const column = j * stride[1] - before[1] + b * dilation[1];
            if (row < 0 || row >= h || column < 0 || column >= w) continue;
            const value = x.data[(plane * h + row) * w + column];
            if (value <= most) continue;
            most = value;
            at = plane * h * w + (byColumns ? column * h + row : row * w + column);
          }
        }
        found.push(at);
      }
    }
  }
  return constant('int64', [n, c, ho, wo], found);
}

export function globalAvgPool(g: ImportGraph, node: NodeView, x: Run): Run {
  const { shape } = x;
  if (shape.length < 3) return node.fail(`an input of [${shape}]`);
  if (shape.length === 4) return g.emit(node, 'globalAvgPool', [x], {});
  const y = g.emit(
    node,
    'globalAvgPool',
    [g.reshape(node, x, [shape[0], shape[1], 1, sizeOf(shape.slice(2))])],
    {},
  );
  return g.reshape(node, y, [shape[0], shape[1], ...shape.slice(2).map(() => 1)]);
}
