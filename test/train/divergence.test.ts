/** NaN and infinity are met in the step in which they appear, and the message says where. */
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/autograd/engine.ts';
import { quantize } from '../../src/compress/quantize.ts';
import { DataError, DivergenceError } from '../../src/core/errors.ts';
import { dataset } from '../../src/data/dataset.ts';
import { cloneGraph, type Graph, type Param } from '../../src/graph/graph.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { crossEntropy } from '../../src/ops/cross-entropy.ts';
import { fit } from '../../src/train/fit.ts';
import type { EpochLog, FitOptions, Progress, StepContext } from '../../src/train/options.ts';
import { unpack } from '../../src/train/state.ts';
import { stripes } from '../compress/data.ts';
import { bothBackends, wasmBackend } from '../helpers/backends.ts';

const data = stripes(64);
const net = (): Graph =>
  sequential(
    'net',
    [1, 8, 8],
    [
      { op: 'conv2d', name: 'c', out: 6, kernel: 3 },
      { op: 'batchNorm', name: 'n' },
      { op: 'relu', name: 'r' },
      'flatten',
      { op: 'linear', name: 'f1', out: 8 },
      { op: 'linear', name: 'f2', out: 4 },
    ],
  );
const options: FitOptions = { epochs: 2, batch: 16, optimizer: { kind: 'sgd', lr: 0.01 } };

/** What `fit` threw, and the checkpoints it left. */
async function failure(more: Partial<FitOptions>, graph = net(), images = data) {
  const saved: Uint8Array[] = [];
  const checkpoint = { every: 1000, save: (state: Uint8Array) => void saved.push(state) };
  const run = fit(graph, images, { ...options, backend: wasmBackend(), checkpoint, ...more });
  const error = await run.then(
    () => expect.unreachable('it should have thrown'),
    (thrown: unknown) => thrown,
  );
  return { error, saved };
}

/** Writes a value into a parameter after a step. */
const poison =
  (after: number, name: string, value: number) =>
  ({ step, parameters }: StepContext): void => {
    const leaf = new Map(parameters.named()).get(name);
    if (step === after && leaf) leaf.view()[0] = value;
  };

/** A loss whose gradient alone is scaled, in one step. */
function scaledGradient(step: number, factor: number): FitOptions['loss'] {
  let calls = 0;
  return ({ logits, target, engine }) => {
    calls += 1;
    const scale = calls === step ? factor : 1;
    const seeded = engine as Engine & { backward: Engine['backward'] };
    seeded.backward = (loss) => Object.getPrototypeOf(engine).backward.call(engine, loss, scale);
    return crossEntropy(logits, target);
  };
}

describe.each(bothBackends())('%s', (_name, backend) => {
  test.each([
    ['c.weight', 'c'],
    ['n.gamma', 'n'],
    ['f1.weight', 'f1'],
    ['f2.bias', 'f2'],
  ])('forward: %s infinite, so the value of %s is named', async (param, layer) => {
    const { error } = await failure({ backend, onStep: poison(3, param, Infinity) });
    expect(error).toBeInstanceOf(DivergenceError);
    expect(error).toMatchObject({ step: 4, layer });
    expect(String(error)).toContain(`step 4: the value of '${layer}' is not finite; lower the learning rate`);
  });
});

test('backward: the first parameter whose gradient is not finite', async () => {
  const { error } = await failure({ loss: scaledGradient(2, Infinity) });
  expect(error).toMatchObject({ step: 2, layer: 'c.weight' });
  expect(String(error)).toContain("the gradient of 'c.weight'");
});

test('backward: gradients that are finite while their norm is not', async () => {
  const { error } = await failure({ loss: scaledGradient(2, 1e30) });
  expect(String(error)).toContain("step 2: the norm of the gradient of 'parameters' is not finite");
});

test('update: the parameter that overflowed is named, in the very last step too', async () => {
  for (const maxSteps of [1, 5]) {
    // In the last step the rate leaps, and the gradients are finite but large.
    const schedule = { kind: 'step', at: [1 - 1 / maxSteps], gamma: 1e38 } as const;
    const { error, saved } = await failure({ maxSteps, schedule, loss: scaledGradient(maxSteps, 1e10) });
    expect(error).toMatchObject({ step: maxSteps, layer: 'c.weight' });
    // What is there now is of no use: it is not written.
    expect(saved.length).toBe(maxSteps > 4 ? 1 : 0);
  }
});

