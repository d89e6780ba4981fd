/** Small graphs written by hand that between them have every op, for tests of whatever walks graphs. */

import { Rng } from '../../src/core/rng.ts';
import type { Shape } from '../../src/core/shape.ts';
import { sizeOf } from '../../src/core/shape.ts';
import type {
  Attributes,
  Graph,
  InputSpec,
  Node,
  OpName,
  Padding,
  Pair,
  Param,
} from '../../src/graph/graph.ts';

/** Collects nodes and parameters; every parameter gets seeded values. */
export class Sketch {
  readonly nodes: Node[] = [];
  readonly params = new Map<string, Param>();
  private readonly rng: Rng;

  constructor(seed = 7) {
    this.rng = new Rng(seed);
  }

  param(
    name: string,
    shape: Shape,
    options: { low?: number; high?: number; trainable?: boolean } = {},
  ): string {
    const { low = -0.5, high = 0.5, trainable = true } = options;
    const rng = this.rng.fork(name);
    const values = Float32Array.from({ length: sizeOf(shape) }, () => low + (high - low) * rng.uniform());
    this.params.set(name, { name, shape, values, trainable });
    return name;
  }

  node<K extends OpName>(
    op: K,
    name: string,
    inputs: readonly string[],
    attrs: Attributes[K],
    params: Record<string, string> = {},
  ): string {
    this.nodes.push({ op, name, inputs, attrs, params } as unknown as Node);
    return name;
  }

  conv(
    name: string,
    input: string,
    weight: Shape,
    attrs: Partial<Attributes['conv2d']> = {},
    bias = true,
  ): string {
    const params: Record<string, string> = { weight: this.param(`${name}.weight`, weight) };
    if (bias) params.bias = this.param(`${name}.bias`, [weight[0]]);
    const defaults = { stride: [1, 1] as Pair, padding: [0, 0, 0, 0] as Padding, dilation: [1, 1] as Pair };
    return this.node('conv2d', name, [input], { ...defaults, groups: 1, ...attrs }, params);
  }

  linear(name: string, input: string, out: number, features: number): string {
    const weight = this.param(`${name}.weight`, [out, features]);
    const bias = this.param(`${name}.bias`, [out]);
    return this.node('linear', name, [input], {}, { weight, bias });
  }

  batchNorm(name: string, input: string, channels: number): string {
    const params = {
      gamma: this.param(`${name}.gamma`, [channels], { low: -1.5, high: 1.5 }),
      beta: this.param(`${name}.beta`, [channels]),
      mean: this.param(`${name}.mean`, [channels], { trainable: false }),
      variance: this.param(`${name}.variance`, [channels], { low: 0.2, high: 2, trainable: false }),
    };
    return this.node('batchNorm', name, [input], { eps: 1e-5, momentum: 0.1 }, params);
  }

  graph(name: string, inputs: readonly InputSpec[], outputs: readonly string[]): Graph {
    return { name, inputs, nodes: this.nodes, outputs, params: this.params, meta: {} };
  }
}

/** conv, batch norm, relu, max pool, flatten, linear, relu, linear: the LeNet pattern in small. Input 1x11x13. */
export function smallNet(): Graph {
  const s = new Sketch(11);
  s.conv('c1', 'x', [5, 1, 3, 3], { padding: [1, 1, 1, 1] }, false);
  s.batchNorm('bn1', 'c1', 5);
  s.node('relu', 'r1', ['bn1'], {});
  s.node('maxPool', 'p1', ['r1'], { kernel: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] });
  s.conv('c2', 'p1', [7, 5, 3, 3], { stride: [2, 1], padding: [1, 0, 0, 1] });
  s.node('relu6', 'r2', ['c2'], {});
  s.node('flatten', 'f', ['r2'], {});
  s.linear('fc1', 'f', 17, 7 * 2 * 5);
  s.node('relu', 'r3', ['fc1'], {});
  s.linear('fc2', 'r3', 10, 17);
  return s.graph('small', [{ name: 'x', shape: [1, 11, 13] }], ['fc2']);
}

