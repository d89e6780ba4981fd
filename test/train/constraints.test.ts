/** What compression decided about a parameter holds through training, whichever optimizer moves it. */
import { describe, expect, test } from 'vitest';
import { Engine } from '../../src/autograd/engine.ts';
import { ArgumentError, GraphError } from '../../src/core/errors.ts';
import { Rng } from '../../src/core/rng.ts';
import { type Codebook, cloneGraph, type Graph, type Param } from '../../src/graph/graph.ts';
import { builder } from '../../src/nn/builder.ts';
import { fit } from '../../src/train/fit.ts';
import type { FitOptions, OptimizerOptions } from '../../src/train/options.ts';
import { ParameterSet, weightScales } from '../../src/train/parameters.ts';
import { wasmBackend } from '../helpers/backends.ts';
import { smallNet, someMnist } from '../helpers/mnist.ts';

const WEIGHTS = ['conv.weight', 'fc1.weight', 'fc2.weight'];

const param = (graph: Graph, name: string): Param => graph.params.get(name) as Param;

/** The small net with some constraint on each weight. */
function constrained(change: (param: Param, rng: Rng) => void): Graph {
  const graph = cloneGraph(smallNet());
  for (const name of WEIGHTS) change(param(graph, name), new Rng(9).fork(name));
  return graph;
}

/** Zeros about 60 % of the weights. */
function prune(p: Param, rng: Rng): void {
  p.mask = Uint8Array.from(p.values, () => (rng.uniform() < 0.6 ? 0 : 1));
  p.values = p.values.map((v, i) => v * (p.mask as Uint8Array)[i]);
}

/** Shares k values spread over the range of the weights. */
function share(p: Param, k: number): void {
  const bound = Math.max(...p.values.map(Math.abs));
  const centroids = Float32Array.from({ length: k }, (_, j) => ((2 * j + 1) / k - 1) * bound);
  const indices = Uint8Array.from(p.values, (v) => Math.min(k - 1, Math.floor(((v / bound + 1) / 2) * k)));
  p.codebook = { centroids, indices };
  p.values = Float32Array.from(indices, (j, i) => (p.mask && !p.mask[i] ? 0 : centroids[j]));
}

const quantize = (p: Param): void => {
  p.quant = { scale: weightScales(p.values, p.shape[0]) };
};

async function train(graph: Graph, options: Partial<FitOptions> = {}): Promise<Graph> {
  const optimizer = { kind: 'sgd', lr: 0.02, momentum: 0.9, nesterov: true, weightDecay: 1e-3 } as const;
  const data = await someMnist(640);
  const result = await fit(graph, data, {
    epochs: 2,
    batch: 32,
    optimizer,
    backend: wasmBackend(),
    ...options,
  });
  expect(result.history[1].loss).toBeLessThan(result.history[0].loss);
  return result.graph;
}

/** How many values there are, 0 apart. */
const distinct = (values: Float32Array): number => new Set(values.filter((v) => v !== 0)).size;

/** Bit patterns: -0 is not 0 here. */
const bits = (values: Float32Array): Uint32Array =>
  new Uint32Array(values.buffer, values.byteOffset, values.length);

const optimizers: [string, OptimizerOptions][] = [
  ['SGD with momentum', { kind: 'sgd', lr: 0.02, momentum: 0.9, weightDecay: 1e-3 }],
  ['Nesterov', { kind: 'sgd', lr: 0.02, momentum: 0.9, nesterov: true }],
  ['AdamW', { kind: 'adamw', lr: 0.002, weightDecay: 0.1 }],
];

describe.each(optimizers)('%s', (_name, optimizer) => {
  test('masked weights stay exactly 0, the others move', async () => {
    const graph = constrained(prune);
    const trained = await train(graph, { optimizer, clipNorm: 3, averaging: 0.9 });
    for (const name of WEIGHTS) {
      const { mask, values } = param(trained, name);
      const before = param(graph, name);
      expect(mask).toEqual(before.mask);
      const raw = bits(values);
      const kept = before.mask as Uint8Array;
      expect(raw.every((v, i) => kept[i] === 1 || v === 0)).toBe(true);
      const moved = values.filter((v, i) => kept[i] === 1 && v !== before.values[i]).length;
      expect(moved).toBeGreaterThan(0.5 * kept.reduce((a, b) => a + b, 0));
    }
  });

  test('a codebook keeps exactly k values and its members; pruned zeros stay zeros', async () => {
    const graph = constrained((p, rng) => {
      prune(p, rng);
      share(p, 5);
    });
    // The gradient of a centroid is the sum over its members: smaller steps.
    const trained = await train(graph, { optimizer: { ...optimizer, lr: optimizer.lr / 20 } });
    for (const name of WEIGHTS) {
      const { values, codebook, mask } = param(trained, name);
      const { centroids, indices } = codebook as Codebook;
      const before = param(graph, name);
      expect(indices).toEqual(before.codebook?.indices);
      expect(centroids).not.toEqual(before.codebook?.centroids);
      expect(values).toEqual(Float32Array.from(indices, (j, i) => (mask?.[i] ? centroids[j] : 0)));
      expect(distinct(values)).toBe(5);
      expect(bits(values).every((v, i) => mask?.[i] === 1 || v === 0)).toBe(true);
    }
  });
});