test('a custom loss that is NaN by itself', async () => {
  const loss: FitOptions['loss'] = ({ engine, logits, target }) => {
    const value = crossEntropy(logits, target);
    engine.backend.fill({ y: value.ptr, size: 1, value: Number.NaN });
    return value;
  };
  const { error } = await failure({ loss });
  expect(error).toMatchObject({ step: 1, layer: 'loss' });
});

test('an int8 graph whose rounding would hide an infinity', async () => {
  const graph = quantize(net(), data, { samples: 32 }, wasmBackend()).graph;
  const { error } = await failure({ trackRanges: 1, onStep: poison(2, 'f1.bias', Infinity) }, graph);
  expect(error).toBeInstanceOf(DivergenceError);
  expect(error).toMatchObject({ step: 3, layer: 'f1' });
});

test('data that is not finite is blamed on the data, with the image', async () => {
  const images = new Float32Array(64 * 64).map((_, i) => Math.sin(i));
  const floats = dataset({ ...data, images });
  images[17 * 64 + 5] = Number.NaN;
  const { error } = await failure({}, net(), floats);
  expect(error).toBeInstanceOf(DataError);
  expect(String(error)).toContain('training data: expected finite values, got NaN at element 5 of image 17');
  expect(String(error)).not.toContain('learning rate');
});

test('what stood before the step is saved: running statistics and ranges too', async () => {
  const graph = quantize(net(), data, { samples: 32 }, wasmBackend()).graph;
  for (const start of [net(), graph]) {
    const good: Uint8Array[] = [];
    const every = { every: 1, save: (state: Uint8Array) => void good.push(state) };
    // Images that are fine for 5 steps only.
    const throwing: FitOptions['loss'] = (() => {
      let calls = 0;
      return ({ logits, target, engine }) => {
        calls += 1;
        const loss = crossEntropy(logits, target);
        if (calls === 7) engine.backend.fill({ y: loss.ptr, size: 1, value: Number.NaN });
        return loss;
      };
    })();
    await failure({ loss: throwing, checkpoint: every, trackRanges: 1 }, start);
    // The last two: after step 6, and what was left of it when step 7 failed.
    expect(good.length).toBe(7);
    const [before, left] = good.slice(-2);
    expect(timeless(left)).toEqual(timeless(before));
  }
});

/** A checkpoint without the one thing that may differ: the seconds so far. */
function timeless(state: Uint8Array): object {
  const { position, ...rest } = unpack(state) as unknown as { position: { sums: object } };
  return { ...rest, ...position, sums: { ...position.sums, seconds: 0 } };
}

test('a validation loss that is NaN', async () => {
  const images = new Float32Array(64 * 64).fill(1);
  const validation = dataset({ ...data, images });
  images.fill(Number.POSITIVE_INFINITY);
  const { error } = await failure({ validation });
  expect(error).toBeInstanceOf(DivergenceError);
  expect(error).toMatchObject({ step: 4 });
});

test('the norm of the gradient and the sparsity are told, whether or not gradients are clipped', async () => {
  const graph = cloneGraph(net());
  const weight = graph.params.get('f1.weight') as Param;
  weight.mask = Uint8Array.from(weight.values, (_, i) => (i < 72 ? 0 : 1));
  const all = 6 * 9 + 8 * 6 * 36 + 4 * 8;
  for (const clipNorm of [undefined, 1e-3, 1e9]) {
    const norms: number[] = [];
    const seen: Progress[] = [];
    const epochs: EpochLog[] = [];
    await fit(graph, data, {
      ...options,
      backend: wasmBackend(),
      clipNorm,
      onStep: ({ parameters, gradientNorm }) => {
        let squares = 0;
        for (const name of graph.params.keys()) {
          for (const g of parameters.gradient(name) ?? []) squares += g * g;
        }
        norms.push(Math.sqrt(squares));
        if (clipNorm !== 1e-3) expect(gradientNorm).toBeCloseTo(Math.sqrt(squares), 4);
        else expect(Math.sqrt(squares)).toBeCloseTo(1e-3, 5);
      },
      callbacks: {
        onStep: (progress) => void seen.push(progress),
        onEpochEnd: (log) => void epochs.push(log),
      },
    });
    expect(seen.every((p) => p.gradientNorm > 0.01 && p.sparsity === 72 / all)).toBe(true);
    const mean = seen.slice(4).reduce((sum, p) => sum + p.gradientNorm, 0) / 4;
    expect(epochs[1].gradientNorm).toBeCloseTo(mean, 9);
    expect(epochs[1].sparsity).toBe(72 / all);
  }
});
