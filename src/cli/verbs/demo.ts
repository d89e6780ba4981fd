/** `paring demo`: LeNet-5 on MNIST, trained, then made smaller by every technique, measured from its files. */
import type { Command } from 'commander';
import { ArgumentError } from '../../core/errors.ts';
import { addExample, names, whole } from '../options.ts';

interface Options {
  quick?: boolean;
  check?: boolean;
  out: string;
  seed: number;
  only?: string[];
  jobs?: number;
}

export function define(command: Command): void {
  command
    .option(
      '--quick',
      'a subset of the training images: under 90 seconds, accuracies not those of a full run',
    )
    .option('--check', 'names each floor that was missed, and exits with 1 if there is one')
    .option('--out <folder>', 'where the models and the report go', 'out')
    .option('--seed <n>', 'seed of everything random', whole(0), 1)
    .option('--only <names>', 'only these variants and what they start from, separated by commas', names)
    .option('--jobs <n>', 'variants made side by side (default: 2, or 1 on one core)', whole(1))
    .action(run);
  addExample(command, 'paring demo --quick --out /tmp/paring');
}

async function run(options: Options): Promise<void> {
  const { quick = false, check = false, only } = options;
  if (check && only) {
    throw new ArgumentError('demo', '--check', 'all variants, without --only', only.join());
  }
  // Plots are slow to load, and help needs none.
  const { runDemo } = await import('../demo/demo.ts');
  const ok = await runDemo({ ...options, quick, check });
  if (check && !ok) process.exitCode = 1;
}