/** A residual block with add and relu, a second branch joined by concat, depthwise and grouped convolutions. Input 3x9x9. */
export function branchedNet(): Graph {
  const s = new Sketch(13);
  s.conv('stem', 'x', [6, 3, 3, 3], { padding: [1, 1, 1, 1] });
  s.batchNorm('stemBn', 'stem', 6);
  s.node('relu', 'stemRelu', ['stemBn'], {});
  s.conv('dw', 'stemRelu', [6, 1, 3, 3], { padding: [1, 1, 1, 1], groups: 6 }, false);
  s.batchNorm('dwBn', 'dw', 6);
  s.node('hardSwish', 'dwAct', ['dwBn'], {});
  s.conv('pw', 'dwAct', [6, 6, 1, 1]);
  s.node('add', 'sum', ['pw', 'stemRelu'], {});
  s.node('relu', 'sumRelu', ['sum'], {});
  s.conv('side', 'sumRelu', [4, 3, 3, 3], { padding: [2, 2, 2, 2], dilation: [2, 2], groups: 2 });
  s.node('leakyRelu', 'sideAct', ['side'], { slope: 0.125 });
  s.node('concat', 'cat', ['sumRelu', 'sideAct', 'stemRelu'], {});
  s.node('avgPool', 'pool', ['cat'], {
    kernel: [3, 3],
    stride: [2, 2],
    padding: [1, 1, 1, 1],
    countIncludePad: false,
  });
  s.node('globalAvgPool', 'gap', ['pool'], {});
  s.node('flatten', 'flat', ['gap'], {});
  s.linear('fc', 'flat', 5, 16);
  s.node('softmax', 'probabilities', ['fc'], {});
  return s.graph('branched', [{ name: 'x', shape: [3, 9, 9] }], ['fc', 'probabilities']);
}

/** The ops the two others lack: pad, mul, sigmoid, tanh, batch norm with nothing to fold into, two inputs. */
export function oddNet(): Graph {
  const s = new Sketch(17);
  s.batchNorm('bn', 'a', 2);
  s.node('pad', 'padded', ['bn'], { padding: [1, 2, 0, 1], value: 0 });
  s.conv('c', 'padded', [3, 2, 2, 3]);
  s.node('tanh', 't', ['c'], {});
  s.node('pad', 'framed', ['t'], { padding: [1, 1, 1, 1], value: 0.25 });
  s.node('sigmoid', 'gate', ['b'], {});
  s.node('mul', 'gated', ['framed', 'gate'], {});
  s.node('add', 'twice', ['gated', 'gated'], {});
  s.node('relu6', 'top', ['twice'], {});
  s.node('avgPool', 'mean', ['top'], {
    kernel: [2, 2],
    stride: [2, 2],
    padding: [1, 0, 0, 1],
    countIncludePad: true,
  });
  // Padded a is 2 x (5+1) x (4+3); after the convolution 3 x 5 x 5; framed 3 x 7 x 7.
  return s.graph(
    'odd',
    [
      { name: 'a', shape: [2, 5, 4] },
      { name: 'b', shape: [3, 7, 7] },
    ],
    ['mean', 'gate'],
  );
}

