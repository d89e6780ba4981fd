import { describe, expect, test } from 'vitest';
import { Engine } from '../../src/autograd/engine.ts';
import { type ActivationQuantization, cloneGraph, type Graph, type Param } from '../../src/graph/graph.ts';
import { inferShapes } from '../../src/graph/infer.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { ActivationRanges, affineGrid } from '../../src/train/activation-ranges.ts';
import { evaluate } from '../../src/train/evaluate.ts';
import { fit } from '../../src/train/fit.ts';
import type { FitOptions } from '../../src/train/options.ts';
import { weightScales } from '../../src/train/parameters.ts';
import { wasmBackend } from '../helpers/backends.ts';
import { mnist, someMnist } from '../helpers/mnist.ts';

/** A float net without batch norm, every weight and value marked int8, with ranges that are far too wide. */
function quantizedNet(): Graph {
  const graph = cloneGraph(
    sequential(
      'quantized',
      [1, 28, 28],
      [
        { op: 'conv2d', name: 'conv', out: 8, kernel: 5, stride: 2 },
        { op: 'maxPool', name: 'pool', kernel: 2 },
        { op: 'flatten', name: 'flat' },
        { op: 'linear', name: 'fc1', out: 24 },
        { op: 'relu', name: 'act' },
        { op: 'linear', name: 'fc2', out: 10 },
      ],
    ),
  );
  for (const name of ['conv.weight', 'fc1.weight', 'fc2.weight']) {
    const param = graph.params.get(name) as Param;
    param.quant = { scale: weightScales(param.values, param.shape[0]) };
  }
  const activations = new Map<string, ActivationQuantization>();
  for (const name of inferShapes(graph).keys()) activations.set(name, { scale: 0.5, zeroPoint: 3 });
  return { ...graph, activations };
}

async function train(options: Partial<FitOptions> = {}): Promise<Graph> {
  const optimizer = { kind: 'sgd', lr: 0.02, momentum: 0.9 } as const;
  const backend = wasmBackend();
  const data = await someMnist(2000);
  return (await fit(quantizedNet(), data, { epochs: 4, batch: 32, optimizer, backend, ...options })).graph;
}

describe('affineGrid', () => {
  test.each([
    [-1, 1],
    [0, 6],
    [-0.4242, 2.8215],
    [0.5, 3],
    [-7, -2],
    [-1e-3, 900],
    [-900, 1e-3],
    [0, 0],
  ])('[%f, %f]: 0 lies on the grid, and the grid covers the range to half a step', (low, high) => {
    const { scale, zeroPoint } = affineGrid(low, high);
    expect(Number.isInteger(zeroPoint) && zeroPoint >= -128 && zeroPoint <= 127).toBe(true);
    expect(scale).toBe(Math.fround(scale));
    expect((-128 - zeroPoint) * scale).toBeLessThanOrEqual(Math.min(low, 0) + scale * 0.5001);
    expect((127 - zeroPoint) * scale).toBeGreaterThanOrEqual(Math.max(high, 0) - scale * 0.5001);
  });

  test('a ReLU starts at the lowest code', () => {
    expect(affineGrid(0, 5.1)).toEqual({ scale: Math.fround(0.02), zeroPoint: -128 });
  });
});

test('ranges follow the data in the first part only, and are written back', async () => {
  const seen: number[] = [];
  const first = await train({ epochs: 1, maxSteps: 40, trackRanges: 0.5 });
  const longer = await train({ epochs: 1, maxSteps: 40, trackRanges: 1 });
  const never = await train({ epochs: 1, maxSteps: 40, trackRanges: 0 });
  for (const graph of [first, longer, never]) seen.push(graph.activations?.get('act')?.scale as number);
  expect(never.activations?.get('act')).toEqual({ scale: 0.5, zeroPoint: 3 });
  expect(seen[0]).toBeLessThan(0.5);
  expect(seen[1]).toBeLessThan(seen[0]);
});

test('values that only move share the grid of what they are made from', async () => {
  const { activations } = await train({ epochs: 1 });
  expect(activations?.get('pool')).toEqual(activations?.get('conv'));
  expect(activations?.get('flat')).toEqual(activations?.get('conv'));
  expect(activations?.get('act')).not.toEqual(activations?.get('fc1'));
});

test('quantization-aware training learns, and its graph computes the same fake-quantized and as integers', async () => {
  const graph = await train();
  const held = (await mnist()).test.subset(0, 1000);
  const imitated = await evaluate(graph, held, { backend: wasmBackend(), fakeQuantized: true });
  const integers = await evaluate(graph, held, { backend: wasmBackend() });
  expect(imitated.top1).toBeGreaterThan(0.85);
  expect(Math.abs(integers.top1 - imitated.top1)).toBeLessThanOrEqual(0.005);
  expect(integers.loss).toBeCloseTo(imitated.loss, 1);
});

test('every listed value is on its grid, others are left alone', () => {
  const graph = quantizedNet();
  const engine = new Engine(wasmBackend());
  const ranges = new ActivationRanges(engine, graph);
  engine.step(() => {
    const x = engine.tensor([2, 3], [0.1, 0.3, -0.6, 100, -100, 0]);
    expect([...ranges.apply('fc1', x).view()]).toEqual([0, 0.5, -0.5, 62, -65.5, 0]);
    expect(ranges.apply('elsewhere', x)).toBe(x);
    expect(ranges.apply('pool', x)).toBe(x);
  });
  expect(new ActivationRanges(engine, { ...graph, activations: undefined }).activations()).toBeUndefined();
});
