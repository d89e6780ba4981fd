/**
 * The steps a recipe can name: for each its options as data, the rule they must obey, and how it runs. `recipe.ts` chains
 * them.
 */
import type { Backend } from '../backend/backend.ts';
import {
  also,
  below,
  either,
  exactlyOne,
  fields,
  isRecord,
  listOf,
  number,
  oneOf,
  type Problem,
  type Rule,
  recordOf,
  whole,
} from '../core/rules.ts';
import type { Dataset } from '../data/dataset.ts';
import { channelGraph } from '../graph/channels.ts';
import type { Graph } from '../graph/graph.ts';
import { fit } from '../train/fit.ts';
import type { EpochLog, FitOptions, Progress } from '../train/options.ts';
import { trainingRules } from '../train/rules.ts';
import { type RemoveChannelsOptions, removeChannels } from './channels.ts';
import { type DistillOptions, distillation } from './distill.ts';
import { type Criterion, importance } from './importance.ts';
import { type GradualOptions, gradualPruning, type PruneOptions, prune } from './prune.ts';
import { type QuantizeOptions, quantize } from './quantize.ts';
import { type ShareOptions, share } from './share.ts';
import { type StepReport, type StepResult, sizes, weightNames } from './step.ts';

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
  prune: PruneOptions & ScoringOptions;
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

const scoring: Readonly<Record<string, Rule>> = {
  criterion: oneOf('fisher', 'taylor', 'magnitude', 'random'),
  samples: whole(1),
  seed: whole(0),
};

/** Names of weights, or of the nodes that use them. */
function layerName(graph: Graph): Rule {
  const names = new Set(weightNames(graph));
  for (const node of graph.nodes) {
    if (node.params.weight && names.has(node.params.weight)) names.add(node.name);
  }
  return oneOf(...names);
}

/** Names of nodes whose channels may be removed. */
function channelName(graph: Graph): Rule {
  return oneOf(...channelGraph(graph).spaces.flatMap((space) => space.nodes));
}

const train: StepDefinition<'train' | 'finetune'> = {
  options: () => fields(training, ['epochs', 'optimizer']),
  run: (graph, options, inputs) => runTraining('train', graph, options, inputs),
};

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
    options: (graph) => {
      const layer = layerName(graph);
      const sparsity = either(number(0, 1), recordOf(number(0, 1), layer));
      const scope = oneOf('layer', 'global');
      const own = { sparsity, alpha: number(0, 1e9), scope, layers: listOf(layer, 1) };
      return also(fields({ ...own, ...scoring }), also(exactlyOne('sparsity', 'alpha'), oneNumberIfGlobal));
    },
    run: (graph, { criterion = 'magnitude', samples, ...options }, inputs) => {
      const { train: data, backend, seed } = inputs;
      const scores = importance(graph, data, { criterion, samples, seed: options.seed ?? seed, backend });
      return prune(graph, scores, options);
    },
  },
  pruneGradually: {
    options: (graph) => {
      const layer = layerName(graph);
      return also(
        fields(
          {
            ...training,
            sparsity: either(number(0, 1), recordOf(number(0, 1), layer)),
            initial: number(0, 1),
            begin: number(0, 1),
            end: number(0, 1),
            every: whole(1),
            scope: oneOf('layer', 'global'),
            layers: listOf(layer, 1),
          },
          ['epochs', 'optimizer', 'sparsity'],
        ),
        also(ordered('begin', 'end'), oneNumberIfGlobal),
      );
    },
    run: (graph, { sparsity, initial, begin, end, every, scope, layers, ...options }, inputs) => {
      const onStep = gradualPruning(graph, { sparsity, initial, begin, end, every, scope, layers });
      return runTraining('pruneGradually', graph, options, inputs, onStep);
    },
  },
  removeChannels: {
    options: (graph) =>
      also(
        fields({
          ratio: below(0, 1),
          keep: recordOf(whole(1), channelName(graph)),
          scope: oneOf('layer', 'global'),
          multiple: whole(1, 1024),
          minimum: whole(1),
          ...scoring,
        }),
        atLeastOne('ratio', 'keep'),
      ),
    run: (graph, { criterion = 'magnitude', samples, seed: own, ...options }, inputs) => {
      const { train: data, backend, seed } = inputs;
      const level = 'channel';
      const scores = importance(graph, data, { criterion, level, samples, seed: own ?? seed, backend });
      return removeChannels(graph, scores, options);
    },
  },
  share: {
    options: (graph) => {
      const layer = layerName(graph);
      const init = oneOf('linear', 'random', 'density', 'kmeans++');
      const k = either(whole(2, 256), recordOf(whole(2, 256), layer));
      const rules = { k, init, layers: listOf(layer, 1), iterations: whole(1, 10000), seed: whole(0) };
      return fields(rules, ['k']);
    },
    run: (graph, options, { seed, backend }) => share(graph, { seed, ...options }, backend),
  },
  quantize: {
    options: () =>
      fields({
        observer: oneOf('minMax', 'movingAverage', 'percentile'),
        percentile: number(50.001, 100),
        samples: whole(1),
        batch: whole(1, 65536),
        seed: whole(0),
      }),
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
    teacher && inputs.teacher ? distillation(inputs.teacher, data, { ...teacher, augmented }) : undefined;
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

function atLeastOne(...keys: readonly string[]): Rule {
  return (value, path): Problem | null => {
    if (keys.some((key) => Object.hasOwn(value as object, key))) return null;
    return { path: path || keys[0], expected: `at least one of ${keys.join(', ')}`, got: 'none' };
  };
}

/** low <= high, where both are given. */
function ordered(low: string, high: string): Rule {
  return (value): Problem | null => {
    const { [low]: a, [high]: b } = value as Record<string, number | undefined>;
    return a === undefined || b === undefined || a <= b
      ? null
      : { path: low, expected: `at most ${high} (${b})`, got: a };
  };
}

const oneNumberIfGlobal: Rule = (value) => {
  const { sparsity, scope } = value as PruneOptions;
  return scope === 'global' && isRecord(sparsity)
    ? { path: 'sparsity', expected: 'one number, since scope is global', got: JSON.stringify(sparsity) }
    : null;
};
