/**
 * The experiments behind "Taking the article at its word" (docs/techniques.md). Each takes what all share and returns rows
 * of plain data. Settings are those of src/compress/recipes.ts or were fixed beforehand; none was chosen on the test set.
 */
import {
  createBackend,
  type Dataset,
  distillation,
  dsStudent,
  encode,
  evaluate,
  type FitOptions,
  fit,
  foldBatchNorm,
  fuseActivations,
  type Graph,
  gradualPruning,
  importance,
  lenet5,
  lenet5Training,
  loadSync,
  prune,
  quantize,
  Rng,
  removeChannels,
  share,
  sharedLenet5,
  wasmModule,
} from '../../src/index.ts';
import { batchSquares, drawShared, roundWeights } from './methods.ts';

/** What every experiment works with. */
export interface Shared {
  train: Dataset;
  /** For what is chosen. */
  validation: Dataset;
  test: Dataset;
  lenet: Graph;
  student: Graph;
  log(text: string): void;
}

/**
 * `batch` squares the gradient of a batch's mean loss; `saliency` is w^2 times the Fisher sum, what the loss grows by when w
 * goes, to second order (LeCun et al. 1990, with the Fisher information for the Hessian).
 */
export const CRITERIA = ['fisher', 'batch', 'saliency', 'taylor', 'magnitude', 'random'] as const;
export type CriterionName = (typeof CRITERIA)[number];

/** Steps of fine-tuning after a compression step: a little less than a quarter of an epoch. */
export const TUNE_STEPS = 200;
/** Images that the scores of fisher, batch and taylor sum over, and the size of a batch of `batch`. */
export const SAMPLES = 1000;
const SCORE_BATCH = 50;

const tuning = { epochs: 1, maxSteps: TUNE_STEPS, schedule: { kind: 'cosine', warmup: 0.02 } } as const;
const tuneWeights: FitOptions = { ...tuning, optimizer: { kind: 'adamw', lr: 0.001, weightDecay: 0.01 } };
const tuneCentroids: FitOptions = { ...tuning, optimizer: { kind: 'adamw', lr: 0.0003, weightDecay: 0 } };

const weightsSeed = (seed: number): Rng => new Rng(seed).fork('weights');

export async function trainLenet(train: Dataset): Promise<Graph> {
  return (await fit(lenet5(weightsSeed(1)), train, lenet5Training)).graph;
}

/** The student without a teacher. */
export async function trainStudent(train: Dataset): Promise<Graph> {
  const options = { epochs: 3, schedule: { kind: 'oneCycle' } } as const;
  const optimizer = { kind: 'adamw', lr: 0.012, weightDecay: 0.02 } as const;
  return (await fit(dsStudent(weightsSeed(1)), train, { ...options, optimizer })).graph;
}

async function top1(graph: Graph, { test }: Shared): Promise<number> {
  return (await evaluate(graph, test)).top1;
}

async function tuned(graph: Graph, shared: Shared, options: FitOptions): Promise<number> {
  return top1((await fit(graph, shared.train, options)).graph, shared);
}

async function scoresOf({ lenet, train }: Shared): Promise<Map<CriterionName, Map<string, Float32Array>>> {
  const backend = await createBackend();
  const fisher = importance(lenet, train, { criterion: 'fisher', samples: SAMPLES, backend });
  const saliency = new Map(
    [...fisher].map(([name, r]) => {
      const w = lenet.params.get(name)?.values as Float32Array;
      return [name, r.map((sum, i) => w[i] * w[i] * sum)];
    }),
  );
  return new Map<CriterionName, Map<string, Float32Array>>([
    ['fisher', fisher],
    ['batch', batchSquares(lenet, train, SAMPLES, SCORE_BATCH, await createBackend())],
    ['saliency', saliency],
    ['taylor', importance(lenet, train, { criterion: 'taylor', samples: SAMPLES, backend })],
    ['magnitude', importance(lenet, train, { criterion: 'magnitude' })],
    ['random', importance(lenet, train, { criterion: 'random' })],
  ]);
}

/** One-shot pruning by each criterion: by layer without and with fine-tuning, and with one threshold for all layers. */
export async function pruning(shared: Shared) {
  const scores = await scoresOf(shared);
  const rows: { criterion: CriterionName; sparsity: number; layer: number; tuned: number; global: number }[] =
    [];
  for (const sparsity of [0.5, 0.8, 0.9, 0.95]) {
    for (const [criterion, r] of scores) {
      const byLayer = prune(shared.lenet, r, { sparsity }).graph;
      const global = prune(shared.lenet, r, { sparsity, scope: 'global' }).graph;
      rows.push({
        criterion,
        sparsity,
        layer: await top1(byLayer, shared),
        tuned: await tuned(byLayer, shared, tuneWeights),
        global: await top1(global, shared),
      });
      shared.log(JSON.stringify(rows.at(-1)));
    }
  }
  return rows;
}

