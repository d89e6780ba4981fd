/** `paring bench`: every kernel verified against the reference, then timed beside the machine's peak. */
import type { Command } from 'commander';
import { ArgumentError, ParingError } from '../../core/errors.ts';
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
    .option(
      '--out <file>',
      'JSON to write (and plots, .html; default: bench/results/kernels.json; with --filter nothing)',
    )
    .action(run);
  addExample(command, 'paring bench --filter qconv2d --out /tmp/kernels.json');
}

async function run({ compare, filter, out }: Options): Promise<void> {
  const log = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  try {
    await measure(compare, filter, out, log);
  } catch (error) {
    const library = missingLibrary(error);
    if (!library) throw error;
    throw new ParingError(
      'LIBRARY',
      `bench: needs the library ${library}, which does not come with paring: npm install ${library}`,
    );
  }
}

/** tinybench and Benchmark.js are for those who measure; an installed package has them only if its user does. */
function missingLibrary(error: unknown): string | undefined {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'ERR_MODULE_NOT_FOUND') return undefined;
  return /'(tinybench|benchmark)'/.exec(message)?.[1];
}

async function measure(
  compare: boolean | undefined,
  filter: string | undefined,
  out: string | undefined,
  log: (line: string) => void,
): Promise<void> {
  if (compare) {
    const beside = filter ?? out;
    if (beside) throw new ArgumentError('bench', '--compare', 'no --filter and no --out beside it', beside);
    await (await import('../../../bench/kernels/compare.ts')).runCompare(log);
  } else {
    const target = out ?? (filter ? undefined : 'bench/results/kernels.json');
    await (await import('../../../bench/kernels/run.ts')).runKernelBench({ filter, out: target, log });
  }
}