/** The ops that imported models bring: arithmetic on aligned shapes, and moves of elements. Input 4x6x5. */
export function viewsNet(): Graph {
  const s = new Sketch(19);
  s.conv('c', 'x', [4, 4, 3, 3], { padding: [1, 1, 1, 1] });
  s.node('hardSigmoid', 'gate', ['c'], { alpha: 0.25, beta: 0.5 });
  s.node('reduceMean', 'squeezed', ['gate'], { axes: [2, 3], keepDims: true });
  s.node('binary', 'scaled', ['c', 'squeezed'], { kind: 'mul' });
  s.node(
    'binary',
    'shifted',
    ['scaled'],
    { kind: 'sub', swap: true },
    { value: s.param('shift', [4, 1, 1]) },
  );
  s.node('clip', 'clipped', ['shifted'], { lo: -0.75, hi: 0.5 });
  s.node('maxPool', 'wide', ['clipped'], {
    kernel: [2, 2],
    stride: [1, 1],
    padding: [0, 0, 0, 0],
    dilation: [2, 1],
  });
  s.node('reshape', 'groups', ['wide'], { shape: [0, 2, 2, 16] });
  s.node('transpose', 'shuffled', ['groups'], { perm: [0, 2, 1, 3] });
  s.node('slice', 'odd', ['shuffled'], { axis: 3, start: 13, count: 5, step: -3 });
  s.node('gather', 'picked', ['odd'], { axis: 2, indices: [1, 0, 1] });
  s.node('transpose', 'turned', ['picked'], { perm: [0, 1, 3, 2] });
  s.node('matmul', 'products', ['turned', 'picked'], {});
  s.node('concat', 'joined', ['products', 'turned'], { axis: 3 });
  s.linear('rows', 'joined', 7, 8);
  s.node(
    'binary',
    'ratio',
    ['rows'],
    { kind: 'div' },
    { value: s.param('divisor', [5, 1], { low: 0.5, high: 2 }) },
  );
  s.node('softmax', 'shares', ['rows'], {});
  s.node('binary', 'sum', ['shares', 'ratio'], { kind: 'add' });
  s.node('reduceMean', 'mean', ['sum'], { axes: [1, 3], keepDims: false });
  return s.graph('views', [{ name: 'x', shape: [4, 6, 5] }], ['mean', 'shuffled']);
}

/** Seeded values in [-1, 1) for an input of this shape. */
export function sampleInput(shape: Shape, seed = 3): Float32Array {
  const rng = new Rng(seed);
  return Float32Array.from({ length: sizeOf(shape) }, () => 2 * rng.uniform() - 1);
}

/** The same graph with int8 weights (max |w| per channel) and these activation scales. */
export function withInt8(graph: Graph, activations: Graph['activations']): Graph {
  const params = new Map<string, Param>();
  for (const [name, param] of graph.params) {
    if (param.shape.length < 2) {
      params.set(name, param);
      continue;
    }
    const inner = param.values.length / param.shape[0];
    const scale = Float32Array.from({ length: param.shape[0] }, (_, c) => {
      const row = param.values.subarray(c * inner, (c + 1) * inner);
      return row.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-6) / 127;
    });
    params.set(name, { ...param, quant: { scale } });
  }
  return { ...graph, params, activations };
}

/** Zeroes all but a share `density` of each weight tensor and marks the zeros in a mask. Seeded. */
export function withMasks(graph: Graph, density: number): Graph {
  const rng = new Rng(5);
  const params = new Map<string, Param>();
  for (const [name, param] of graph.params) {
    if (param.shape.length < 2) {
      params.set(name, param);
      continue;
    }
    const mask = Uint8Array.from(param.values, () => (rng.uniform() < density ? 1 : 0));
    params.set(name, { ...param, mask, values: param.values.map((v, i) => (mask[i] ? v : 0)) });
  }
  return { ...graph, params };
}

/** Shares k centroids in each weight tensor: the values' range cut evenly. Keeps masks. */
export function withCodebooks(graph: Graph, k: number): Graph {
  const params = new Map<string, Param>();
  for (const [name, param] of graph.params) {
    if (param.shape.length < 2) {
      params.set(name, param);
      continue;
    }
    const centroids = Float32Array.from({ length: k }, (_, i) => (i + 0.5) / k - 0.5);
    const indices = Uint8Array.from(param.values, (v, i) =>
      param.mask && !param.mask[i] ? 0 : Math.min(k - 1, Math.max(0, Math.floor((v + 0.5) * k))),
    );
    const values = Float32Array.from(indices, (at, i) => (param.mask && !param.mask[i] ? 0 : centroids[at]));
    params.set(name, { ...param, values, codebook: { centroids, indices } });
  }
  return { ...graph, params };
}
