/** `paring bench`: every kernel verified against the reference, then timed beside the machine's peak. */
import type { Command } from 'commander';
import { ArgumentError } from '../../core/errors.ts';
import { addExample } from '../options.ts';

interface Options {
  compare?: boolean;
  filter?: string;
  out?: string;
}

export function define(command: Command): void {
  command
    .option('--compare', 'instead: is one kernel really faster than another, by Benchmark.js')
    .option('--filter <text>', 'only kernels whose name or shape contains it')
    .option('--out <file>', 'JSON to write (default: bench/results/kernels.json; with --filter nothing)')
    .action(run);
  addExample(command, 'paring bench --filter qconv2d --out /tmp/kernels.json');
}

async function run({ compare, filter, out }: Options): Promise<void> {
  const log = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  if (compare) {
    const beside = filter ?? out;
    if (beside) throw new ArgumentError('bench', '--compare', 'no --filter and no --out beside it', beside);
    await (await import('../../../bench/kernels/compare.ts')).runCompare(log);
  } else {
    const target = out ?? (filter ? undefined : 'bench/results/kernels.json');
    await (await import('../../../bench/kernels/run.ts')).runKernelBench({ filter, out: target, log });
  }
}
