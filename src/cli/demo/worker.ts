/** A worker of the main job: makes one variant, writes its file, posts how far it is. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { type Recipe, type RecipeEvent, runRecipe } from '../../compress/recipe.ts';
import { Rng } from '../../core/rng.ts';
import { decode, encode } from '../../format/index.ts';
import type { Graph } from '../../graph/graph.ts';
import { loadMnist } from '../../node/mnist.ts';
import { variants } from './variants.ts';

export interface WorkerInput {
  variant: string;
  quick: boolean;
  /** Folder of the files. */
  out: string;
  seed: number;
}

export type WorkerMessage =
  | { kind: 'progress'; done: number; total: number; rate: number; note: string }
  | { kind: 'done'; note: string };

/** Training images of a quick run. */
const QUICK_IMAGES = 3000;

const { variant: name, quick, out, seed } = workerData as WorkerInput;
const variant = variants.find((v) => v.name === name);
if (!variant || !parentPort) throw new Error(`the worker was asked for '${name}', which is no variant`);
const port = parentPort;
const post = (message: WorkerMessage): void => port.postMessage(message);

const read = (of: string): Graph => decode(readFileSync(join(out, `${of}.paring`)));

/** A step's share of the recipe's time: its epochs, and little for one that does not train. */
const weight = (step: Recipe['steps'][number]): number =>
  'epochs' in step.options ? step.options.epochs : 0.2;

function report(recipe: Recipe): (event: RecipeEvent) => void {
  const weights = recipe.steps.map(weight);
  const total = weights.reduce((sum, w) => sum + w, 0);
  let last = 0;
  return (event) => {
    const before = weights.slice(0, event.index).reduce((sum, w) => sum + w, 0);
    if (event.kind === 'progress') {
      if (Date.now() - last < 200) return;
      last = Date.now();
      const { step, steps, loss, rate } = event.progress;
      const done = before + (weights[event.index] * step) / steps;
      post({ kind: 'progress', done, total, rate, note: `${event.step}, loss ${loss.toFixed(3)}` });
    } else if (event.kind === 'begin') {
      post({ kind: 'progress', done: before, total, rate: 0, note: event.step });
    }
  };
}

const { train, validation } = await loadMnist();
const start =
  typeof variant.start === 'string' ? read(variant.start) : variant.start(new Rng(seed).fork('weights'));
const recipe = { ...variant.recipe, seed };
const { graph, reports } = await runRecipe(start, recipe, {
  train: quick ? train.subset(0, QUICK_IMAGES) : train,
  validation,
  teacher: variant.teacher ? read(variant.teacher) : undefined,
  onProgress: report(recipe),
});

const bytes = encode(graph, { plain: variant.plain });
const path = join(out, `${name}.paring`);
writeFileSync(`${path}.tmp`, bytes);
renameSync(`${path}.tmp`, path);
const score = reports.at(-1)?.validation;
post({
  kind: 'done',
  note: `${bytes.length} bytes${score ? `, validation top-1 ${(100 * score.top1).toFixed(2)} %` : ''}`,
});