/** The same number of steps spent after pruning at once, or while pruning gradually; both by magnitude. */
export async function gradual(shared: Shared) {
  const magnitude = importance(shared.lenet, null, { criterion: 'magnitude' });
  const rows: { sparsity: number; oneShot: number; gradual: number }[] = [];
  for (const sparsity of [0.9, 0.95, 0.98]) {
    const onStep = gradualPruning(shared.lenet, { sparsity, end: 0.5, every: 10 });
    rows.push({
      sparsity,
      oneShot: await tuned(prune(shared.lenet, magnitude, { sparsity }).graph, shared, tuneWeights),
      gradual: await tuned(shared.lenet, shared, { ...tuneWeights, onStep }),
    });
    shared.log(JSON.stringify(rows.at(-1)));
  }
  return rows;
}

/** T = alpha * mean(R): what sparsity an alpha gives, and what is left of the accuracy, without fine-tuning. */
export async function threshold(shared: Shared) {
  const scores = await scoresOf(shared);
  const rows: { criterion: CriterionName; alpha: number; scope: string; sparsity: number; top1: number }[] =
    [];
  for (const criterion of ['fisher', 'magnitude'] as const) {
    for (const scope of ['layer', 'global'] as const) {
      for (const alpha of [0.01, 0.1, 0.5, 1, 2, 4]) {
        const r = scores.get(criterion) as Map<string, Float32Array>;
        const { graph, report } = prune(shared.lenet, r, { alpha, scope });
        rows.push({ criterion, alpha, scope, sparsity: report.sparsity, top1: await top1(graph, shared) });
        shared.log(JSON.stringify(rows.at(-1)));
      }
    }
  }
  return rows;
}

/** k shared weights a layer: drawn at random, clustered from such a draw, clustered from even steps; and born shared. */
export async function sharing(shared: Shared) {
  const rows: {
    k: number;
    drawn: number;
    drawnTuned: number;
    kmeans: number;
    kmeansTuned: number;
    born: number;
  }[] = [];
  for (const k of [4, 16, 64, 256]) {
    const drawn = drawShared(shared.lenet, k, 1);
    const clustered = share(shared.lenet, { k, init: 'random' }, await createBackend()).graph;
    rows.push({
      k,
      drawn: await top1(drawn, shared),
      drawnTuned: await tuned(drawn, shared, tuneCentroids),
      kmeans: await top1(clustered, shared),
      kmeansTuned: await tuned(clustered, shared, tuneCentroids),
      born: await bornShared(k, shared),
    });
    shared.log(JSON.stringify(rows.at(-1)));
  }
  return rows;
}

/**
 * LeNet-5 born with k shared weights a layer, half an epoch. A shared weight's gradient is a sum over thousands of members, so
 * the rate matters: of three, the validation images choose.
 */
async function bornShared(k: number, shared: Shared): Promise<number> {
  let best = { validation: -1, test: 0 };
  for (const lr of [0.001, 0.003, 0.01]) {
    const born = sharedLenet5(weightsSeed(1), [1, 28, 28], 10, k);
    const optimizer = { kind: 'adamw', lr, weightDecay: 0 } as const;
    const options = { epochs: 1, maxSteps: 430, optimizer, schedule: { kind: 'oneCycle' } } as const;
    const { graph } = await fit(born, shared.train, options);
    const validation = (await evaluate(graph, shared.validation)).top1;
    if (validation > best.validation) best = { validation, test: await top1(graph, shared) };
  }
  return best.test;
}

/** Q(x) = round(x q) of the weights after training, batch norm folded first. */
export async function rounding(shared: Shared) {
  const rows: { net: string; bits: number; perTensor: number; perChannel: number }[] = [];
  for (const net of ['lenet', 'student'] as const) {
    const folded = foldBatchNorm(shared[net]);
    for (const bits of [8, 6, 4, 3, 2]) {
      rows.push({
        net,
        bits,
        perTensor: await top1(roundWeights(folded, bits, false), shared),
        perChannel: await top1(roundWeights(folded, bits, true), shared),
      });
      shared.log(JSON.stringify(rows.at(-1)));
    }
  }
  return rows;
}

