#!/usr/bin/env node
/** The command line. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 invalid model or data. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { ArgumentError, DataError, FormatError, GraphError, ParingError } from '../core/errors.ts';
import { VERSION } from '../core/version.ts';

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('expected a whole number >= 0');
  return value;
}

// Whoever reads the output may stop reading (`paring bench | head`): that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const program = new Command('paring')
  .description('Makes a convolutional network small and fast enough to live where JavaScript lives.')
  .version(VERSION)
  .exitOverride();

program
  .command('demo')
  .description('LeNet-5 on MNIST: trained, then made smaller by every technique, measured from its files')
  .option('--quick', 'a subset of the training images: under 90 seconds, accuracies not those of a full run')
  .option('--check', 'name each floor that was missed, and exit with 1 if there is one')
  .option('--out <folder>', 'where the models and the report go', 'out')
  .option('--seed <number>', 'seed of everything random', wholeNumber, 1)
  .option('--only <names>', 'only these variants and what they start from, separated by commas')
  .addHelpText('after', '\nExample:\n  paring demo --quick --out /tmp/paring')
  .action(async (options: { quick?: boolean; check?: boolean; out: string; seed: number; only?: string }) => {
    if (options.check && options.only) {
      throw new ArgumentError('demo', '--check', 'all variants, without --only', options.only);
    }
    const { runDemo } = await import('./demo/demo.ts');
    const ok = await runDemo({
      ...options,
      quick: options.quick ?? false,
      check: options.check ?? false,
      only: options.only?.split(','),
    });
    if (options.check && !ok) process.exitCode = 1;
  });

program
  .command('bench')
  .description('every kernel verified against the reference, then timed beside the machine’s peak')
  .option('--compare', 'instead: is one kernel really faster than another, by Benchmark.js')
  .option('--filter <text>', 'only kernels whose name or shape contains it')
  .option('--out <file>', 'JSON to write; default: bench/results/kernels.json, nothing with --filter')
  .addHelpText('after', '\nExample:\n  paring bench --filter qconv2d --out /tmp/kernels.json')
  .action(async (options: { compare?: boolean; filter?: string; out?: string }) => {
    const log = (line: string): void => {
      process.stdout.write(`${line}\n`);
    };
    if (options.compare && (options.filter || options.out)) {
      throw new ArgumentError(
        'bench',
        '--compare',
        'no --filter and no --out beside it',
        options.filter ?? options.out,
      );
    }
    if (options.compare) {
      await (await import('../../bench/kernels/compare.ts')).runCompare(log);
    } else {
      await (await import('../../bench/kernels/run.ts')).runKernelBench({
        filter: options.filter,
        out: options.out ?? (options.filter ? undefined : 'bench/results/kernels.json'),
        log,
      });
    }
  });

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (error instanceof ParingError) {
    process.stderr.write(`paring: ${error.message}\n`);
    const invalid = error instanceof DataError || error instanceof FormatError || error instanceof GraphError;
    process.exitCode = error instanceof ArgumentError ? 2 : invalid ? 3 : 1;
  } else {
    process.stderr.write(`paring: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 1;
  }
}
