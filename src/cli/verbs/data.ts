/** `paring data`: fetches a data set that has a name, and checks it. */
import type { Command } from 'commander';
import { ArgumentError } from '../../core/errors.ts';
import { oneOfNames } from '../../core/rules.ts';
import { fetchSet } from '../../node/data/fetch.ts';
import { SETS } from '../../node/data/sets.ts';
import { settle } from '../config.ts';
import { interruptible } from '../interrupt.ts';
import { addExample, type CommonOptions } from '../options.ts';
import { Terminal } from '../terminal.ts';

interface Options extends CommonOptions {
  out?: string;
  from?: string;
}

export function define(command: Command): void {
  command
    .argument('<name>', Object.keys(SETS).join(', '))
    .option('--out <folder>', 'where it goes (default: data/NAME)')
    .option('--from <folder>', 'takes the files from here instead of fetching them')
    .option('--config <file>', 'JSON with the names of options as keys; the command line wins')
    .option('--json', 'one JSON document on stdout')
    .option('--quiet', 'nothing on stderr but errors')
    .action(async (name: string) => {
      const options = settle<Options>(command);
      const known = Object.keys(SETS);
      if (!known.includes(name)) throw new ArgumentError('data', 'name', oneOfNames(known, name), name);
      const terminal = new Terminal(options);
      const { out, from } = options;
      const fetched = await interruptible(terminal, (signal) =>
        fetchSet(name, { out, from, signal, log: (line) => terminal.note(line) }),
      );
      terminal.result(`${terminal.bold(fetched.folder)}  use it as: --data ${name}`, fetched);
    });
  addExample(command, 'paring data mnist', 'paring data fashion-mnist --from ~/Downloads/fashion');
}
