/** The frame of verbs that make a model file of a model file by a recipe. */
import { type Granularity, granularityName } from '../compress/granularity.ts';
import type { Recipe, RecipeStep } from '../compress/recipe.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Graph } from '../graph/graph.ts';
import { beside, claimOutput, type ModelFile, readModel } from './files.ts';
import { asData, follow, type Outcome, told } from './follow.ts';
import { type OpenedData, openFor } from './inputs.ts';
import type { CommonOptions, DataOptions, RunOptions, TrainingOptions } from './options.ts';
import { Terminal } from './terminal.ts';

export type Options = CommonOptions & DataOptions & TrainingOptions & RunOptions;

export interface Change {
  verb: string;
  /** Of the output: STEM-suffix.paring. */
  suffix: string;
  /** Files besides the model that must stay as they are. */
  inputs?: readonly string[];
  steps(graph: Graph, data: Dataset): RecipeStep[];
  scores?(graph: Graph): ReadonlyMap<string, Float32Array>;
}

/** Reads a model, changes it by a recipe of a few steps, writes what came of it and says so. */
export async function changed(file: string, options: Options, change: Change): Promise<void> {
  const terminal = new Terminal(options);
  const model = readModel(file);
  const output = claimOutput(options.out ?? beside(file, change.suffix), options, [
    file,
    ...(change.inputs ?? []),
  ]);
  const scores = change.scores?.(model.graph);
  const data = await openFor(options, terminal, model);
  const steps = change.steps(model.graph, data.train);
  const recipe: Recipe = { name: change.verb, seed: options.seed, steps };
  const outcome = await follow(
    { verb: change.verb, title: titleOf(recipe), start: model, recipe, data, output, parent: file, scores },
    options,
    terminal,
  );
  report(model, outcome, terminal, data);
}

function report(model: ModelFile, outcome: Outcome, terminal: Terminal, data: OpenedData): void {
  const smaller = (model.bytes.length / outcome.bytes).toFixed(1);
  const text = `${told(outcome, terminal)}\n${smaller} times smaller than ${model.path}; tested on ${data.validation.length} validation images`;
  terminal.result(text, {
    ...(asData(outcome) as object),
    parent: model.path,
    parentBytes: model.bytes.length,
  });
}

function wordOf(key: string, value: unknown): unknown {
  if (key === 'granularity') return granularityName(value as Granularity);
  return typeof value === 'object' ? 'by layer' : value;
}

/** The steps in words: `prune (sparsity 0.9), finetune (epochs 1)`. */
function titleOf({ steps }: Recipe): string {
  const telling = ['sparsity', 'granularity', 'alpha', 'ratio', 'k', 'criterion', 'observer', 'epochs'];
  return steps
    .map(({ step, options }) => {
      const told = Object.entries(options).filter(([key]) => telling.includes(key));
      const words = told.map(([key, value]) => `${key} ${wordOf(key, value)}`);
      return words.length === 0 ? step : `${step} (${words.join(', ')})`;
    })
    .join(', ');
}
