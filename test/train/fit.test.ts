import { describe, expect, test } from 'vitest';
import { ArgumentError, DivergenceError, type ShapeError } from '../../src/core/errors.ts';
import { dataset } from '../../src/data/dataset.ts';
import { cloneGraph, type Graph, type Param } from '../../src/graph/graph.ts';
import { builder } from '../../src/nn/builder.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { crossEntropy } from '../../src/ops/cross-entropy.ts';
import { evaluate } from '../../src/train/evaluate.ts';
import { fit } from '../../src/train/fit.ts';
import type { FitOptions, Progress } from '../../src/train/options.ts';
import { referenceBackend, wasmBackend } from '../helpers/backends.ts';
import { mnist, smallNet, someMnist } from '../helpers/mnist.ts';

const sgd = { kind: 'sgd', lr: 0.05, momentum: 0.9, nesterov: true } as const;
const quick = (options: Partial<FitOptions> = {}): FitOptions => ({
  epochs: 1,
  batch: 20,
  optimizer: sgd,
  backend: wasmBackend(),
  ...options,
});
const bytesOf = (graph: Graph): Buffer =>
  Buffer.concat([...graph.params.values()].map(({ values }) => Buffer.from(values.buffer)));

describe('learning', () => {
  test('a small net learns 2,000 digits: above 90 % of 1,000 test images', async () => {
    const { train, test: held } = await mnist();
    const { graph, history } = await fit(
      smallNet(),
      train.subset(0, 2000),
      quick({ epochs: 4, batch: 32, schedule: { kind: 'oneCycle' } }),
    );
    const score = await evaluate(graph, held.subset(0, 1000), { backend: wasmBackend() });
    expect(score.top1).toBeGreaterThan(0.9);
    expect(history[3].loss).toBeLessThan(history[0].loss / 2);
    expect(history[3].top1).toBeGreaterThan(history[0].top1);
  });

  test('AdamW, and the reference backend, learn too', async () => {
    const data = await someMnist(400);
    const net = sequential('linear', [1, 28, 28], ['flatten', { op: 'linear', out: 10 }]);
    const optimizer = { kind: 'adamw', lr: 0.003 } as const;
    for (const backend of [wasmBackend(), referenceBackend()]) {
      const { history } = await fit(net, data, quick({ epochs: 4, optimizer, backend }));
      expect(history[3].top1).toBeGreaterThan(0.85);
    }
  });

  test('training a graph that ends in softmax is training its logits', async () => {
    const data = await someMnist(200);
    const build = (softmax: boolean): Graph => {
      const b = builder('net', { x: [1, 28, 28] })
        .flatten('f', 'x')
        .linear('fc', 'f', { out: 10 });
      return softmax ? b.softmax('p', 'fc').output('p').build() : b.output('fc').build();
    };
    const [logits, probabilities] = await Promise.all([false, true].map((s) => fit(build(s), data, quick())));
    expect(bytesOf(probabilities.graph)).toEqual(bytesOf(logits.graph));
    const scores = await Promise.all(
      [logits, probabilities].map(({ graph }) => evaluate(graph, data, { backend: wasmBackend() })),
    );
    expect(scores[1]).toEqual(scores[0]);
  });
});

