/** What options of training and scoring must look like: one set of rules for `fit` and for the steps of recipes. */

import { ArgumentError } from '../core/errors.ts';
import {
  below,
  fields,
  flag,
  isRecord,
  number,
  obey,
  oneOf,
  positive,
  type Rule,
  that,
  variants,
  whole,
} from '../core/rules.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Graph } from '../graph/graph.ts';
import { scheduleRule } from '../optim/schedule.ts';
import type { EvaluateOptions } from './evaluate.ts';
import type { FitOptions } from './options.ts';

/** Options of training that are data. */
export const trainingRules: Readonly<Record<string, Rule>> = {
  epochs: whole(1),
  batch: whole(1),
  seed: whole(0),
  optimizer: variants({
    sgd: fields(
      {
        kind: oneOf('sgd'),
        lr: positive,
        momentum: below(0, 1),
        nesterov: flag,
        weightDecay: number(0, 1e6),
        decayAll: flag,
      },
      ['lr'],
    ),
    adamw: fields(
      {
        kind: oneOf('adamw'),
        lr: positive,
        beta1: below(0, 1),
        beta2: below(0, 1),
        eps: positive,
        weightDecay: number(0, 1e6),
        decayAll: flag,
      },
      ['lr'],
    ),
  }),
  schedule: scheduleRule,
  labelSmoothing: below(0, 1),
  clipNorm: positive,
  augment: fields({ shift: whole(0), flip: flag, crop: number(0.01, 1) }),
  earlyStopping: fields({ patience: whole(1) }, ['patience']),
  maxSteps: whole(1),
  averaging: below(0, 1),
  freezeBatchNorm: flag,
  trackRanges: number(0, 1),
};

const callable = that('a function', (v) => typeof v === 'function');
const dataSet = that(
  'a data set',
  (v) => isRecord(v) && ['images', 'labels', 'shape', 'classes', 'meaning'].every((key) => key in v),
);
const backend = that('a backend (createBackend())', (v) => isRecord(v) && 'heap' in v);

const aGraph = that('a graph', (v) => isRecord(v) && v.params instanceof Map && Array.isArray(v.nodes));

/** Options of `fit` and of `runRecipe` alike. */
const interruption = {
  signal: that('an AbortSignal', (v) => isRecord(v) && 'aborted' in v),
  checkpoint: fields({ every: whole(1), save: callable }, ['every', 'save']),
  resume: that('the bytes of a checkpoint', (v) => v instanceof Uint8Array),
};

/** What `runRecipe` is given. */
export const recipeInputsRule = fields(
  {
    train: dataSet,
    validation: dataSet,
    teacher: aGraph,
    scores: that('a Map of scores by weight', (v) => v instanceof Map),
    backend: callable,
    onProgress: callable,
    ...interruption,
  },
  ['train'],
);

const fitRule = fields(
  {
    ...trainingRules,
    validation: dataSet,
    callbacks: fields({ onStep: callable, onEpochEnd: callable }),
    onStep: callable,
    loss: callable,
    backend,
    ...interruption,
  },
  ['epochs', 'optimizer'],
);

const evaluateRule = fields({ batch: whole(1), backend, fakeQuantized: flag });

function subject(op: string, graph: Graph, data: Dataset): void {
  obey(op, { graph, data }, fields({ graph: aGraph, data: dataSet }, ['graph', 'data']));
}

/** @throws ArgumentError naming the option, what was expected and what was there */
export function checkFit(graph: Graph, data: Dataset, options: FitOptions): void {
  subject('fit', graph, data);
  obey('fit', options, fitRule);
  if (options.earlyStopping && !options.validation) {
    throw new ArgumentError('fit', 'validation', 'data to stop by', 'none');
  }
}

/** @throws ArgumentError naming the option, what was expected and what was there */
export function checkEvaluate(graph: Graph, data: Dataset, options: EvaluateOptions): void {
  subject('evaluate', graph, data);
  obey('evaluate', options, evaluateRule);
}
