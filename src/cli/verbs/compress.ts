/** `paring compress`: a recipe from beginning to end, then the test set and the report. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Command } from 'commander';
import { checkRecipe, RecipeError } from '../../compress/recipe.ts';
import { ArgumentError } from '../../core/errors.ts';
import type { Splits } from '../../node/data/open.ts';
import { evaluateFile, importanceByLayer } from '../../node/evaluate-file.ts';
import { readFolder } from '../../report/folder.ts';
import type { Evaluation } from '../../report/result.ts';
import { builtIn, recipeByName } from '../built-in.ts';
import { settle } from '../config.ts';
import { beside, claim, claimOutput, type ModelFile, readJson, readModel } from '../files.ts';
import { asData, follow, told } from '../follow.ts';
import { keepEvaluation, openFor } from '../inputs.ts';
import {
  addCommon,
  addData,
  addExample,
  addRun,
  type CommonOptions,
  type DataOptions,
  type RunOptions,
} from '../options.ts';
import { percent, Terminal } from '../terminal.ts';

interface Options extends CommonOptions, DataOptions, RunOptions {
  recipe?: string;
  teacher?: string;
}

export function define(command: Command): void {
  command
    .argument('<file>', 'model file')
    .option('--recipe <name>', 'one of those below, or a recipe as .json')
    .option('--teacher <file>', 'for steps that distil (default: FILE itself)')
    .addHelpText(
      'after',
      `\nRecipes:\n${builtIn.map(({ name, does }) => `  ${name.padEnd(18)} ${does}`).join('\n')}`,
    );
  addData(command, 'default: what FILE was made from');
  addRun(command, 'FILE-RECIPE.paring');
  addCommon(command).action((file: string) => run(file, settle<Options>(command)));
  addExample(
    command,
    'paring compress lenet5.paring --recipe deep-compression',
    'paring compress cats.paring --recipe recipe.json --out small/cats.paring',
  );
}

async function run(file: string, options: Options): Promise<void> {
  const terminal = new Terminal(options);
  if (options.recipe === undefined) {
    const known = builtIn.map(({ name }) => name).join(', ');
    throw new ArgumentError('compress', '--recipe', `${known}, or a .json file`, 'nothing');
  }
  const fromFile = options.recipe.endsWith('.json') || existsSync(options.recipe);
  const written = fromFile ? readJson(options.recipe) : undefined;
  const named = fromFile ? undefined : recipeByName(options.recipe, options.seed);
  const model = readModel(file);
  const teacher = options.teacher === undefined ? model : readModel(options.teacher);
  const data = await openFor(options, terminal, model);
  const recipe = named ? named(model.graph, data.train) : written;
  const given = { teacher: teacher.graph, validation: data.validation };
  const checked = checkRecipe(recipe, model.graph, given);
  if (checked.steps.length === 0) {
    throw new RecipeError(null, '', { path: 'steps', expected: 'at least one step', got: 'none' });
  }
  const inputs = [file, teacher.path, options.recipe];
  const output = claimOutput(options.out ?? beside(file, suffixOf(checked.name)), options, inputs);
  const page = join(dirname(output.model), 'report.html');
  claim(page);
  const outcome = await follow(
    {
      verb: 'compress',
      title: checked.name,
      start: model,
      recipe: checked,
      data,
      teacher,
      output,
      parent: file,
    },
    options,
    terminal,
  );
  terminal.note('evaluating on the test images');
  // The page compares the two, so the model this started from is scored as well, unless it has been.
  if (!(await isEvaluated(file))) await score(model, data);
  const evaluation = await score(readModel(output.model), data);
  // Plots are slow to load, and help needs none.
  const { writeReport } = await import('../../report/page.ts');
  await writeReport(dirname(output.model), page);
  const smaller = (model.bytes.length / outcome.bytes).toFixed(1);
  terminal.result(
    `${told(outcome, terminal)}\n${smaller} times smaller than ${file}; test top-1 ${percent(evaluation.top1)}; see ${page}`,
    {
      ...(asData(outcome) as object),
      parent: file,
      parentBytes: model.bytes.length,
      evaluation,
      report: page,
    },
  );
}

/** Whether the score beside a model is that of its bytes. */
async function isEvaluated(file: string): Promise<boolean> {
  const { models } = await readFolder(dirname(file));
  return models.some((model) => model.file === basename(file) && model.evaluation !== undefined);
}

/** Scores a model and keeps that, with the importance of its layers, beside it. */
async function score(model: ModelFile, data: Splits): Promise<Evaluation> {
  const evaluation = await evaluateFile(model.path, data.test);
  keepEvaluation(model, evaluation, await importanceByLayer(model.graph, data.train));
  return evaluation;
}

function suffixOf(name: string): string {
  return name.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '') || 'compressed';
}