describe('the contract', () => {
  test('the graph given is not changed; the same seed gives the same bytes, another seed others', async () => {
    const data = await someMnist(200);
    const graph = smallNet();
    const before = cloneGraph(graph);
    const options = { augment: { shift: 2, flip: true, crop: 0.8 } };
    const first = await fit(graph, data, quick(options));
    expect(graph).toEqual(before);
    const again = await fit(graph, data, quick(options));
    expect(bytesOf(again.graph)).toEqual(bytesOf(first.graph));
    const other = await fit(graph, data, quick({ ...options, seed: 2 }));
    expect(bytesOf(other.graph)).not.toEqual(bytesOf(first.graph));
  });

  test('steps: the last partial batch is left out, a small set is one batch, maxSteps ends early', async () => {
    const data = await someMnist(110);
    const steps = async (options: Partial<FitOptions>): Promise<number[]> =>
      (await fit(smallNet(), data, quick(options))).history.map((log) => log.step);
    expect(await steps({ epochs: 2, batch: 50 })).toEqual([2, 4]);
    expect(await steps({ epochs: 2, batch: 500 })).toEqual([1, 2]);
    expect(await steps({ epochs: 9, batch: 50, maxSteps: 5 })).toEqual([2, 4, 5]);
  });

  test('progress: epoch, step, rate and the schedule', async () => {
    const seen: Progress[] = [];
    const epochs: number[] = [];
    await fit(
      smallNet(),
      await someMnist(100),
      quick({
        epochs: 2,
        schedule: { kind: 'step', at: [0.5], gamma: 0.1 },
        callbacks: { onStep: (progress) => seen.push(progress), onEpochEnd: (log) => epochs.push(log.epoch) },
      }),
    );
    expect(seen.map((p) => p.step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(seen.map((p) => p.epoch)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
    expect(seen.every((p) => p.steps === 10 && p.rate > 0 && p.top1 >= 0 && p.top1 <= 1)).toBe(true);
    expect(seen.map((p) => p.lr)).toEqual([...Array(5).fill(0.05), ...Array(5).fill(0.05 * 0.1)]);
    expect(epochs).toEqual([0, 1]);
  });

  test('the event loop runs during training, and an abort signal ends it', async () => {
    const data = await someMnist(1000);
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 5);
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 400);
    const training = fit(smallNet(), data, quick({ epochs: 10_000, signal: controller.signal }));
    await expect(training).rejects.toThrow('enough');
    clearInterval(timer);
    expect(ticks).toBeGreaterThanOrEqual(3);
  });

  test('a loss that leaves the finite numbers is a DivergenceError with its step', async () => {
    const data = await someMnist(200);
    const optimizer = { kind: 'sgd', lr: 1e30 } as const;
    await expect(fit(smallNet(), data, quick({ optimizer }))).rejects.toThrow(DivergenceError);
    await expect(fit(smallNet(), data, quick({ optimizer }))).rejects.toThrow(
      /step 2: the value of 'fc1' is not finite/,
    );
  });

  test('a gradient that is not finite is noticed', async () => {
    const data = await someMnist(40);
    const training = fit(
      smallNet(),
      data,
      quick({
        loss: ({ logits, target, engine }) => {
          const loss = crossEntropy(logits, target);
          // The loss itself is finite; a factor of its gradient is not.
          const { backward } = engine;
          engine.backward = (value) => backward.call(engine, value, Number.POSITIVE_INFINITY);
          return loss;
        },
      }),
    );
    await expect(training).rejects.toThrow(/step 1: the gradient of 'conv.weight' is not finite/);
  });

  test('options and data that do not fit', async () => {
    const data = await someMnist(40);
    const refused = async (options: Partial<FitOptions>, error: typeof ArgumentError | typeof ShapeError) => {
      await expect(fit(smallNet(), data, quick(options))).rejects.toThrow(error);
    };
    await refused({ epochs: 0 }, ArgumentError);
    await refused({ batch: 1.5 }, ArgumentError);
    await refused({ labelSmoothing: 1 }, ArgumentError);
    await refused({ optimizer: { kind: 'sgd', lr: 0 } }, ArgumentError);
    await refused({ schedule: { kind: 'oneCycle', warmup: 2 } }, ArgumentError);
    await refused({ earlyStopping: { patience: 2 } }, ArgumentError);
    await refused({ averaging: 1 }, ArgumentError);
    await refused({ augment: { shift: 28 } }, ArgumentError);
    const wide = dataset({ ...data, shape: [1, 14, 56] });
    await expect(fit(smallNet(), wide, quick())).rejects.toThrow(/expected 1x28x28, got 1x14x56/);
    const fewer = dataset({ ...data, labels: new Uint8Array(40), classes: ['0', '1'] });
    await expect(fit(smallNet(), fewer, quick())).rejects.toThrow(/expected 2 classes, got 10/);
  });
});

describe('options', () => {
  test('label smoothing: the loss of a sure and right answer is not 0', async () => {
    const data = await someMnist(40);
    const last = async (labelSmoothing: number): Promise<number> => {
      const { history } = await fit(smallNet(), data, quick({ epochs: 40, labelSmoothing }));
      return history[39].loss;
    };
    // The least a smoothed target allows: its own entropy, here of (0.91, 9 x 0.01).
    const entropy = -(0.91 * Math.log(0.91) + 0.09 * Math.log(0.01));
    expect(await last(0)).toBeLessThan(0.02);
    const smoothed = await last(0.1);
    expect(smoothed).toBeGreaterThan(entropy - 1e-6);
    expect(smoothed).toBeLessThan(entropy + 0.05);
  });

  test('early stopping returns the graph of the best epoch', async () => {
    const { train, validation } = await mnist();
    const held = validation.subset(0, 200);
    // The rate explodes after two epochs: what follows is worse.
    const { graph, history } = await fit(
      smallNet(),
      train.subset(0, 400),
      quick({
        epochs: 50,
        optimizer: { kind: 'sgd', lr: 0.02 },
        schedule: { kind: 'step', at: [0.04], gamma: 500 },
        validation: held,
        earlyStopping: { patience: 3 },
      }),
    );
    const scores = history.map((log) => log.validation?.top1 ?? 0);
    const best = Math.max(...scores);
    expect(history.length).toBe(scores.indexOf(best) + 4);
    expect(history.length).toBeLessThan(50);
    expect(scores.at(-1)).toBeLessThan(best);
    expect((await evaluate(graph, held, { backend: wasmBackend() })).top1).toBeCloseTo(best, 2);
  });

  test('averaging: what is validated and returned is the average, with its batch-norm statistics', async () => {
    const { train, validation } = await mnist();
    const held = validation.subset(0, 500);
    const run = (averaging?: number) =>
      fit(smallNet(), train.subset(0, 800), quick({ epochs: 2, averaging, validation: held }));
    const [plain, averaged] = [await run(), await run(0.95)];
    const name = [...plain.graph.params.keys()].find((key) => key.endsWith('.mean')) as string;
    expect(averaged.graph.params.get(name)?.values).not.toEqual(plain.graph.params.get(name)?.values);
    // Averaging looks on: training itself goes the same way.
    expect(averaged.history.map((log) => log.loss)).toEqual(plain.history.map((log) => log.loss));
    const { loss } = await evaluate(averaged.graph, held, { backend: wasmBackend() });
    expect(loss).toBeCloseTo(averaged.history[1].validation?.loss ?? 0, 4);
  });

  test('freezeBatchNorm leaves the running statistics alone', async () => {
    const data = await someMnist(200);
    const name = 'bn1.variance';
    const frozen = await fit(smallNet(), data, quick({ freezeBatchNorm: true }));
    expect(frozen.graph.params.get(name)?.values).toEqual(new Float32Array(8).fill(1));
    const moved = await fit(smallNet(), data, quick());
    expect(moved.graph.params.get(name)?.values).not.toEqual(new Float32Array(8).fill(1));
  });

  test('weight decay spares biases and batch norm unless told otherwise', async () => {
    const data = await someMnist(40);
    const run = async (decayAll: boolean): Promise<Graph> => {
      const optimizer = { kind: 'sgd', lr: 0.01, weightDecay: 10, decayAll } as const;
      return (await fit(smallNet(), data, quick({ epochs: 20, optimizer }))).graph;
    };
    const norm = (graph: Graph, name: string): number => {
      const { values } = graph.params.get(name) as Param;
      return Math.max(...values.map(Math.abs));
    };
    const [spared, all] = [await run(false), await run(true)];
    expect(norm(spared, 'conv.weight')).toBeLessThan(0.05);
    expect(norm(spared, 'bn1.gamma')).toBeGreaterThan(0.5);
    expect(norm(all, 'bn1.gamma')).toBeLessThan(0.1);
  });

  test('a loss of the caller sees indices, inputs and values', async () => {
    const data = await someMnist(40);
    const seen: number[] = [];
    const { history } = await fit(
      smallNet(),
      data,
      quick({
        loss: ({ logits, target, indices, input, values }) => {
          seen.push(...indices);
          expect(input.shape).toEqual([20, 1, 28, 28]);
          expect(values.get('conv')?.shape).toEqual([20, 8, 12, 12]);
          return crossEntropy(logits, target);
        },
      }),
    );
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
    const plain = await fit(smallNet(), data, quick());
    expect(history[0].loss).toBe(plain.history[0].loss);
  });
});

test('evaluate does not depend on the batch and counts a confusion', async () => {
  const data = (await mnist()).test.subset(0, 333);
  const scores = await Promise.all(
    [1, 100, 200, 1000].map((batch) => evaluate(smallNet(), data, { batch, backend: wasmBackend() })),
  );
  for (const { top1, confusion, loss } of scores) {
    expect(top1).toBe(scores[0].top1);
    expect(confusion).toEqual(scores[0].confusion);
    expect(loss).toBeCloseTo(scores[0].loss, 6);
  }
  const { confusion, top1 } = scores[0];
  expect(confusion.flat().reduce((a, b) => a + b)).toBe(333);
  expect(confusion.reduce((sum, row, i) => sum + row[i], 0) / 333).toBe(top1);
  confusion.forEach((row, label) => {
    expect(row.reduce((a, b) => a + b)).toBe(data.labels.filter((l) => l === label).length);
  });
});
