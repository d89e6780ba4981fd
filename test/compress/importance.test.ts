import { describe, expect, test } from 'vitest';
import { Engine } from '../../src/autograd/engine.ts';
import type { Tensor } from '../../src/autograd/tensor.ts';
import { importance } from '../../src/compress/importance.ts';
import { prune } from '../../src/compress/prune.ts';
import { Rng } from '../../src/core/rng.ts';
import { Loader } from '../../src/data/loader.ts';
import type { Graph, Param } from '../../src/graph/graph.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { crossEntropy } from '../../src/ops/cross-entropy.ts';
import { oneHot } from '../../src/ops/one-hot.ts';
import { runGraph } from '../../src/ops/run-graph.ts';
import { referenceBackend, wasmBackend } from '../helpers/backends.ts';
import { stripes } from './data.ts';

function model(): Graph {
  return sequential(
    'small',
    [1, 8, 8],
    [
      { op: 'conv2d', name: 'c', out: 3, kernel: 3 },
      'batchNorm',
      'tanh',
      { op: 'maxPool', kernel: 2 },
      'flatten',
      { op: 'linear', name: 'f', out: 4 },
    ],
    { rng: new Rng(7) },
  );
}

/** Loss of one image, by name of the parameter that is changed. */
function lossOf(graph: Graph, sample: number, name: string, values: Float32Array): number {
  const engine = new Engine(referenceBackend());
  const data = stripes(20);
  return engine.step(() => {
    const x = engine.tensor([1, 1, 8, 8]);
    const label = engine.tensor([1], undefined, 'i32');
    new Loader(data).fill(x.view() as Float32Array, label.view() as Int32Array, sample, 1);
    const param = (key: string): Tensor => {
      const p = graph.params.get(key) as Param;
      return engine.tensor(p.shape, key === name ? values : p.values);
    };
    const logits = runGraph(graph, { inputs: { [graph.inputs[0].name]: x }, param, training: false });
    return crossEntropy(logits.get(graph.outputs[0]) as Tensor, oneHot(label, 4)).item();
  });
}

/** dL/dw of one weight for one image by central differences. */
function slope(graph: Graph, sample: number, name: string, i: number): number {
  const { values } = graph.params.get(name) as Param;
  const h = 1 / 128;
  const moved = (d: number): Float32Array => values.map((v, j) => (j === i ? v + d : v));
  return (lossOf(graph, sample, name, moved(h)) - lossOf(graph, sample, name, moved(-h))) / (2 * h);
}

describe('importance', () => {
  test.each([
    ['fisher', (g: number, _w: number) => g * g],
    ['taylor', (g: number, w: number) => Math.abs(w * g)],
  ] as const)('%s sums over samples what finite differences give for each', (criterion, of) => {
    const graph = model();
    const data = stripes(20);
    const options = { criterion, samples: 20, backend: referenceBackend() };
    const scores = importance(graph, data, options);
    for (const [name, picks] of [
      ['c.weight', [0, 5, 13, 26]],
      ['f.weight', [1, 17, 50, 101]],
    ] as const) {
      const { values } = graph.params.get(name) as Param;
      for (const i of picks) {
        let sum = 0;
        for (let n = 0; n < data.length; n++) sum += of(slope(graph, n, name, i), values[i]);
        const got = (scores.get(name) as Float32Array)[i];
        expect(Math.abs(got - sum)).toBeLessThan(0.02 * sum + 1e-5);
      }
    }
  });

  test('it is per sample: opposite gradients do not cancel', () => {
    const graph = model();
    const one = (samples: number, seed: number) =>
      importance(graph, stripes(30), { criterion: 'fisher', samples, seed, backend: referenceBackend() });
    const all = one(30, 1).get('f.weight') as Float32Array;
    const other = one(30, 9).get('f.weight') as Float32Array;
    all.forEach((r, i) => {
      expect(r).toBeGreaterThanOrEqual(0);
      expect(Math.abs(r - other[i])).toBeLessThanOrEqual(1e-5 * Math.abs(r) + 1e-9);
    });
    const some = one(10, 1).get('f.weight') as Float32Array;
    some.forEach((r, i) => {
      expect(r).toBeLessThanOrEqual(all[i] * (1 + 1e-6));
    });
  });

  test('both backends agree', () => {
    const graph = model();
    const [a, b] = [referenceBackend(), wasmBackend()].map((backend) =>
      importance(graph, stripes(20), { criterion: 'fisher', samples: 10, backend }),
    );
    for (const [name, r] of a) {
      const largest = Math.max(...r);
      r.forEach((v, i) => {
        expect(Math.abs(v - (b.get(name) as Float32Array)[i])).toBeLessThan(1e-4 * largest);
      });
    }
  });

  test('a channel has the sum of its weights; a pruned weight has none', () => {
    const graph = model();
    const magnitudes = importance(graph, null, { criterion: 'magnitude' });
    const pruned = prune(graph, magnitudes, { sparsity: 0.5 }).graph;
    const options = { criterion: 'fisher', samples: 5, backend: referenceBackend() } as const;
    const weights = importance(pruned, stripes(9), options);
    const channels = importance(pruned, stripes(9), { ...options, level: 'channel' });
    const { mask, values } = pruned.params.get('f.weight') as Required<Param>;
    const r = weights.get('f.weight') as Float32Array;
    expect(r.filter((v, i) => mask[i] === 0 && v !== 0)).toEqual(new Float32Array());
    (channels.get('f.weight') as Float32Array).forEach((sum, o) => {
      const inner = values.length / 4;
      const wanted = r.subarray(o * inner, (o + 1) * inner).reduce((a, b) => a + b, 0);
      expect(sum).toBeCloseTo(wanted, 4);
    });
    expect(channels.get('c.weight')?.length).toBe(3);
  });

  test('random depends on the seed alone, and covers weights only', () => {
    const graph = model();
    const draw = (seed: number) => importance(graph, null, { criterion: 'random', seed });
    expect(draw(4)).toEqual(draw(4));
    expect(draw(4)).not.toEqual(draw(5));
    expect([...draw(4).keys()]).toEqual(['c.weight', 'f.weight']);
  });

  test('says what it lacks', () => {
    const backend = referenceBackend();
    expect(() => importance(model(), null, { criterion: 'fisher', backend })).toThrow(/importance: data/);
    expect(() => importance(model(), stripes(4), { criterion: 'taylor' })).toThrow(/importance: backend/);
    expect(() => importance(model(), stripes(4), { criterion: 'fisher', samples: 0, backend })).toThrow(
      /importance: samples: expected a whole number of at least 1, got 0/,
    );
  });
});
