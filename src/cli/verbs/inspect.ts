/** `paring inspect`: what is in a model file, or what differs between two. */
import type { Command } from 'commander';
import { compareJson, compareText, inspectJson, inspectText } from '../../report/inspect.ts';
import { named } from '../errors.ts';
import { readModel } from '../files.ts';
import { addExample } from '../options.ts';
import { Terminal } from '../terminal.ts';

export function define(command: Command): void {
  command
    .argument('<file>', 'model file')
    .argument('[other]', 'another one, to compare it with')
    .option('--json', 'one JSON document on stdout')
    .action(run);
  addExample(command, 'paring inspect lenet5.paring', 'paring inspect lenet5.paring lenet5-pruned.paring');
}

function run(file: string, other: string | undefined, options: { json?: boolean }): void {
  const terminal = new Terminal(options);
  const a = readModel(file).bytes;
  if (other === undefined) {
    named(file, () => terminal.result(inspectText(a), options.json && inspectJson(a)));
  } else {
    const b = readModel(other).bytes;
    terminal.result(compareText(a, b), options.json && compareJson(a, b));
  }
}
