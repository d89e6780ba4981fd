/** The passes change how a graph is written and never what it computes; the graph given stays as it was. */
import { describe, expect, test } from 'vitest';
import { cloneGraph, type Graph, type Param } from '../../src/graph/graph.ts';
import { inferShapes } from '../../src/graph/infer.ts';
import { removeDead } from '../../src/graph/passes/dead-code.ts';
import { foldBatchNorm } from '../../src/graph/passes/fold-batch-norm.ts';
import { fuseActivations } from '../../src/graph/passes/fuse-activation.ts';
import { plannedValues, quantizedCodes, roundHalfEven } from '../../src/graph/weights.ts';
import {
  branchedNet,
  oddNet,
  Sketch,
  sampleInput,
  smallNet,
  withCodebooks,
  withInt8,
  withMasks,
} from '../helpers/graphs.ts';
import { interpret } from '../helpers/interpret.ts';

function expectSameFunction(got: Graph, want: Graph): void {
  const batch = 2;
  const inputs = Object.fromEntries(want.inputs.map((i) => [i.name, sampleInput([batch, ...i.shape])]));
  const a = interpret(got, inputs, batch);
  const b = interpret(want, inputs, batch);
  expect(got.outputs).toEqual(want.outputs);
  for (const name of want.outputs) {
    const exact = b.get(name) as Float64Array;
    a.get(name)?.forEach((v, i) => {
      expect(Math.abs(v - exact[i])).toBeLessThan(1e-5 * (1 + Math.abs(exact[i])));
    });
    expect(a.get(name)).toHaveLength(exact.length);
  }
}

const ops = (graph: Graph): string[] => graph.nodes.map(({ op }) => op);

describe.each([
  ['small', smallNet],
  ['branched', branchedNet],
  ['odd', oddNet],
])('%s', (_name, make) => {
  test.each([
    ['fold batch norm', foldBatchNorm],
    ['fuse activations', fuseActivations],
    ['dead code', removeDead],
    ['all', (g: Graph) => removeDead(fuseActivations(foldBatchNorm(g)))],
  ])('%s: the same function, the input untouched', (_pass, pass) => {
    const graph = make();
    const before = cloneGraph(graph);
    const after = pass(graph);
    inferShapes(after, 2);
    expectSameFunction(after, graph);
    expect(graph).toEqual(before);
    const used = after.nodes.flatMap((node) => Object.values(node.params));
    expect([...after.params.keys()]).toEqual([...new Set(used)]);
  });
});

describe('fold batch norm', () => {
  test('takes over the name, gives a bias where there was none', () => {
    const folded = foldBatchNorm(smallNet());
    expect(ops(folded)).not.toContain('batchNorm');
    const conv = folded.nodes.find(({ name }) => name === 'bn1');
    expect(conv?.op).toBe('conv2d');
    expect(conv?.params.bias).toBe('bn1.beta');
    expect(folded.params.has('bn1.gamma')).toBe(false);
  });

  test('keeps masks, drops codebooks, scales int8 scales by |f|', () => {
    const graph = withInt8(withCodebooks(withMasks(smallNet(), 0.5), 8), undefined);
    const before = graph.params.get('c1.weight') as Param;
    const after = foldBatchNorm(graph).params.get('c1.weight') as Param;
    expect(after.mask).toEqual(before.mask);
    expect(after.codebook).toBeUndefined();
    after.values.forEach((v, i) => {
      if (before.mask?.[i] === 0) expect(Object.is(v, 0)).toBe(true);
    });
    const signs = quantizedCodes(before).map(Math.abs);
    expect(quantizedCodes(after).map(Math.abs)).toEqual(signs);
  });

  test('leaves what somebody else reads, shows or quantizes', () => {
    const graph = smallNet();
    expect(ops(foldBatchNorm({ ...graph, outputs: ['fc2', 'c1'] }))).toContain('batchNorm');
    const activations = new Map([['c1', { scale: 1, zeroPoint: 0 }]]);
    expect(ops(foldBatchNorm({ ...graph, activations }))).toContain('batchNorm');
    expect(ops(foldBatchNorm(oddNet()))).toContain('batchNorm');
  });

  test('weights that two layers share are copied, not scaled twice', () => {
    const s = new Sketch(5);
    const weight = s.param('w', [3, 3, 1, 1]);
    const attrs = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 } as const;
    s.node('conv2d', 'a', ['x'], attrs, { weight });
    s.batchNorm('an', 'a', 3);
    s.node('conv2d', 'b', ['an'], attrs, { weight });
    s.batchNorm('bn', 'b', 3);
    const graph = s.graph('shared', [{ name: 'x', shape: [3, 2, 2] }], ['bn']);
    const folded = foldBatchNorm(graph);
    expect(ops(folded)).toEqual(['conv2d', 'conv2d']);
    expectSameFunction(folded, graph);
  });
});

