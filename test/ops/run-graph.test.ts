/** A graph that holds every op, run as ops: values, gradients, replaced values, errors. */
import { describe, expect, test } from 'vitest';
import { Engine } from '../../src/autograd/engine.ts';
import type { Tensor } from '../../src/autograd/tensor.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { GraphError } from '../../src/core/errors.ts';
import { sizeOf } from '../../src/core/shape.ts';
import type { Graph, Node, Param } from '../../src/graph/graph.ts';
import { inferShapes } from '../../src/graph/infer.ts';
import { schemas } from '../../src/graph/schema.ts';
import { mul, runGraph, scale, sum } from '../../src/ops/index.ts';
import { referenceBackend, wasmBackend } from '../helpers/backends.ts';
import { differsFrom } from '../helpers/close.ts';
import { spaced, uniform } from '../helpers/shapes.ts';

const parameters: Record<string, readonly number[]> = {
  'c.weight': [5, 3, 3, 2],
  'c.bias': [5],
  'n.gamma': [5],
  'n.beta': [5],
  'n.mean': [5],
  'n.variance': [5],
  'l.weight': [7, 10],
};
const params = new Map<string, Param>();
Object.entries(parameters).forEach(([name, shape], i) => {
  const running = name === 'n.mean' || name === 'n.variance';
  const values = uniform(shape, i).map((v) => (name === 'n.variance' ? v + 2 : v));
  params.set(name, { name, shape, values, trainable: !running });
});

const node = (name: string, op: string, inputs: string, attrs: object, roles: string[] = []): Node =>
  ({
    name,
    op,
    inputs: inputs.split(' '),
    attrs,
    params: Object.fromEntries(roles.map((role) => [role, `${name}.${role}`])),
  }) as unknown as Node;

const pool = { kernel: [2, 2], stride: [2, 1], padding: [1, 0, 0, 1] };
const graph: Graph = {
  name: 'every op',
  inputs: [{ name: 'x', shape: [3, 7, 5] }],
  nodes: [
    node('p', 'pad', 'x', { padding: [0, 1, 0, 0], value: 0.25 }),
    node('c', 'conv2d', 'p', { stride: [1, 1], padding: [1, 0, 1, 0], dilation: [1, 1], groups: 1 }, [
      'weight',
      'bias',
    ]),
    node('n', 'batchNorm', 'c', { eps: 0.01, momentum: 0.1 }, ['gamma', 'beta', 'mean', 'variance']),
    node('r', 'relu', 'n', {}),
    node('r6', 'relu6', 'n', {}),
    node('lr', 'leakyRelu', 'n', { slope: 0.1 }),
    node('s', 'sigmoid', 'n', {}),
    node('t', 'tanh', 'n', {}),
    node('h', 'hardSwish', 'n', {}),
    node('a', 'add', 'r s', { activation: 'relu' }),
    node('m', 'mul', 't h', {}),
    node('mp', 'maxPool', 'a', pool),
    node('ap', 'avgPool', 'm', { ...pool, countIncludePad: true }),
    node('cat', 'concat', 'mp ap', {}),
    node('g1', 'globalAvgPool', 'cat', {}),
    node('both', 'concat', 'r6 lr', {}),
    node('g2', 'globalAvgPool', 'both', {}),
    node('g', 'add', 'g1 g2', {}),
    node('hs', 'hardSigmoid', 'g', { alpha: 0.25, beta: 0.5 }),
    node('cl', 'clip', 'g', { lo: -0.5, hi: 0.25 }),
    node('bi', 'binary', 'hs cl', { kind: 'add' }),
    node('ro', 'round', 'bi', {}),
    node('re', 'reshape', 'bi', { shape: [0, 2, -1] }),
    node('tr', 'transpose', 're', { perm: [0, 2, 1] }),
    node('mm', 'matmul', 're tr', {}),
    node('sl', 'slice', 'mm', { axis: 1, start: 1, count: 1, step: 1 }),
    node('ga', 'gather', 'sl', { axis: 2, indices: [1, 0, 1] }),
    node('rm', 'reduceMean', 'ga', { axes: [1, 2], keepDims: true }),
    node('sq', 'reshape', 'rm', { shape: [0, 1, 1, 1] }),
    node('sc', 'binary', 'ro sq', { kind: 'mul' }),
    node('f', 'flatten', 'sc', {}),
    node('l', 'linear', 'f', {}, ['weight']),
    node('sm', 'softmax', 'l', {}),
  ],
  outputs: ['sm'],
  params,
  meta: {},
};

