/**
 * A graph computed the most obvious way, node by node in f64, with optional fake quantization of each listed value: what
 * a plan must agree with. Shares no code with plans and backends.
 */
import type { Shape } from '../../src/core/shape.ts';
import { sizeOf } from '../../src/core/shape.ts';
import type { Graph, Node } from '../../src/graph/graph.ts';
import { inferShapes } from '../../src/graph/infer.ts';
import { computeView } from './interpret-views.ts';

type Values = Float64Array;

/** Every value of the graph by name; inputs are given with their batch. */
export function interpret(
  graph: Graph,
  inputs: Record<string, Float32Array>,
  batch: number,
): Map<string, Values> {
  const shapes = inferShapes(graph, batch);
  const values = new Map<string, Values>();
  const put = (name: string, v: Values): void => {
    const q = graph.activations?.get(name);
    values.set(name, q ? v.map((x) => (nearest(x / q.scale, q.zeroPoint) - q.zeroPoint) * q.scale) : v);
  };
  for (const [name, x] of Object.entries(inputs)) put(name, Float64Array.from(x));
  for (const node of graph.nodes) {
    const xs = node.inputs.map((name) => values.get(name) as Values);
    const xShapes = node.inputs.map((name) => shapes.get(name) as Shape);
    put(node.name, compute(graph, node, xs, xShapes, shapes.get(node.name) as Shape));
  }
  return values;
}

function nearest(x: number, zero: number, least = -128, most = 127): number {
  const floor = Math.floor(x);
  const up = x - floor > 0.5 || (x - floor === 0.5 && floor % 2 !== 0);
  return Math.min(most, Math.max(least, floor + (up ? 1 : 0) + zero));
}

function weights(graph: Graph, node: Node, role: string): Values | undefined {
  const param = graph.params.get(node.params[role] ?? '');
  if (!param) return undefined;
  const { quant } = param;
  if (!quant) return Float64Array.from(param.values);
  const inner = param.values.length / quant.scale.length;
  return Float64Array.from(param.values, (v, i) => {
    const s = quant.scale[Math.floor(i / inner)];
    return Math.max(-127, nearest(v / s, 0)) * s;
  });
}

function activate(node: Node, v: number): number {
  const kind = 'activation' in node.attrs ? node.attrs.activation : undefined;
  if (!kind) return v;
  return kind === 'relu' ? Math.max(0, v) : Math.min(6, Math.max(0, v));
}

