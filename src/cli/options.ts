/** Options that verbs share, and how their texts become values. Bad ones are refused before any file is read. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Granularity } from '../compress/granularity.ts';

export interface CommonOptions {
  seed: number;
  config?: string;
  json?: boolean;
  quiet?: boolean;
  backend?: 'wasm' | 'fast' | 'reference';
  threads?: number | 'auto';
}

export interface DataOptions {
  data?: string;
  size?: [number, number];
  fit?: 'crop' | 'stretch' | 'pad';
  channels?: 'gray' | 'rgb';
  validation?: number;
  test?: number;
}

export interface TrainingOptions {
  epochs?: number;
  batch?: number;
  lr?: number;
  optimizer?: 'sgd' | 'adamw';
  schedule?: 'constant' | 'cosine' | 'oneCycle';
  warmup?: number;
  weightDecay?: number;
  labelSmoothing?: number;
  clipNorm?: number;
  shift?: number;
  flip?: boolean;
  patience?: number;
  maxSteps?: number;
  /** From --config: options of `fit` that have no option here, or are objects there. Checked by the recipe's rules. */
  fitOptions?: Record<string, unknown>;
}

export interface RunOptions {
  out?: string;
  resume?: boolean;
  fresh?: boolean;
  checkpointEvery: number;
  logEvery: number;
}

/** Keys of --config that are options of a training step as recipes have them. */
export const FIT_KEYS: readonly string[] = [
  'optimizer',
  'schedule',
  'augment',
  'earlyStopping',
  'averaging',
  'freezeBatchNorm',
  'trackRanges',
  'teacher',
];

/** What JSON has where the command line has a text: by parser. Texts have no entry. */
export const jsonKinds = new WeakMap<object, 'number' | 'list' | 'byLayer' | 'numberOrText'>();

/** A whole number in [low, high]. */
export function whole(low: number, high = Number.MAX_SAFE_INTEGER): (text: string) => number {
  const expected = high === Number.MAX_SAFE_INTEGER ? `>= ${low}` : `from ${low} to ${high}`;
  const parse = (text: string): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!Number.isSafeInteger(value) || value < low || value > high) {
      throw new InvalidArgumentError(`expected a whole number ${expected}`);
    }
    return value;
  };
  jsonKinds.set(parse, 'number');
  return parse;
}

/** A number in [low, high], or in (low, high) as `open` says. */
export function real(
  low: number,
  high = Infinity,
  open: { low?: boolean; high?: boolean } = {},
): (text: string) => number {
  const upper = high === Infinity ? '' : ` and ${open.high ? 'below' : 'at most'} ${high}`;
  const expected = `${open.low ? 'above' : 'at least'} ${low}${upper}`;
  const parse = (text: string): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    const inside = (open.low ? value > low : value >= low) && (open.high ? value < high : value <= high);
    if (!inside || value === Infinity) throw new InvalidArgumentError(`expected a number ${expected}`);
    return value;
  };
  jsonKinds.set(parse, 'number');
  return parse;
}

/** `0.8` for all layers, or `conv1=0.3,fc1=0.9`. */
export function byLayer(one: (text: string) => number): (text: string) => number | Record<string, number> {
  const parse = (text: string): number | Record<string, number> => {
    if (!text.includes('=')) return one(text);
    return Object.fromEntries(
      names(text).map((part) => {
        const [layer, value = ''] = part.split('=');
        return [layer, one(value)];
      }),
    );
  };
  jsonKinds.set(parse, 'byLayer');
  return parse;
}

/** `32x48` or `32`: [height, width]. */
export function pixels(text: string): [number, number] {
  const match = /^(\d+)(?:[x×](\d+))?$/.exec(text.trim());
  const [h, w] = match ? [Number(match[1]), Number(match[2] ?? match[1])] : [0, 0];
  if (!(h >= 1 && w >= 1 && h <= 4096 && w <= 4096)) {
    throw new InvalidArgumentError('expected height x width in pixels, as 32x32');
  }
  return [h, w];
}

