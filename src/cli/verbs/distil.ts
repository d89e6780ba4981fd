/** `paring distil`: a small model, new or from a file, learns the answers of a large one. */
import type { Command } from 'commander';
import type { Recipe } from '../../compress/recipe.ts';
import { ArgumentError } from '../../core/errors.ts';
import { settle } from '../config.ts';
import { claimOutput, readModel } from '../files.ts';
import { asData, follow, told } from '../follow.ts';
import { openFor } from '../inputs.ts';
import { architecture, MODELS } from '../models.ts';
import {
  addCommon,
  addData,
  addExample,
  addRun,
  addTraining,
  type CommonOptions,
  type DataOptions,
  type RunOptions,
  real,
  type TrainingOptions,
  whole,
} from '../options.ts';
import { Terminal } from '../terminal.ts';
import { adjusted, afterwards, fromScratch } from '../training.ts';

interface Options extends CommonOptions, DataOptions, TrainingOptions, RunOptions {
  teacher?: string;
  temperature: number;
  lambda: number;
}

export function define(command: Command): void {
  command
    .argument('<student>', `model file, a graph as .json, or ${MODELS}`)
    .option('--teacher <file>', 'model file whose answers are learned')
    .option('--temperature <t>', 'softens the answers', real(0.001, 1000), 3)
    .option('--lambda <x>', 'weight of the teacher beside the labels', real(0), 1)
    .option('--epochs <n>', 'times through the images (default: by model and number of images)', whole(1));
  addData(command, 'default: what the teacher was made from');
  addRun(command, 'STUDENT-distilled.paring');
  addCommon(addTraining(command)).action((student: string) => run(student, settle<Options>(command)));
  addExample(command, 'paring distil ds-student --teacher lenet5.paring --epochs 9');
}

async function run(student: string, options: Options): Promise<void> {
  const terminal = new Terminal(options);
  if (options.teacher === undefined)
    throw new ArgumentError('distil', '--teacher', 'a model file, as --teacher lenet5.paring', 'nothing');
  const wanted = architecture(student);
  const teacher = readModel(options.teacher);
  const inputs = wanted.file === undefined ? [teacher.path] : [teacher.path, wanted.file];
  const stem = wanted.file === undefined ? wanted.name : student.replace(/\.(paring|json)$/, '');
  const output = claimOutput(options.out ?? `${stem}-distilled.paring`, options, inputs);
  const data = await openFor(options, terminal, teacher);
  const graph = wanted.build(data.train, options.seed);
  const { temperature, lambda } = options;
  const base = wanted.graph ? afterwards(graph, data.train, 1) : fromScratch(graph, data.train);
  const recipe: Recipe = {
    name: 'distil',
    seed: options.seed,
    steps: [{ step: 'distill', options: { ...adjusted(base, options), teacher: { temperature, lambda } } }],
  };
  const outcome = await follow(
    {
      verb: 'distil',
      title: `${graph.name} taught by ${teacher.graph.name}`,
      start: { path: student, graph },
      recipe,
      data,
      teacher,
      output,
      parent: wanted.graph ? wanted.file : teacher.path,
      model: wanted.file === undefined ? wanted.name : undefined,
    },
    options,
    terminal,
  );
  terminal.result(told(outcome, terminal), asData(outcome));
}
