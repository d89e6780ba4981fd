/** A training that was interrupted and resumed is, to the bit, the training that was not. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { distillation } from '../../src/compress/distill.ts';
import { importance } from '../../src/compress/importance.ts';
import { gradualPruning, prune } from '../../src/compress/prune.ts';
import { quantize } from '../../src/compress/quantize.ts';
import { share } from '../../src/compress/share.ts';
import { CheckpointError } from '../../src/core/errors.ts';
import { Rng } from '../../src/core/rng.ts';
import { dataset } from '../../src/data/dataset.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { fit } from '../../src/train/fit.ts';
import { graphTree } from '../../src/train/graph-state.ts';
import type { EpochLog, FitOptions } from '../../src/train/options.ts';
import { pack } from '../../src/train/state.ts';
import { stripes } from '../compress/data.ts';
import { wasmBackend } from '../helpers/backends.ts';

const data = stripes(100);
const validation = stripes(60, 2);

function net(seed = 1): Graph {
  return sequential(
    'net',
    [1, 8, 8],
    [
      { op: 'conv2d', name: 'c', out: 6, kernel: 3, bias: false },
      'batchNorm',
      'relu',
      { op: 'maxPool', kernel: 2 },
      'flatten',
      { op: 'linear', name: 'f', out: 4 },
    ],
    { rng: new Rng(seed) },
  );
}

const int8 = (): Graph => quantize(net(), data, { samples: 32 }, wasmBackend()).graph;
const shared = (): Graph => share(net(), { k: { c: 7, f: 5 } }, wasmBackend()).graph;
const adamw = { kind: 'adamw', lr: 0.01, weightDecay: 0.02 } as const;
const sgd = { kind: 'sgd', lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 1e-3 } as const;

/** 6 steps an epoch, the images of the last batch left out. */
const base = { epochs: 3, batch: 16, seed: 4 };

/** Options are made anew for each training: losses and hooks may remember. */
interface Case {
  graph(): Graph;
  options(graph: Graph): FitOptions;
}

const cases: Record<string, Case> = {
  'AdamW, one cycle, clipping, smoothing, augmentation': {
    graph: net,
    options: () => ({
      ...base,
      optimizer: adamw,
      schedule: { kind: 'oneCycle' },
      clipNorm: 0.5,
      labelSmoothing: 0.1,
      augment: { shift: 1, flip: true, crop: 0.8 },
    }),
  },
  'SGD with Nesterov momentum, gradual pruning, moving average, validation': {
    graph: net,
    options: (graph) => ({
      ...base,
      optimizer: sgd,
      schedule: { kind: 'cosine', warmup: 0.2 },
      averaging: 0.9,
      validation,
      onStep: gradualPruning(graph, { sparsity: 0.7, every: 2, end: 0.9 }),
    }),
  },
  'plain SGD, maxSteps amid an epoch, frozen batch norm': {
    graph: net,
    options: () => ({ ...base, optimizer: { kind: 'sgd', lr: 0.05 }, maxSteps: 15, freezeBatchNorm: true }),
  },
  'quantization-aware, with ranges that follow, pruned and averaged': {
    graph: int8,
    options: (graph) => ({
      ...base,
      optimizer: { ...adamw, lr: 0.002 },
      trackRanges: 0.6,
      averaging: 0.8,
      onStep: gradualPruning(graph, { sparsity: 0.5, every: 3 }),
    }),
  },
  'early stopping, whose best epoch lies before the interruption': {
    graph: int8,
    options: () => ({
      ...base,
      epochs: 20,
      optimizer: sgd,
      schedule: { kind: 'step', at: [0.05], gamma: 200 },
      validation,
      earlyStopping: { patience: 2 },
      averaging: 0.5,
    }),
  },
  'codebooks, distillation': {
    graph: shared,
    options: () => ({ ...base, optimizer: { ...adamw, lr: 0.002 }, loss: distillation(net(9), data) }),
  },
  'distillation of augmented images, codebooks and int8': {
    graph: () => quantize(shared(), data, { samples: 32 }, wasmBackend()).graph,
    options: () => ({
      ...base,
      optimizer: { ...sgd, lr: 0.001 },
      augment: { shift: 1 },
      loss: distillation(net(9), data, { augmented: true, temperature: 3 }),
    }),
  },
};

const sha256 = (graph: Graph): string =>
  createHash('sha256')
    .update(pack(graphTree(graph)))
    .digest('hex');
const timeless = (history: readonly EpochLog[]): object[] => history.map(({ seconds, ...log }) => log);

describe.each(Object.entries(cases))('%s', (_name, { graph, options }) => {
  test('resumed at any step it ends with the same bits', async () => {
    const run = (more: Partial<FitOptions>) => {
      const start = graph();
      return fit(start, data, { ...options(start), backend: wasmBackend(), ...more });
    };
    const whole = await run({});
    const saved: Uint8Array[] = [];
    const watched = await run({ checkpoint: { every: 1, save: (state) => void saved.push(state) } });
    expect(sha256(watched.graph)).toBe(sha256(whole.graph));
    expect(saved.length).toBe(whole.history.at(-1)?.step);

    // Amid the first epoch, its last step but one, the end of an epoch, amid the last one, the very end.
    const last = saved.length - 1;
    for (const at of [0, 2, 4, 5, 6, 8, last - 2, last]) {
      const again: Uint8Array[] = [];
      const resumed = await run({
        resume: saved[at],
        checkpoint: { every: 4, save: (state) => void again.push(state) },
      });
      expect(sha256(resumed.graph), `from checkpoint ${at}`).toBe(sha256(whole.graph));
      expect(timeless(resumed.history)).toEqual(timeless(whole.history));
      // Interrupted a second time.
      if (again.length > 1 && at === 2) {
        const twice = await run({ resume: again[0] });
        expect(sha256(twice.graph)).toBe(sha256(whole.graph));
      }
    }
  });
});