/** `weight`, `block4x1`, or `2:4`: what pruning removes at a time. */
export function granularity(text: string): Granularity {
  if (text === 'weight' || text === 'block4x1') return text;
  const [, n, m] = (/^(\d+):(\d+)$/.exec(text) ?? []).map(Number);
  if (!(n >= 1 && n < m && m <= 16)) {
    throw new InvalidArgumentError('expected weight, block4x1, or n:m with n below m, m at most 16');
  }
  return { n, m };
}

/** Names separated by commas. */
export function names(text: string): string[] {
  const list = text.split(',').map((name) => name.trim());
  if (list.some((name) => name === '')) throw new InvalidArgumentError('expected names separated by commas');
  return list;
}

jsonKinds.set(names, 'list');

/** `auto`, or how many. */
export function threads(text: string): number | 'auto' {
  if (text === 'auto') return text;
  try {
    return whole(1, 64)(text);
  } catch {
    throw new InvalidArgumentError('expected a whole number from 1 to 64, or auto');
  }
}

jsonKinds.set(threads, 'numberOrText');

export function addCommon(command: Command): Command {
  return command
    .option('--seed <n>', 'seed of everything random', whole(0, 2 ** 32 - 1), 1)
    .option('--config <file>', 'JSON with the names of options as keys; the command line wins')
    .option('--json', 'one JSON document on stdout')
    .option('--quiet', 'nothing on stderr but errors')
    .addOption(
      new Option(
        '--backend <name>',
        'default: wasm; fast is wasm with fused multiply-adds, not bit-exact; reference is plain JavaScript, slow',
      ).choices(['wasm', 'fast', 'reference']),
    )
    .option('--threads <n>', 'that share the work, or auto: one a core; same results (default: 1)', threads);
}

/** @param fallback what holds where no --data is given */
export function addData(command: Command, fallback: string): Command {
  return command
    .option('--data <path>', `folder or file, or mnist, cifar10, fashion-mnist; ${fallback}`)
    .option('--size <HxW>', 'pictures: resized to so many pixels', pixels)
    .addOption(
      new Option('--fit <how>', 'pictures: how they fill that size (default: crop)').choices([
        'crop',
        'stretch',
        'pad',
      ]),
    )
    .addOption(new Option('--channels <kind>', 'pictures: colours or not').choices(['gray', 'rgb']))
    .option(
      '--validation <share>',
      'share of the training images to choose by',
      real(0, 1, { low: true, high: true }),
    )
    .option(
      '--test <share>',
      'share to test with, where the data has no test part',
      real(0, 1, { low: true, high: true }),
    );
}

export function addTraining(command: Command): Command {
  return command
    .option('--batch <n>', 'images a step', whole(1))
    .option('--lr <rate>', 'learning rate', real(0, Infinity, { low: true }))
    .addOption(new Option('--optimizer <kind>', 'how weights move').choices(['adamw', 'sgd']))
    .addOption(
      new Option('--schedule <kind>', 'how the rate moves').choices(['constant', 'cosine', 'oneCycle']),
    )
    .option('--warmup <share>', 'part of the training in which the rate rises', real(0, 1, { high: true }))
    .option('--weight-decay <x>', 'pull of the weights to 0', real(0))
    .option(
      '--label-smoothing <share>',
      'share of the target spread over all classes',
      real(0, 1, { high: true }),
    )
    .option('--clip-norm <x>', 'largest norm of the gradient', real(0, Infinity, { low: true }))
    .option('--shift <pixels>', 'moves images by up to so many pixels', whole(0))
    .option('--flip', 'mirrors half of the images')
    .option('--patience <epochs>', 'stops when validation does not improve for so long', whole(1))
    .option('--max-steps <n>', 'ends after so many steps', whole(1));
}

export function addRun(command: Command, out: string): Command {
  return command
    .option('--out <file>', `model to write (default: ${out})`)
    .option('--resume', 'goes on from the checkpoint of the same command')
    .option('--fresh', 'starts over although there is a checkpoint')
    .option('--checkpoint-every <steps>', 'steps between two checkpoints', whole(1), 200)
    .option('--log-every <steps>', 'steps between two lines of the log', whole(1), 10);
}

/** The last lines of a verb's help. */
export function addExample(command: Command, ...examples: string[]): Command {
  return command.addHelpText(
    'after',
    `\nExample${examples.length > 1 ? 's' : ''}:\n${examples.map((e) => `  ${e}`).join('\n')}`,
  );
}