function compute(graph: Graph, node: Node, xs: Values[], xShapes: Shape[], yShape: Shape): Values {
  const [x] = xs;
  const [xs0] = xShapes;
  const y = new Float64Array(sizeOf(yShape));
  const each = (f: (v: number) => number): Values => x.map(f);
  switch (node.op) {
    case 'relu':
      return each((v) => Math.max(0, v));
    case 'relu6':
      return each((v) => Math.min(6, Math.max(0, v)));
    case 'leakyRelu': {
      const { slope } = node.attrs;
      return each((v) => (v > 0 ? v : slope * v));
    }
    case 'sigmoid':
      return each((v) => 1 / (1 + Math.exp(-v)));
    case 'tanh':
      return each(Math.tanh);
    case 'hardSwish':
      return each((v) => (v * Math.min(6, Math.max(0, v + 3))) / 6);
    case 'add':
      return x.map((v, i) => activate(node, v + xs[1][i]));
    case 'mul':
      return x.map((v, i) => v * xs[1][i]);
    case 'flatten':
    case 'reshape':
      return x;
    case 'clip':
      return each((v) => Math.max(node.attrs.lo ?? -Infinity, Math.min(node.attrs.hi ?? Infinity, v)));
    case 'hardSigmoid':
      return each((v) => Math.max(0, Math.min(1, node.attrs.alpha * v + node.attrs.beta)));
    case 'round':
      return each((v) => nearest(v, 0, -Infinity, Infinity));
    case 'binary':
    case 'matmul':
    case 'transpose':
    case 'slice':
    case 'gather':
    case 'reduceMean': {
      const value = weights(graph, node, 'value');
      const valueShape = graph.params.get(node.params.value ?? '')?.shape;
      return computeView(node, value ? [x, value] : xs, valueShape ? [xs0, valueShape] : xShapes, yShape);
    }
    case 'batchNorm': {
      const [g, b, m, s] = ['gamma', 'beta', 'mean', 'variance'].map(
        (r) => weights(graph, node, r) as Values,
      );
      const p = sizeOf(xs0.slice(2));
      return x.map((v, i) => {
        const c = Math.floor(i / p) % xs0[1];
        return ((v - m[c]) / Math.sqrt(s[c] + node.attrs.eps)) * g[c] + b[c];
      });
    }
    case 'linear': {
      const w = weights(graph, node, 'weight') as Values;
      const bias = weights(graph, node, 'bias');
      const k = xs0[xs0.length - 1];
      const n = x.length / k;
      const o = yShape[yShape.length - 1];
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < o; j++) {
          let sum = bias?.[j] ?? 0;
          for (let l = 0; l < k; l++) sum += x[i * k + l] * w[j * k + l];
          y[i * o + j] = activate(node, sum);
        }
      }
      return y;
    }
    case 'softmax': {
      const k = xs0[xs0.length - 1];
      const n = x.length / k;
      for (let i = 0; i < n; i++) {
        const row = x.slice(i * k, (i + 1) * k);
        const most = row.reduce((a, b) => Math.max(a, b));
        const total = row.reduce((sum, v) => sum + Math.exp(v - most), 0);
        row.forEach((v, j) => {
          y[i * k + j] = Math.exp(v - most) / total;
        });
      }
      return y;
    }
    case 'concat': {
      const n = sizeOf(yShape.slice(0, node.attrs.axis ?? 1));
      let at = 0;
      for (let i = 0; i < n; i++) {
        for (const part of xs) {
          const run = part.length / n;
          y.set(part.subarray(i * run, (i + 1) * run), at);
          at += run;
        }
      }
      return y;
    }
    case 'globalAvgPool': {
      const p = xs0[2] * xs0[3];
      return y.map((_, i) => x.subarray(i * p, (i + 1) * p).reduce((a, b) => a + b) / p);
    }
    case 'pad': {
      const [top, left] = node.attrs.padding;
      return each4(yShape, (n, c, i, j) => at4(x, xs0, n, c, i - top, j - left) ?? node.attrs.value);
    }
    case 'maxPool':
    case 'avgPool':
      return pool(node, x, xs0, yShape);
    case 'conv2d': {
      const { stride, padding, dilation, groups } = node.attrs;
      const w = weights(graph, node, 'weight') as Values;
      const bias = weights(graph, node, 'bias');
      const [co, cig, kh, kw] = (graph.params.get(node.params.weight) as { shape: Shape }).shape;
      return each4(yShape, (n, o, i, j) => {
        const group = Math.floor(o / (co / groups));
        let sum = bias?.[o] ?? 0;
        for (let c = 0; c < cig; c++) {
          for (let a = 0; a < kh; a++) {
            for (let b = 0; b < kw; b++) {
              const row = i * stride[0] - padding[0] + a * dilation[0];
              const column = j * stride[1] - padding[1] + b * dilation[1];
              const v = at4(x, xs0, n, group * cig + c, row, column) ?? 0;
              sum += v * w[((o * cig + c) * kh + a) * kw + b];
            }
          }
        }
        return activate(node, sum);
      });
    }
  }
}

function pool(
  node: Extract<Node, { op: 'maxPool' | 'avgPool' }>,
  x: Values,
  xShape: Shape,
  yShape: Shape,
): Values {
  const { kernel, stride, padding } = node.attrs;
  const [down, across] = (node.op === 'maxPool' && node.attrs.dilation) || [1, 1];
  return each4(yShape, (n, c, i, j) => {
    let most = Number.NEGATIVE_INFINITY;
    let sum = 0;
    let inside = 0;
    let padded = 0;
    for (let a = 0; a < kernel[0]; a++) {
      for (let b = 0; b < kernel[1]; b++) {
        const row = i * stride[0] - padding[0] + a * down;
        const column = j * stride[1] - padding[1] + b * across;
        if (row < xShape[2] + padding[2] && column < xShape[3] + padding[3]) padded += 1;
        const v = at4(x, xShape, n, c, row, column);
        if (v === undefined) continue;
        most = Math.max(most, v);
        sum += v;
        inside += 1;
      }
    }
    if (node.op === 'maxPool') return most;
    return sum / (node.attrs.countIncludePad ? padded : inside);
  });
}

function each4(shape: Shape, f: (n: number, c: number, i: number, j: number) => number): Values {
  const [ns, cs, hs, ws] = shape;
  const y = new Float64Array(sizeOf(shape));
  let at = 0;
  for (let n = 0; n < ns; n++)
    for (let c = 0; c < cs; c++)
      for (let i = 0; i < hs; i++) for (let j = 0; j < ws; j++) y[at++] = f(n, c, i, j);
  return y;
}

/** undefined outside the plane. */
function at4(x: Values, shape: Shape, n: number, c: number, i: number, j: number): number | undefined {
  const [, cs, h, w] = shape;
  return i < 0 || j < 0 || i >= h || j >= w ? undefined : x[((n * cs + c) * h + i) * w + j];
}
