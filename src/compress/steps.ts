/**
 * The steps a recipe can name: for each its options as data, the rule they must obey, and how it runs. `recipe.ts` chains
 * them.
 */
import type { Backend } from '../backend/backend.ts';
import { also, fields, number, oneOf, type Rule } from '../core/rules.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Graph } from '../graph/graph.ts';
import { fit } from '../train/fit.ts';
import type { EpochLog, FitOptions, Progress } from '../train/options.ts';
import { trainingRules } from '../train/rules.ts';
import { channelRules, channelsTogether, type RemoveChannelsOptions, removeChannels } from './channels.ts';
import { type DistillOptions, distillation, type TeacherAnswers } from './distill.ts';
import { type Criterion, importance, scoringRules } from './importance.ts';
import {
  type GradualOptions,
  gradualPruning,
  gradualRules,
  gradualTogether,
  type PruneOptions,
  prune,
  pruneRules,
  pruneTogether,
} from './prune.ts';
import { type QuantizeOptions, quantize, quantizeRules } from './quantize.ts';
import { type ShareOptions, share, shareRules } from './share.ts';
import { type StepReport, type StepResult, sizes } from './step.ts';

/** What scores weights or channels before they are removed. Default magnitude; fisher and taylor over 1000 samples. */
export interface ScoringOptions {
  criterion?: Criterion;
  samples?: number;
  seed?: number;
}

/** `fit`'s options that are data. `teacher` adds the recipe's teacher to the loss. */
export type TrainOptions = Omit<
  FitOptions,
  'validation' | 'callbacks' | 'onStep' | 'loss' | 'backend' | 'signal' | 'checkpoint' | 'resume'
> & { teacher?: Omit<DistillOptions, 'augmented'> };

/** Options by name of step. */
export interface StepOptions {
  /** From the start, or on from where the graph stands: the two names tell readers which. */
  train: TrainOptions;
  finetune: TrainOptions;
  /** Training with the teacher's answers; `teacher` may be left out for its defaults. */
  distill: TrainOptions;
  prune: PruneOptions & Omit<ScoringOptions, 'criterion'> & { criterion?: Criterion | 'given' };
  /** Training while pruning by magnitude along the cubic schedule. */
  pruneGradually: TrainOptions & GradualOptions;
  removeChannels: RemoveChannelsOptions & ScoringOptions;
  share: ShareOptions;
  quantize: QuantizeOptions;
}
export type StepName = keyof StepOptions;

/** What a step may use besides its graph. */
export interface StepInputs {
  train: Dataset;
  validation?: Dataset;
  teacher?: Graph;
  /** What the teacher has said in the steps before. */
  answers?: TeacherAnswers;
  /** For pruning by the criterion `given`: importance by parameter name, one number a weight. */
  scores?: ReadonlyMap<string, Float32Array>;
  backend: Backend;
  /** For a step whose options name no seed. */
  seed: number;
  onProgress?(progress: Progress): void;
  onEpoch?(log: EpochLog): void;
  signal?: AbortSignal;
  /** For a step that trains: where to leave checkpoints of it, and the one to go on from. */
  checkpoint?: FitOptions['checkpoint'];
  resume?: Uint8Array;
}

/** A report of a step that trains. */
export interface TrainReport extends StepReport {
  history: readonly EpochLog[];
}

export interface StepDefinition<K extends StepName> {
  /** The rule for its options, given the graph that the recipe starts from: names of layers are checked against it. */
  options(graph: Graph): Rule;
  run(graph: Graph, options: StepOptions[K], inputs: StepInputs): StepResult | Promise<StepResult>;
}

const training: Readonly<Record<string, Rule>> = {
  ...trainingRules,
  teacher: fields({ temperature: number(1e-3, 1e3), lambda: number(0, 1e6) }),
};

const train: StepDefinition<'train' | 'finetune'> = {
  options: () => fields(training, ['epochs', 'optimizer']),
  run: (graph, options, inputs) => runTraining('train', graph, options, inputs),
};

/** `given`: the scores handed to runRecipe. */
const pruningCriterion = oneOf('fisher', 'taylor', 'magnitude', 'random', 'given');

/** Every step, by name. */
export const steps: { readonly [K in StepName]: StepDefinition<K> } = {
  train,
  finetune: { ...train, run: (graph, options, inputs) => runTraining('finetune', graph, options, inputs) },
  distill: {
    options: () => fields(training, ['epochs', 'optimizer']),
    run: (graph, options, inputs) =>
      runTraining('distill', graph, { ...options, teacher: options.teacher ?? {} }, inputs),
  },
  prune: {
    options: (graph) =>
      also(fields({ ...pruneRules(graph), ...scoringRules, criterion: pruningCriterion }), pruneTogether),
    run: (graph, { criterion = 'magnitude', samples, seed: own, ...options }, inputs) => {
      const { train: data, backend, seed } = inputs;
      const scores =
        criterion === 'given'
          ? (inputs.scores ?? new Map<string, Float32Array>())
          : importance(graph, data, { criterion, samples, seed: own ?? seed, backend });
      return prune(graph, scores, options);
    },
  },
  pruneGradually: {
    options: (graph) =>
      also(
        fields({ ...training, ...gradualRules(graph) }, ['epochs', 'optimizer', 'sparsity']),
        gradualTogether,
      ),
    run: (
      graph,
      { sparsity, initial, begin, end, every, scope, layers, granularity, ...options },
      inputs,
    ) => {
      const pruning = { sparsity, initial, begin, end, every, scope, layers, granularity };
      const onStep = gradualPruning(graph, pruning);
      return runTraining('pruneGradually', graph, options, inputs, onStep);
    },
  },
  removeChannels: {
    options: (graph) => also(fields({ ...channelRules(graph), ...scoringRules }), channelsTogether),
    run: (graph, { criterion = 'magnitude', samples, seed: own, ...options }, inputs) => {
      const { train: data, backend, seed } = inputs;
      const level = 'channel';
      const scores = importance(graph, data, { criterion, level, samples, seed: own ?? seed, backend });
      return removeChannels(graph, scores, options);
    },
  },
  share: {
    options: (graph) => fields(shareRules(graph), ['k']),
    run: (graph, options, { seed, backend }) => share(graph, { seed, ...options }, backend),
  },
  quantize: {
    options: () => fields(quantizeRules),
    run: (graph, options, { train: data, seed, backend }) =>
      quantize(graph, data, { seed, ...options }, backend),
  },
};

/** Trains with what the recipe gives; `teacher` in the options turns the loss into distillation's. */
async function runTraining(
  step: string,
  graph: Graph,
  { teacher, ...options }: TrainOptions,
  inputs: StepInputs,
  onStep?: FitOptions['onStep'],
): Promise<StepResult<TrainReport>> {
  const { train: data, validation, backend, seed, onProgress, onEpoch, signal, checkpoint, resume } = inputs;
  const augmented = Object.keys(options.augment ?? {}).length > 0;
  const loss =
    teacher && inputs.teacher
      ? distillation(inputs.teacher, data, { ...teacher, augmented }, inputs.answers)
      : undefined;
  const callbacks = { onStep: onProgress, onEpochEnd: onEpoch };
  const fitted = await fit(graph, data, {
    seed,
    ...options,
    loss,
    onStep,
    backend,
    signal,
    checkpoint,
    resume,
    callbacks,
    validation: options.earlyStopping ? validation : undefined,
  }).finally(() => loss?.release());
  const report = { ...sizes(step, graph, fitted.graph), history: fitted.history };
  return { graph: fitted.graph, report };
}