const batch = 2;
const xs = uniform([batch, 3, 7, 5], 1);

/** Values of every node, and the gradient of every parameter that has one. */
function run(backend: Backend, training: boolean): Record<string, Float32Array> {
  const engine = new Engine(backend);
  const leaves = new Map<string, Tensor>();
  for (const p of params.values()) {
    leaves.set(p.name, engine.parameter(p.shape, p.values, { trainable: p.trainable }));
  }
  const result: Record<string, Float32Array> = {};
  engine.step(() => {
    const x = engine.tensor([batch, 3, 7, 5], xs);
    const values = runGraph(graph, {
      inputs: { x },
      param: (name) => leaves.get(name) as Tensor,
      training,
    });
    for (const [name, value] of values) result[name] = value.toArray() as Float32Array;
    const weights = engine.tensor([batch, 7], spaced([batch, 7], 3));
    engine.backward(sum(mul(values.get('sm') as Tensor, weights)));
  });
  for (const [name, leaf] of leaves) {
    result[name] = (leaf.requiresGrad ? (leaf.grad as Tensor) : leaf).toArray() as Float32Array;
  }
  return result;
}

test('the graph holds every op', () => {
  expect(new Set(graph.nodes.map((n) => n.op))).toEqual(new Set(Object.keys(schemas)));
});

describe.each([true, false])('training %s', (training) => {
  test('every value has the inferred shape, and wasm agrees with the reference', () => {
    const expected = run(referenceBackend(), training);
    for (const [name, shape] of inferShapes(graph, batch)) {
      expect([name, expected[name].length]).toEqual([name, sizeOf(shape)]);
    }
    const got = run(wasmBackend(), training);
    expect(Object.keys(got)).toEqual(Object.keys(expected));
    for (const name of Object.keys(expected)) {
      expect(differsFrom(name, got[name], expected[name], 1e-5)).toBeNull();
    }
  });
});

test('training moves the running statistics, inference does not', () => {
  const mean = (params.get('n.mean') as Param).values;
  const backend = referenceBackend();
  expect(run(backend, false)['n.mean']).toEqual(mean);
  expect(run(backend, true)['n.mean']).not.toEqual(mean);
});

test('onValue sees every value in order and may replace it', () => {
  const engine = new Engine(referenceBackend());
  const two: Graph = {
    ...graph,
    nodes: [node('r', 'relu', 'x', {}), node('a', 'add', 'r x', {})],
    outputs: ['a'],
    params: new Map(),
  };
  engine.step(() => {
    const seen: string[] = [];
    const x = engine.tensor([batch, 3, 7, 5], xs);
    const values = runGraph(two, {
      inputs: { x },
      param: () => x,
      training: false,
      onValue: (name, value) => {
        seen.push(name);
        return name === 'a' ? value : scale(value, name === 'x' ? 3 : 5);
      },
    });
    expect(seen).toEqual(['x', 'r', 'a']);
    const expected = xs.map((v) => 15 * Math.max(v, 0) + 3 * v);
    expect(differsFrom('a', (values.get('a') as Tensor).view(), expected, 1e-6)).toBeNull();
  });
});

test('an input that is missing, or has another shape, is named', () => {
  const engine = new Engine(referenceBackend());
  const bind = { param: () => engine.tensor([1]), training: false };
  expect(() => runGraph(graph, { ...bind, inputs: {} })).toThrow(
    new GraphError('x', 'the input is not bound'),
  );
  expect(() => runGraph(graph, { ...bind, inputs: { x: engine.tensor([2, 3, 5, 7]) } })).toThrow(
    new GraphError('x', 'the input takes N samples of 3x7x5, got 2x3x5x7'),
  );
});

test('an op nobody knows, and a value nobody makes, are named', () => {
  const engine = new Engine(referenceBackend());
  const x = engine.tensor([batch, 3, 7, 5], xs);
  const bind = { inputs: { x }, param: () => x, training: false };
  const unknown = { ...graph, nodes: [node('u', 'swirl', 'x', {})] };
  expect(() => runGraph(unknown, bind)).toThrow(new GraphError('u', "unknown op 'swirl'"));
  const dangling = { ...graph, nodes: [node('r', 'relu', 'z', {})] };
  expect(() => runGraph(dangling, bind)).toThrow(
    new GraphError('r', "reads 'z', which no earlier node makes"),
  );
});