test('memory that others use on the same backend changes nothing', async () => {
  const options: FitOptions = { ...base, optimizer: adamw, averaging: 0.9 };
  const saved: Uint8Array[] = [];
  const checkpoint = { every: 5, save: (state: Uint8Array) => void saved.push(state) };
  const whole = await fit(net(), data, { ...options, backend: wasmBackend(), checkpoint });
  const backend = wasmBackend();
  backend.heap.alloc(12345);
  await fit(net(3), data, { ...options, backend });
  const resumed = await fit(net(), data, { ...options, backend, resume: saved[0] });
  expect(sha256(resumed.graph)).toBe(sha256(whole.graph));
});

test('masks that the graph has and the checkpoint has not do not stay', async () => {
  const options: FitOptions = { ...base, optimizer: adamw };
  const saved: Uint8Array[] = [];
  const checkpoint = { every: 4, save: (state: Uint8Array) => void saved.push(state) };
  const whole = await fit(net(), data, { ...options, backend: wasmBackend(), checkpoint });
  const pruned = prune(net(), importance(net(), null, { criterion: 'magnitude' }), { sparsity: 0.5 }).graph;
  const resumed = await fit(pruned, data, { ...options, backend: wasmBackend(), resume: saved[0] });
  const values = (graph: Graph) => [...graph.params.values()].map((p) => p.values);
  expect(values(resumed.graph)).toEqual(values(whole.graph));
  expect(resumed.history[2].sparsity).toBe(0);
});

test('progress goes on where it was; an abort leaves a checkpoint and throws its reason', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const saved: Uint8Array[] = [];
  const steps: number[] = [];
  const options: FitOptions = { ...base, optimizer: adamw, backend: wasmBackend() };
  const first = fit(net(), data, {
    ...options,
    signal: controller.signal,
    checkpoint: { every: 1000, save: (state) => void saved.push(state) },
    callbacks: {
      onStep: ({ step }) => {
        steps.push(step);
        if (step === 8) controller.abort(reason);
      },
    },
  });
  await expect(first).rejects.toBe(reason);
  expect(saved.length).toBe(2); // after the first epoch, and on the way out
  const rest = await fit(net(), data, {
    ...options,
    resume: saved[1],
    callbacks: { onStep: ({ step }) => void steps.push(step) },
  });
  expect(steps).toEqual(Array.from({ length: 18 }, (_, i) => i + 1));
  expect(sha256(rest.graph)).toBe(sha256((await fit(net(), data, options)).graph));
});

describe('a checkpoint of another run is refused, and what differs is named', async () => {
  const saved: Uint8Array[] = [];
  const options: FitOptions = { ...base, optimizer: adamw, validation };
  await fit(net(), data, {
    ...options,
    backend: wasmBackend(),
    checkpoint: { every: 4, save: (state) => void saved.push(state) },
  });
  const wider = sequential('net', [1, 8, 8], ['flatten', { op: 'linear', name: 'f', out: 4 }]);
  const darker = dataset({ ...data, meaning: { ...data.meaning, mean: [0.4] } });

  test.each<[string, Graph, typeof data, Partial<FitOptions>, RegExp]>([
    ['seed', net(), data, { seed: 5 }, /checkpoint: options.seed: expected 4, got 5; resume with/],
    ['batch', net(), data, { batch: 20 }, /options.batch: expected 16, got 20/],
    ['rate', net(), data, { optimizer: { kind: 'adamw', lr: 0.02 } }, /options.optimizer.lr: expected 0.01/],
    ['an option more', net(), data, { clipNorm: 1 }, /options.clipNorm: expected none, got 1/],
    ['a hook more', net(), data, { onStep: () => {} }, /options.onStep: expected false, got true/],
    ['graph', wider, data, {}, /checkpoint: graph\.nodes\[0\]\.\w+: expected/],
    ['quantized', int8(), data, {}, /checkpoint: graph\./],
    ['fewer images', net(), data.subset(0, 90), {}, /checkpoint: data.length: expected 100, got 90/],
    ['labels', net(), stripes(100, 3), {}, /checkpoint: data.labels: expected \d+, got \d+/],
    ['normalisation', net(), darker, {}, /data.meaning.mean\[0\]: expected 0.5, got 0.4/],
    ['validation', net(), data, { validation: undefined }, /checkpoint: validation: expected .*, got null/],
  ])('%s', async (_what, graph, images, more, message) => {
    const backend = wasmBackend();
    const resumed = fit(graph, images, { ...options, ...more, backend, resume: saved[0] });
    await expect(resumed).rejects.toThrow(message);
    await expect(resumed).rejects.toThrow(CheckpointError);
  });

  test('damaged, or of a recipe', async () => {
    const backend = wasmBackend();
    const cut = fit(net(), data, { ...options, backend, resume: saved[0].subarray(0, 500) });
    await expect(cut).rejects.toThrow(/checkpoint: file: expected \d+ bytes, got 500 \(truncated\)/);
    const other = fit(net(), data, { ...options, backend, resume: pack({ kind: 'recipe' }) });
    await expect(other).rejects.toThrow(/kind: expected the checkpoint of a training, got that of a recipe/);
  });
});
