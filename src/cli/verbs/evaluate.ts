/** `paring evaluate`: a model file on the test images. */
import type { Command } from 'commander';
import { grouped } from '../../core/plain.ts';
import { evaluateFile } from '../../node/evaluate-file.ts';
import type { Evaluation } from '../../node/evaluation.ts';
import { settle } from '../config.ts';
import { readModel } from '../files.ts';
import { fits, keepEvaluation, openFor } from '../inputs.ts';
import { addCommon, addData, addExample, type CommonOptions, type DataOptions } from '../options.ts';
import { columns, percent, Terminal } from '../terminal.ts';

/** Most classes whose confusion is printed whole. */
const MOST_CLASSES = 20;

export function define(command: Command): void {
  command.argument('<file>', 'model file');
  addData(command, 'default: what FILE was made from');
  addCommon(command).action((file: string) => run(file, settle<CommonOptions & DataOptions>(command)));
  addExample(command, 'paring evaluate lenet5.paring', 'paring evaluate lenet5.paring --data mnist --json');
}

async function run(file: string, options: CommonOptions & DataOptions): Promise<void> {
  const terminal = new Terminal(options);
  const model = readModel(file);
  const data = await openFor(options, terminal, model);
  fits(model, data.test, data.source);
  const evaluation = await evaluateFile(file, data.test);
  keepEvaluation(model, evaluation);
  const { misread, ...numbers } = evaluation;
  terminal.result(textOf(evaluation, terminal), {
    file,
    ...numbers,
    misread: misread.map(({ png, ...rest }) => rest),
  });
}

function textOf(evaluation: Evaluation, terminal: Terminal): string {
  const { top1, loss, images, ms1, ms32, classes, confusion } = evaluation;
  const lines = [
    `${terminal.bold(`top-1 ${percent(top1)}`)} of ${grouped(images)} test images, loss ${loss.toFixed(4)}`,
    `${ms1.toFixed(3)} ms an image one by one, ${ms32.toFixed(3)} ms in batches of 32`,
    '',
    columns([
      ['class', 'images', 'found', 'right when said'],
      ...classes.map((name, c) => {
        const said = confusion.reduce((sum, row) => sum + row[c], 0);
        const there = confusion[c].reduce((a, b) => a + b, 0);
        const share = (of: number): string => (of === 0 ? '-' : percent(confusion[c][c] / of));
        return [name, there, share(there), share(said)];
      }),
    ]),
  ];
  if (classes.length <= MOST_CLASSES) {
    lines.push(
      '',
      'class (rows) read as (columns)',
      columns([['', ...classes], ...confusion.map((row, c) => [classes[c], ...row])]),
    );
  }
  return lines.join('\n');
}
