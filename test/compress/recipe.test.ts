import { describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backend/backend.ts';
import { checkRecipe, type RecipeError, type RecipeEvent, runRecipe } from '../../src/compress/recipe.ts';
import * as recipes from '../../src/compress/recipes.ts';
import { CheckpointError, DivergenceError } from '../../src/core/errors.ts';
import { Rng } from '../../src/core/rng.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { dsStudent, lenet5 } from '../../src/nn/models.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { evaluate } from '../../src/train/evaluate.ts';
import { graphTree } from '../../src/train/graph-state.ts';
import { pack } from '../../src/train/state.ts';
import { wasmBackend } from '../helpers/backends.ts';
import { stripes } from './data.ts';

const backend = (): Backend => wasmBackend();
const optimizer = { kind: 'adamw', lr: 0.01 } as const;

function small(seed = 1): Graph {
  return sequential(
    'small',
    [1, 8, 8],
    [
      { op: 'conv2d', name: 'c', out: 8, kernel: 3 },
      'batchNorm',
      { op: 'relu', name: 'r' },
      { op: 'maxPool', kernel: 2 },
      'flatten',
      { op: 'linear', name: 'f', out: 4 },
    ],
    { rng: new Rng(seed) },
  );
}

const recipe = (...steps: unknown[]) => ({ name: 'test', seed: 1, steps });

describe('a recipe is refused before anything runs', () => {
  test.each([
    [[], /recipe: value: expected an object, got \[\]/],
    [{ name: 'x', steps: [] }, /recipe: seed: expected a value, got undefined/],
    [{ name: 'x', seed: 1, steps: {} }, /recipe: steps: expected a list, got {}/],
    [
      { name: 'x', seed: 1, steps: [], extra: 1 },
      /recipe: extra: expected one of name, seed, steps, got 'extra'/,
    ],
    [recipe({ step: 'shrink' }), /step 0 \(shrink\): step: expected one of train, finetune.*got 'shrink'/],
    [recipe({ step: 'share', options: {} }), /step 0 \(share\): k: expected a value, got undefined/],
    [
      recipe({ step: 'prune', options: { alpha: 1 } }, { step: 'share', options: { k: 300 } }),
      /step 1 \(share\): k: expected a whole number from 2 to 256, got 300/,
    ],
    [recipe({ step: 'share', options: { k: { g: 4 } } }), /step 0 \(share\): k: expected one of .*, got 'g'/],
    [recipe({ step: 'prune', options: { layers: ['c', 'q'] } }), /layers\[1\]: expected one of .*, got 'q'/],
    [recipe({ step: 'prune', options: {} }), /exactly one of sparsity, alpha, got 'none'/],
    [recipe({ step: 'prune', options: { sparsity: 0.5, alpha: 1 } }), /got 'sparsity, alpha'/],
    [
      recipe({ step: 'prune', options: { sparsity: '0.5' } }),
      /sparsity: expected a number from 0 to 1, got '0.5'/,
    ],
    [recipe({ step: 'removeChannels', options: {} }), /at least one of ratio, keep/],
    [recipe({ step: 'removeChannels', options: { keep: { f: 2 } } }), /keep: expected one of c, got 'f'/],
    [recipe({ step: 'train', options: { epochs: 1 } }), /step 0 \(train\): optimizer: expected a value/],
    [
      recipe({ step: 'train', options: { epochs: 1, optimizer: { kind: 'sgd', lr: -1 } } }),
      /optimizer.lr: expected a number above 0, got -1/,
    ],
    [
      recipe({ step: 'train', options: { epochs: 1, optimizer: { kind: 'lion', lr: 1 } } }),
      /optimizer.kind: expected one of sgd, adamw, got 'lion'/,
    ],
    [
      recipe({ step: 'train', options: { epochs: 1, optimizer, schedule: { kind: 'step', at: [0.5, 2] } } }),
      /schedule.at\[1\]: expected a number from 0 to below 1, got 2/,
    ],
    [
      recipe({ step: 'distill', options: { epochs: 1, optimizer } }),
      /teacher: expected a teacher handed to runRecipe/,
    ],
    [
      recipe({ step: 'train', options: { epochs: 1, optimizer, earlyStopping: { patience: 2 } } }),
      /earlyStopping: expected a validation set/,
    ],
    [
      recipe({ step: 'quantize' }, { step: 'quantize' }),
      /step 1 \(quantize\): step: expected a graph in f32/,
    ],
    [
      recipe({ step: 'quantize' }, { step: 'removeChannels', options: { ratio: 0.5 } }),
      /step 1 \(removeChannels\): step: expected removeChannels before quantize/,
    ],
    [
      recipe({
        step: 'pruneGradually',
        options: { epochs: 1, optimizer, sparsity: 0.5, begin: 0.8, end: 0.6 },
      }),
      /step 0 \(pruneGradually\): begin: expected at most end \(0.6\), got 0.8/,
    ],
  ])('%j', async (bad, message) => {
    const train = stripes(64);
    let began = 0;
    await expect(runRecipe(small(), bad, { train, backend, onProgress: () => began++ })).rejects.toThrow(
      message,
    );
    expect(began).toBe(0);
  });

  test('the error says which step and option', () => {
    try {
      checkRecipe(recipe({ step: 'share', options: { k: 1 } }), small(), {});
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({
        name: 'RecipeError',
        code: 'RECIPE',
        index: 0,
        option: 'k',
      } as RecipeError);
    }
  });
});

describe('runRecipe', () => {
  const everything = recipe(
    { step: 'train', options: { epochs: 3, batch: 32, optimizer } },
    { step: 'removeChannels', options: { keep: { c: 6 }, criterion: 'fisher', samples: 50 } },
    { step: 'pruneGradually', options: { epochs: 2, batch: 32, optimizer, sparsity: 0.6, every: 5 } },
    { step: 'share', options: { k: { c: 8, f: 4 } } },
    { step: 'distill', options: { epochs: 1, batch: 32, optimizer, teacher: { temperature: 3 } } },
    { step: 'quantize', options: { samples: 64, observer: 'minMax' } },
    { step: 'finetune', options: { epochs: 1, batch: 32, optimizer: { kind: 'sgd', lr: 0.001 } } },
    { step: 'prune', options: { sparsity: { c: 0.7 }, criterion: 'taylor', samples: 20 } },
  );

  test('follows every kind of step, reports each, and writes down where the graph comes from', async () => {
    const train = stripes(512);
    const validation = stripes(256, 2);
    const graph = small();
    const before = structuredClone([...graph.params.values()]);
    const events: RecipeEvent[] = [];
    const teacher = (
      await runRecipe(small(5), recipe({ step: 'train', options: { epochs: 3, optimizer } }), {
        train,
        backend,
      })
    ).graph;
    const result = await runRecipe(graph, everything, {
      train,
      validation,
      teacher,
      backend,
      onProgress: (event) => events.push(event),
    });
    expect([...graph.params.values()]).toEqual(before);
    expect(result.reports.map((r) => r.step)).toEqual(
      everything.steps.map((s) => (s as { step: string }).step),
    );
    expect(events.filter((e) => e.kind === 'begin').length).toBe(8);
    expect(events.filter((e) => e.kind === 'progress').length).toBe(16 * (3 + 2 + 1 + 1));
    const score = await evaluate(result.graph, validation, { backend: backend() });
    expect(result.reports.at(-1)?.validation?.top1).toBe(score.top1);
    expect(result.reports.at(-2)?.validation?.top1).toBeGreaterThan(0.9);

    const weight = result.graph.params.get('c.weight');
    expect(weight?.shape).toEqual([6, 1, 3, 3]);
    expect(weight?.values.filter((v) => v === 0).length).toBe(Math.round(0.7 * 54));
    const last = result.graph.params.get('f.weight');
    expect(last?.values.filter((v) => v === 0).length).toBe(Math.round(0.6 * 6 * 9 * 4));
    expect(new Set(last?.values).size).toBeLessThanOrEqual(5);
    expect(result.graph.activations?.size).toBeGreaterThan(3);
    expect(result.graph.meta.lineage).toMatchObject({ seed: 1, numerics: 2, steps: everything.steps });
    expect(result.graph.meta.classes).toEqual(train.classes);
  });

  test('is repeatable to the byte', async () => {
    const run = async () => {
      const { graph } = await runRecipe(small(), everything, {
        train: stripes(256),
        teacher: small(3),
        backend,
      });
      return [...graph.params.values()];
    };
    expect(await run()).toEqual(await run());
  });
});

test.each<[object, RegExp]>([
  [{}, /^runRecipe: train: expected a value, got undefined$/],
  [{ train: [] }, /^runRecipe: train: expected a data set/],
  [{ train: stripes(8), valid: stripes(8) }, /^runRecipe: valid: expected .*validation/],
  [{ train: stripes(8), teacher: {} }, /^runRecipe: teacher: expected a graph/],
  [{ train: stripes(8), backend: wasmBackend() }, /^runRecipe: backend: expected a function/],
  [{ train: stripes(8), checkpoint: { every: 1 } }, /^runRecipe: checkpoint.save: expected a value/],
])('inputs that are wrong %#', async (inputs, message) => {
  await expect(runRecipe(small(), recipe(), inputs as never)).rejects.toThrow(message);
});

describe('resuming', () => {
  const train = stripes(96);
  const validation = stripes(64, 2);
  const teacher = small(5);
  const epochs = { epochs: 1, batch: 32 };
  const chain = recipe(
    { step: 'pruneGradually', options: { ...epochs, optimizer, sparsity: 0.6, every: 2, averaging: 0.9 } },
    { step: 'removeChannels', options: { keep: { c: 6 }, criterion: 'fisher', samples: 20 } },
    { step: 'share', options: { k: { c: 8, f: 4 } } },
    { step: 'distill', options: { ...epochs, optimizer, augment: { shift: 1 } } },
    { step: 'quantize', options: { samples: 32 } },
    { step: 'finetune', options: { ...epochs, optimizer: { kind: 'sgd', lr: 0.001, momentum: 0.9 } } },
  );
  const inputs = { train, validation, teacher, backend };
  const exact = (graph: Graph): Uint8Array => pack(graphTree(graph));
  const timeless = (reports: unknown): string => JSON.stringify(reports).replace(/"seconds":[\d.e-]+/g, '');
  const saved: Uint8Array[] = [];
  const checkpoint = { every: 1, save: (state: Uint8Array) => void saved.push(state) };
  const whole = runRecipe(small(), chain, { ...inputs, checkpoint });

  test('from any checkpoint, amid a step or between two, ends with the same bits and reports', async () => {
    const { graph, reports } = await whole;
    // 3 steps in each of three trainings, of which the last is saved as the end of the epoch; and the end of each step.
    expect(saved.length).toBe(3 * 3 + 6);
    for (const state of saved) {
      const events: RecipeEvent[] = [];
      const resumed = await runRecipe(small(), chain, {
        ...inputs,
        resume: state,
        onProgress: (event) => events.push(event),
      });
      expect(exact(resumed.graph)).toEqual(exact(graph));
      expect(timeless(resumed.reports)).toBe(timeless(reports));
      const begun = events.filter((event) => event.kind === 'begin').map((event) => event.index);
      expect(begun).toEqual([0, 1, 2, 3, 4, 5].slice(6 - begun.length));
      expect(events.filter((event) => event.kind === 'end').length).toBe(begun.length);
    }
  });

  test('an abort between steps leaves a checkpoint', async () => {
    const controller = new AbortController();
    const states: Uint8Array[] = [];
    const run = runRecipe(small(), chain, {
      ...inputs,
      signal: controller.signal,
      checkpoint: { every: 1000, save: (state) => void states.push(state) },
      onProgress: (event) => {
        if (event.kind === 'end' && event.index === 1) controller.abort(new Error('enough'));
      },
    });
    await expect(run).rejects.toThrow('enough');
    const resumed = await runRecipe(small(), chain, { ...inputs, resume: states.at(-1) });
    expect(exact(resumed.graph)).toEqual(exact((await whole).graph));
  });

  test('another recipe, graph, data set or teacher is refused by name', async () => {
    await whole;
    const resume = saved[4];
    const refused = async (graph: Graph, other: unknown, more: object, message: RegExp): Promise<void> => {
      const run = runRecipe(graph, other, { ...inputs, resume, ...more });
      await expect(run).rejects.toThrow(CheckpointError);
      await expect(run).rejects.toThrow(message);
    };
    const changed = JSON.parse(JSON.stringify(chain));
    changed.steps[2].options.k.c = 9;
    await refused(small(), changed, {}, /checkpoint: recipe.steps\[2\].options.k.c: expected 8, got 9/);
    await refused(small(), { ...chain, seed: 2 }, {}, /recipe.seed: expected 1, got 2/);
    await refused(small(2), chain, {}, /checkpoint: graph.values: expected/);
    await refused(small(), chain, { teacher: small(6) }, /checkpoint: teacher.values/);
    await refused(small(), chain, { train: stripes(90) }, /checkpoint: train.length: expected 96, got 90/);
    const scores = new Map([['c.weight', new Float32Array(72)]]);
    await refused(small(), chain, { scores }, /checkpoint: scores: expected null, got \d+/);
    const damaged = runRecipe(small(), chain, { ...inputs, resume: resume.subarray(1) });
    await expect(damaged).rejects.toThrow(/checkpoint: file:/);
    const typed = runRecipe(small(), chain, { ...inputs, resume: 'x' as never });
    await expect(typed).rejects.toThrow(/runRecipe: resume: expected the bytes of a checkpoint, got 'x'/);
  });
});

test('a validation loss that is not finite ends the recipe', async () => {
  const graph = small();
  graph.params.get('f.weight')?.values.fill(3e38);
  const run = runRecipe(graph, recipe({ step: 'share', options: { k: 4, layers: ['c'] } }), {
    train: stripes(8),
    validation: stripes(8),
    backend,
  });
  await expect(run).rejects.toThrow(DivergenceError);
  await expect(run).rejects.toThrow(/after share, on validation, the value of 'f' is not finite/);
});

test('the recipes that come with the package are valid and are plain JSON', () => {
  const all = Object.entries(recipes);
  expect(all.length).toBeGreaterThan(5);
  for (const [name, shipped] of all) {
    const graph = name === 'student' || name === 'smallest' ? dsStudent() : lenet5();
    const text = JSON.parse(JSON.stringify(shipped));
    expect(checkRecipe(text, graph, { teacher: graph })).toEqual(shipped);
  }
});
