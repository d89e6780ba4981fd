/** `paring train`: a model from random weights. */
import type { Command } from 'commander';
import type { Recipe } from '../../compress/recipe.ts';
import { ArgumentError } from '../../core/errors.ts';
import { settle } from '../config.ts';
import { claimOutput } from '../files.ts';
import { asData, follow, told } from '../follow.ts';
import { openFor } from '../inputs.ts';
import { type Architecture, architecture, MODELS } from '../models.ts';
import {
  addCommon,
  addData,
  addExample,
  addRun,
  addTraining,
  type CommonOptions,
  type DataOptions,
  type RunOptions,
  type TrainingOptions,
  whole,
} from '../options.ts';
import { Terminal } from '../terminal.ts';
import { adjusted, fromScratch } from '../training.ts';

interface Options extends CommonOptions, DataOptions, TrainingOptions, RunOptions {
  model?: string;
}

export function define(command: Command): void {
  command
    .option('--model <name>', `${MODELS}, or a .paring file to go on from, or a graph as .json`)
    .option('--epochs <n>', 'times through the images (default: by model and number of images)', whole(1));
  addData(command, 'required');
  addRun(command, 'MODEL.paring');
  addCommon(addTraining(command)).action(() => run(settle<Options>(command)));
  addExample(
    command,
    'paring train --model lenet5 --data mnist',
    'paring train --model resnet8 --data ./pictures --size 32x32 --epochs 20 --out cats.paring',
  );
}

async function run(options: Options): Promise<void> {
  const terminal = new Terminal(options);
  if (options.model === undefined) throw new ArgumentError('train', '--model', MODELS, 'nothing');
  if (options.data === undefined)
    throw new ArgumentError('train', '--data', 'a folder, a file or mnist', 'nothing');
  const wanted: Architecture = architecture(options.model);
  const inputs = wanted.file === undefined ? [] : [wanted.file];
  const output = claimOutput(options.out ?? `${wanted.name}.paring`, options, inputs);
  const data = await openFor(options, terminal, wanted.graph && { path: options.model, graph: wanted.graph });
  const graph = wanted.build(data.train, options.seed);
  const recipe: Recipe = {
    name: 'train',
    seed: options.seed,
    steps: [{ step: 'train', options: adjusted(fromScratch(graph, data.train), options) }],
  };
  const outcome = await follow(
    {
      verb: 'train',
      title: `${graph.name} on ${data.description}`,
      start: { path: options.model, graph },
      recipe,
      data,
      output,
      model: wanted.file === undefined ? wanted.name : undefined,
      parent: wanted.graph && wanted.file,
    },
    options,
    terminal,
  );
  terminal.result(told(outcome, terminal), asData(outcome));
}