test('mask, codebook and quantization hold together', async () => {
  const graph = constrained((p, rng) => {
    prune(p, rng);
    share(p, 16);
    quantize(p);
  });
  const trained = await train(graph, {
    optimizer: { kind: 'sgd', lr: 0.001, momentum: 0.9 },
  });
  for (const name of WEIGHTS) {
    const { values, mask, quant, shape } = param(trained, name);
    expect(distinct(values)).toBe(distinct(param(graph, name).values));
    expect(values.every((v, i) => mask?.[i] === 1 || v === 0)).toBe(true);
    expect(quant?.scale).toEqual(weightScales(values, shape[0]));
    expect(quant?.scale).not.toEqual(param(graph, name).quant?.scale);
  }
});

test('layers born shared are trained as such', async () => {
  const graph = builder('born', { x: [1, 28, 28] })
    .sharedConv2d('conv', 'x', { out: 6, kernel: 5, stride: 3, k: 12 })
    .relu('r', 'conv')
    .flatten('f', 'r')
    .sharedLinear('fc', 'f', { out: 10, k: 9 })
    .output('fc')
    .build();
  const trained = await train(graph, { optimizer: { kind: 'adamw', lr: 0.003 }, epochs: 4 });
  expect(new Set(param(trained, 'conv.weight').values).size).toBe(12);
  expect(new Set(param(trained, 'fc.weight').values).size).toBe(9);
});

describe('ParameterSet', () => {
  test('quantized weights are on the grid of max|w| / 127 by channel', () => {
    const graph = constrained(quantize);
    const engine = new Engine(wasmBackend());
    const parameters = new ParameterSet(engine, graph);
    engine.step(() => {
      const w = parameters.get('fc1.weight').toArray();
      expect(parameters.get('fc1.weight')).toBe(parameters.get('fc1.weight'));
      const { values, shape, quant } = param(graph, 'fc1.weight');
      const size = values.length / shape[0];
      w.forEach((v, i) => {
        const s = (quant as { scale: Float32Array }).scale[Math.floor(i / size)];
        expect(Math.abs(v / s - Math.round(v / s))).toBeLessThan(1e-4);
        expect(Math.abs(v - values[i])).toBeLessThanOrEqual(s * 0.50001);
      });
      expect(Math.max(...w)).toBeCloseTo(Math.max(...values), 6);
    });
  });

  test('scales stay as stored when evaluating', () => {
    const graph = constrained((p) => {
      p.quant = { scale: new Float32Array(p.shape[0]).fill(0.5) };
    });
    const parameters = new ParameterSet(new Engine(wasmBackend()), graph, { trackScales: false });
    parameters.engine.step(() => {
      expect([...parameters.get('fc1.weight').view()].every((v) => v === 0 || Math.abs(v) === 0.5)).toBe(
        true,
      );
    });
    expect(parameters.writeBack().params.get('fc1.weight')?.quant?.scale[0]).toBe(0.5);
  });

  test('setMask prunes at once, also where there was no mask; the graph it came from stays', () => {
    const graph = smallNet();
    const before = param(graph, 'fc2.weight').values.slice();
    const parameters = new ParameterSet(new Engine(wasmBackend()), graph);
    const mask = Uint8Array.from(before, (_, i) => (i % 3 === 0 ? 1 : 0));
    expect(parameters.mask('fc2.weight')).toBeNull();
    parameters.setMask('fc2.weight', mask);
    expect(parameters.mask('fc2.weight')).toEqual(mask);
    expect(parameters.values('fc2.weight')).toEqual(before.map((v, i) => (mask[i] ? v : 0)));
    expect(parameters.writeBack().params.get('fc2.weight')?.mask).toEqual(mask);
    expect(param(graph, 'fc2.weight').values).toEqual(before);
    expect(parameters.gradient('fc2.weight')).toBeNull();
    expect(() => parameters.setMask('fc2.weight', new Uint8Array(3))).toThrow(ArgumentError);
    expect(() => parameters.values('fc3.weight')).toThrow(GraphError);
  });

  test('masks may grow while training: momentum does not bring a pruned weight back', async () => {
    const graph = await train(smallNet(), {
      averaging: 0.9,
      onStep: ({ step, parameters }) => {
        if (step !== 15) return;
        parameters.setMask(
          'fc1.weight',
          parameters.values('fc1.weight').map((_, i) => i % 2) as unknown as Uint8Array,
        );
        expect(parameters.gradient('fc1.weight')?.some((g) => g !== 0)).toBe(true);
      },
    });
    const { values, mask } = param(graph, 'fc1.weight');
    expect(values.every((v, i) => (i % 2 === 1) === (mask?.[i] === 1) && (i % 2 === 1 || v === 0))).toBe(
      true,
    );
    expect(values.some((v) => v !== 0)).toBe(true);
  });
});