/** The student on few images, with the teacher's term at several weights; three seeds show the noise. */
export async function distilling(shared: Shared) {
  const rows: { images: number; lambda: number; top1: number[] }[] = [];
  const epochs = { 1000: 30, 5000: 5 };
  for (const images of [1000, 5000] as const) {
    const train = shared.train.subset(0, images);
    for (const lambda of [0, 0.5, 1, 2]) {
      const scores: number[] = [];
      for (const seed of [1, 2, 3]) {
        const student = dsStudent(weightsSeed(seed));
        const { graph } = await fit(student, train, {
          epochs: epochs[images],
          seed,
          batch: 50,
          optimizer: { kind: 'adamw', lr: 0.006, weightDecay: 0.02 },
          schedule: { kind: 'oneCycle' },
          loss: lambda > 0 ? distillation(shared.lenet, train, { temperature: 2, lambda }) : undefined,
        });
        scores.push(await top1(graph, shared));
      }
      rows.push({ images, lambda, top1: scores });
      shared.log(JSON.stringify(rows.at(-1)));
    }
  }
  return rows;
}

/** Milliseconds of processor time (user and system) that the process has used. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * A training step of LeNet-5, plain and while compressing: processor time, which other work on the machine disturbs least;
 * the best of several short runs that take turns.
 */
export async function cost(shared: Shared) {
  const { lenet, train } = shared;
  const steps = 40;
  const int8 = quantize(lenet, train, {}, await createBackend()).graph;
  const shared16 = share(lenet, { k: 16 }, await createBackend()).graph;
  const plain: FitOptions = { ...tuneWeights, maxSteps: steps };
  const kinds: [string, Graph, () => Partial<FitOptions>][] = [
    ['plain', lenet, () => ({})],
    ['gradual pruning', lenet, () => ({ onStep: gradualPruning(lenet, { sparsity: 0.9, every: 20 }) })],
    ['shared weights', shared16, () => ({})],
    ['quantization-aware', int8, () => ({})],
    ['distillation', lenet, () => ({ loss: distillation(shared.lenet, train) })],
  ];
  const best = new Map<string, number>();
  for (let round = 0; round < 5; round++) {
    for (const [name, graph, extra] of kinds) {
      let from = 0;
      let ms = 0;
      // The first steps find memory and compile the kernels.
      const onStep = ({ step }: { step: number }): void => {
        if (step === 10) from = processorTime();
        if (step === steps) ms = (processorTime() - from) / (steps - 10);
      };
      await fit(graph, train, { ...plain, ...extra(), callbacks: { onStep } });
      best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, ms));
    }
  }
  const base = best.get('plain') as number;
  return [...best].map(([name, ms]) => ({ name, ms, times: ms / base }));
}

/** The same techniques on two nets: accuracy, bytes of the file, and time of an image relative to the net as it was. */
export async function matrix(shared: Shared) {
  const rows: { net: string; technique: string; top1: number; bytes: number; times: number }[] = [];
  for (const net of ['lenet', 'student'] as const) {
    const graph = shared[net];
    const { train } = shared;
    const backend = await createBackend();
    const magnitude = importance(graph, null, { criterion: 'magnitude' });
    const channels = importance(graph, train, {
      criterion: 'fisher',
      level: 'channel',
      samples: 500,
      backend,
    });
    const tune = async (g: Graph, options: FitOptions): Promise<Graph> =>
      (await fit(g, train, options)).graph;
    const made: [string, Graph][] = [
      ['as trained', fuseActivations(foldBatchNorm(graph))],
      [
        '80 % of the weights pruned, tuned',
        await tune(prune(graph, magnitude, { sparsity: 0.8 }).graph, tuneWeights),
      ],
      [
        'half of the channels removed, tuned',
        await tune(removeChannels(graph, channels, { ratio: 0.5 }).graph, tuneWeights),
      ],
      ['16 shared weights a layer, tuned', await tune(share(graph, { k: 16 }, backend).graph, tuneCentroids)],
      ['int8 after training', quantize(graph, train, {}, backend).graph],
    ];
    const files = made.map(([, g]) => encode(g));
    const times = await relativeTimes(files, shared.test);
    for (const [i, [technique, g]] of made.entries()) {
      rows.push({ net, technique, top1: await top1(g, shared), bytes: files[i].length, times: times[i] });
      shared.log(JSON.stringify(rows.at(-1)));
    }
  }
  return rows;
}

/** Time of one image for each file over that of the first: the fastest of many short samples that take turns. */
async function relativeTimes(files: readonly Uint8Array[], test: Dataset): Promise<number[]> {
  const module = await wasmModule();
  const models = files.map((bytes) => loadSync(bytes, { module }));
  const image = models[0].normalize(test.subset(0, 1).images as Uint8Array);
  const best = models.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < 200; round++) {
    models.forEach((model, i) => {
      const from = performance.now();
      for (let run = 0; run < 20; run++) model.run(image);
      best[i] = Math.min(best[i], performance.now() - from);
    });
  }
  return best.map((ms) => ms / best[0]);
}
