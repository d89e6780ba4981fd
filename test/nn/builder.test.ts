import { describe, expect, test } from 'vitest';
import { ArgumentError, GraphError } from '../../src/core/errors.ts';
import { Rng } from '../../src/core/rng.ts';
import type { Codebook, Graph, Param } from '../../src/graph/graph.ts';
import { inferShapes, totals } from '../../src/graph/infer.ts';
import { builder } from '../../src/nn/builder.ts';
import { fans, initialWeights } from '../../src/nn/init.ts';
import { dsStudent, lenet5, resnet8 } from '../../src/nn/models.ts';
import { sequential } from '../../src/nn/sequential.ts';

const values = (graph: Graph, name: string): Float32Array => graph.params.get(name)?.values as Float32Array;

describe('models', () => {
  test('lenet5 is the 431,080-parameter Caffe form', () => {
    const graph = lenet5();
    expect(totals(graph)).toMatchObject({ parameters: 431_080, macs: 2_293_000, bytes: 1_724_320 });
    expect(inferShapes(graph, 7).get('pool2')).toEqual([7, 50, 4, 4]);
    expect(inferShapes(graph, 7).get(graph.outputs[0])).toEqual([7, 10]);
    expect(graph.meta.output).toBe('logits');
  });

  test('the depthwise-separable student stays below 10,000 parameters', () => {
    const { parameters } = totals(dsStudent());
    expect(parameters).toBe(9106);
    expect(inferShapes(dsStudent(), 1).get('fc')).toEqual([1, 10]);
  });

  test('resnet8 adds its shortcuts', () => {
    const graph = resnet8();
    expect(graph.nodes.filter((node) => node.op === 'add')).toHaveLength(3);
    expect(inferShapes(graph, 2).get('stage3.out')).toEqual([2, 64, 8, 8]);
  });

  test('the same seed gives the same weights, another seed others', () => {
    expect(values(lenet5(new Rng(3)), 'conv1.weight')).toEqual(values(lenet5(new Rng(3)), 'conv1.weight'));
    expect(values(lenet5(new Rng(3)), 'conv1.weight')).not.toEqual(
      values(lenet5(new Rng(4)), 'conv1.weight'),
    );
  });
});

describe('builder', () => {
  test('branches, concatenation and residual add by name', () => {
    const graph = builder('branches', { x: [3, 11, 13] })
      .conv2d('a', 'x', { out: 5, kernel: 3, padding: 1 })
      .conv2d('b', 'x', { out: 7, kernel: [1, 3], padding: [0, 1] })
      .concat('ab', ['a', 'b'])
      .conv2d('c', 'ab', { out: 12, kernel: 1 })
      .add('sum', 'ab', 'c')
      .output('sum')
      .build();
    expect(inferShapes(graph, 2).get('sum')).toEqual([2, 12, 11, 13]);
  });

  test('a layer draws its own numbers: adding one changes no other', () => {
    const short = sequential('short', [4], [{ op: 'linear', name: 'last', out: 3 }]);
    const long = sequential(
      'long',
      [4],
      [
        { op: 'linear', name: 'first', out: 4 },
        { op: 'linear', name: 'last', out: 3 },
      ],
    );
    expect(values(long, 'last.weight')).toEqual(values(short, 'last.weight'));
  });

  test('numbers, pairs and four sides of padding', () => {
    const padding = (value: 2 | [number, number] | [number, number, number, number]) =>
      builder('p', { x: [1, 5, 5] })
        .conv2d('c', 'x', { out: 1, kernel: 3, padding: value })
        .shapeOf('c');
    expect(padding(2)).toEqual([1, 7, 7]);
    expect(padding([1, 2])).toEqual([1, 5, 7]);
    expect(padding([1, 0, 0, 3])).toEqual([1, 4, 6]);
  });

  test('depthwise: one filter a channel', () => {
    const graph = builder('dw', { x: [6, 8, 8] })
      .depthwiseConv2d('d', 'x', { kernel: 3 })
      .output('d')
      .build();
    expect(graph.params.get('d.weight')?.shape).toEqual([6, 1, 3, 3]);
  });

  test('what does not fit is refused where it is written', () => {
    const b = builder('wrong', { x: [3, 8, 8] });
    expect(() => b.linear('fc', 'x', { out: 2 })).toThrow(/'fc'.*flatten/);
    expect(() => b.conv2d('c', 'nothing', { out: 2, kernel: 3 })).toThrow(/'c'.*'nothing'/);
    expect(() => b.conv2d('c', 'x', { out: 2, kernel: 9 })).toThrow(GraphError);
    expect(() => b.conv2d('c', 'x', { out: 4, kernel: 3, groups: 2 })).toThrow(/groups 2/);
    expect(() => b.conv2d('c', 'x', { out: 0, kernel: 3 })).toThrow(ArgumentError);
    expect(() => b.relu('x', 'x')).toThrow(/exists already/);
    expect(() => b.build()).toThrow(/no output/);
    expect(() => b.output('later')).toThrow(GraphError);
    expect(() => sequential('s', [4], ['convolution' as 'relu'])).toThrow(ArgumentError);
    expect(() => sequential('s', [4], [])).toThrow(ArgumentError);
  });

  test('a softmax at the end says that probabilities come out', () => {
    const graph = sequential('p', [4], [{ op: 'linear', out: 3 }, 'softmax']);
    expect(graph.meta.output).toBe('probabilities');
    expect(graph.nodes.map((node) => node.name)).toEqual(['fc1', 'softmax1']);
  });
});

