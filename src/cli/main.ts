#!/usr/bin/env node
/**
 * The command line: finds the verb, lets its file say what it takes, runs it, and turns errors into one line and an exit code:
 * 0 done, 1 failed, 2 wrong usage, 3 invalid model or data, 130 interrupted. Only the file of the verb asked for is loaded.
 */
import { Command, CommanderError } from 'commander';
import { VERSION } from '../core/version.ts';

/** What a file in verbs/ exports: its options, examples and action. */
export interface Verb {
  define(command: Command): void;
}

interface Entry {
  name: string;
  does: string;
  load(): Promise<Verb>;
}

/** In the order of the path: data, train, look, make smaller, look again. */
const verbs: readonly Entry[] = [
  {
    name: 'data',
    does: 'gets a well-known data set, or prepares your pictures',
    load: () => import('./verbs/data.ts'),
  },
  {
    name: 'train',
    does: 'trains a model, by name or of your own, on your images',
    load: () => import('./verbs/train.ts'),
  },
  {
    name: 'evaluate',
    does: 'accuracy, confusion and speed of a model file',
    load: () => import('./verbs/evaluate.ts'),
  },
  {
    name: 'importance',
    does: 'which weights and channels matter',
    load: () => import('./verbs/importance.ts'),
  },
  { name: 'prune', does: 'removes weights, or whole channels', load: () => import('./verbs/prune.ts') },
  { name: 'share', does: 'makes weights share a few values', load: () => import('./verbs/share.ts') },
  {
    name: 'quantize',
    does: 'int8 weights and activations',
    load: () => import('./verbs/quantize.ts'),
  },
  {
    name: 'distil',
    does: 'trains a small model by the answers of a large one',
    load: () => import('./verbs/distil.ts'),
  },
  {
    name: 'compress',
    does: 'follows a recipe of several such steps',
    load: () => import('./verbs/compress.ts'),
  },
  {
    name: 'inspect',
    does: 'what is in a model file; what differs between two',
    load: () => import('./verbs/inspect.ts'),
  },
  { name: 'import', does: 'an ONNX model as a model file', load: () => import('./verbs/import.ts') },
  {
    name: 'export',
    does: 'a model as a small program for one runtime, or as ONNX',
    load: () => import('./verbs/export.ts'),
  },
  { name: 'run', does: 'what a model says of a picture', load: () => import('./verbs/run.ts') },
  { name: 'report', does: 'one page on all models of a folder', load: () => import('./verbs/report.ts') },
  { name: 'bench', does: 'every kernel verified, then timed', load: () => import('./verbs/bench.ts') },
  {
    name: 'demo',
    does: 'LeNet-5 on MNIST, made smaller by every technique',
    load: () => import('./verbs/demo.ts'),
  },
];

// Whoever reads the output may stop reading (`paring bench | head`): that is no failure of ours.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
}

async function assemble(args: readonly string[]): Promise<Command> {
  const program = new Command('paring')
    .description('Makes a convolutional network small and fast enough to live where JavaScript lives.')
    .usage('<verb> [options]')
    .version(VERSION)
    .exitOverride()
    .configureHelp({ styleTitle: bold, visibleOptions: withoutHelp })
    .configureOutput({
      outputError: (text, write) =>
        write(
          `${text
            .trim()
            .replace(/^error: /, 'paring: ')
            .replace(/\n+/g, ' ')}\n`,
        ),
    })
    .showSuggestionAfterError()
    .addHelpText('after', '\nHelp on one of them, with an example:\n  paring train --help');
  const asked = args.filter((arg) => !arg.startsWith('-')).slice(0, 2);
  for (const { name, does, load } of verbs) {
    const command = program.command(name).summary(does).description(capital(does)).usage('[options]');
    if (asked.includes(name)) (await load()).define(command);
  }
  return program;
}

function bold(text: string): string {
  return `\u001b[1m${text}\u001b[22m`;
}

/** -h, --help goes without saying. */
function withoutHelp(command: Command) {
  return command.options.filter((option) => !option.hidden);
}

function capital(text: string): string {
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}

try {
  const args = process.argv.slice(2);
  const program = await assemble(args);
  if (args.length === 0) program.outputHelp();
  else await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    const { exitCode, sentence } = await import('./errors.ts');
    process.stderr.write(`${sentence(error)}\n`);
    process.exitCode = exitCode(error);
  }
}