describe('fuse activations', () => {
  test('relu after conv2d, linear and add; not after anything else', () => {
    const fused = fuseActivations(foldBatchNorm(branchedNet()));
    expect(ops(fused)).not.toContain('relu');
    expect(ops(fuseActivations(oddNet())).filter((op) => op === 'relu6')).toEqual([]);
    expect(fused.nodes.find(({ name }) => name === 'sumRelu')).toMatchObject({
      op: 'add',
      attrs: { activation: 'relu' },
    });
  });

  test('not where the value before is read twice, shown or quantized', () => {
    const graph = smallNet();
    expect(
      ops(fuseActivations({ ...graph, outputs: ['fc2', 'fc1'] })).filter((op) => op === 'relu'),
    ).toHaveLength(2);
    const activations = new Map([['fc1', { scale: 1, zeroPoint: 0 }]]);
    expect(ops(fuseActivations({ ...graph, activations })).filter((op) => op === 'relu')).toHaveLength(2);
    const s = new Sketch(1);
    s.linear('l', 'x', 3, 3);
    s.node('relu', 'r', ['l'], {});
    s.node('add', 'y', ['r', 'l'], {});
    const twice = s.graph('twice', [{ name: 'x', shape: [3] }], ['y']);
    expect(ops(fuseActivations(twice))).toEqual(['linear', 'relu', 'add']);
  });
});

test('dead code: what no output needs goes, with its parameters and scales; inputs stay', () => {
  const graph = branchedNet();
  const activations = new Map(graph.nodes.map(({ name }) => [name, { scale: 1, zeroPoint: 0 }]));
  const cut = removeDead({ ...graph, outputs: ['sumRelu'], activations });
  expect(cut.nodes.at(-1)?.name).toBe('sumRelu');
  expect(cut.params.has('fc.weight')).toBe(false);
  expect(cut.activations?.has('cat')).toBe(false);
  expect(cut.inputs).toEqual(graph.inputs);
});

test('codes: half to even, within +-127, one scale a row; the values they stand for', () => {
  expect([0.5, 1.5, 2.5, -0.5, -1.5, 2.4, -2.6].map(roundHalfEven)).toEqual([0, 2, 2, -0, -2, 2, -3]);
  const param: Param = {
    name: 'w',
    shape: [2, 3],
    values: Float32Array.of(0.5, 1.5, 1000, -0.25, -1000, 0.1),
    trainable: true,
    quant: { scale: Float32Array.of(1, 0.5) },
  };
  expect([...quantizedCodes(param)]).toEqual([0, 2, 127, 0, -127, 0]);
  expect([...plannedValues(param)]).toEqual([0, 2, 127, 0, -63.5, 0]);
  const wrong =
    (scale: number[]): (() => unknown) =>
    () =>
      quantizedCodes({ ...param, quant: { scale: Float32Array.from(scale) } });
  expect(wrong([1])).toThrow(/scales/);
  expect(wrong([1, 0])).toThrow(/positive/);
  expect(wrong([1, Number.NaN])).toThrow(/positive/);
});