describe('initial values', () => {
  test('fans of OIHW and [out][in]', () => {
    expect(fans([20, 3, 5, 7])).toEqual({ fanIn: 105, fanOut: 700 });
    expect(fans([10, 4])).toEqual({ fanIn: 4, fanOut: 10 });
  });

  test.each([
    ['he', Math.sqrt(2 / 200)],
    ['glorot', Math.sqrt(2 / 700)],
  ] as const)('%s has its deviation and mean 0', (kind, deviation) => {
    const w = initialWeights(kind, new Rng(5), [500, 200]);
    const mean = w.reduce((sum, v) => sum + v, 0) / w.length;
    const measured = Math.sqrt(w.reduce((sum, v) => sum + v * v, 0) / w.length);
    expect(Math.abs(mean)).toBeLessThan(deviation / 100);
    expect(measured / deviation).toBeCloseTo(1, 2);
  });
});

describe('born shared', () => {
  test('k values, all used, and a codebook that gives the values', () => {
    const graph = builder('shared', { x: [3, 9, 9] })
      .sharedConv2d('c', 'x', { out: 8, kernel: 3, k: 7 })
      .flatten('f', 'c')
      .sharedLinear('fc', 'f', { out: 10, k: 16 })
      .output('fc')
      .build();
    for (const [name, k] of [
      ['c.weight', 7],
      ['fc.weight', 16],
    ] as const) {
      const param = graph.params.get(name) as Param;
      const { centroids, indices } = param.codebook as Codebook;
      expect(centroids).toHaveLength(k);
      expect(new Set(indices).size).toBe(k);
      expect(param.values).toEqual(Float32Array.from(indices, (j) => centroids[j]));
      expect(Math.min(...centroids)).toBeLessThan(0);
      expect(Math.max(...centroids)).toBeGreaterThan(0);
    }
    expect(graph.params.get('c.bias')?.codebook).toBeUndefined();
  });

  test('k outside [2, 256] is refused', () => {
    const shared = (k: number) => builder('s', { x: [4] }).sharedLinear('fc', 'x', { out: 2, k });
    expect(() => shared(1)).toThrow(ArgumentError);
    expect(() => shared(257)).toThrow(ArgumentError);
    expect(() => shared(2.5)).toThrow(ArgumentError);
  });
});
