/** `paring report`: one page on all models of a folder. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { FileError } from '../../core/errors.ts';
import { evaluateFile } from '../../node/evaluate-file.ts';
import { readFolder } from '../../report/folder.ts';
import { settle } from '../config.ts';
import { claim, readModel } from '../files.ts';
import { fits, keepEvaluation, openFor } from '../inputs.ts';
import { addCommon, addData, addExample, type CommonOptions, type DataOptions } from '../options.ts';
import { Terminal } from '../terminal.ts';

type Options = CommonOptions & DataOptions & { out?: string };

export function define(command: Command): void {
  command
    .argument('<folder>', 'folder with model files')
    .option('--out <file>', 'page to write (default: FOLDER/report.html)');
  addData(command, 'evaluates what has not been evaluated yet');
  addCommon(command).action((folder: string) => run(folder, settle<Options>(command)));
  addExample(command, 'paring report .', 'paring report out --data mnist');
}

async function run(folder: string, options: Options): Promise<void> {
  const terminal = new Terminal(options);
  const out = options.out ?? join(folder, 'report.html');
  if (existsSync(out) && statSync(out).isDirectory()) {
    throw new FileError(out, `the name of a file, as ${join(out, 'report.html')}`, 'a folder');
  }
  const { models } = await readFolder(folder);
  claim(out);
  if (options.data !== undefined) {
    for (const { file, evaluation } of models) {
      const path = join(folder, file);
      if (!evaluation) await evaluateInto(path, options, terminal);
    }
  }
  // Plots are slow to load, and help needs none.
  const { writeReport } = await import('../../report/page.ts');
  const project = await writeReport(folder, out);
  for (const { file, error } of project.unreadable)
    terminal.note(`${join(folder, file)}: left out: ${error}`);
  const missing = project.models.filter((model) => !model.evaluation).length;
  const hint = missing === 0 ? '' : `; ${missing} not evaluated: --data, or paring evaluate, does that`;
  terminal.result(`${terminal.bold(out)}  ${project.models.length} models${hint}`, {
    report: out,
    models: project.models.map(({ file, bytes, evaluation }) => ({ file, bytes, top1: evaluation?.top1 })),
    unreadable: project.unreadable,
  });
}

/** Scores a model and keeps that in its result file. */
async function evaluateInto(path: string, options: Options, terminal: Terminal): Promise<void> {
  const model = readModel(path);
  const data = await openFor(options, terminal, model);
  fits(model, data.test, data.source);
  terminal.note(`evaluating ${path}`);
  keepEvaluation(model, await evaluateFile(path, data.test));
}
