/** `paring prune`: weights or channels that matter little go; what is left may train on. */
import { type Command, Option } from 'commander';
import type { Granularity } from '../../compress/granularity.ts';
import type { RecipeStep } from '../../compress/recipe.ts';
import { ArgumentError } from '../../core/errors.ts';
import { changed, type Options as Shared } from '../change.ts';
import { settle } from '../config.ts';
import {
  addCommon,
  addData,
  addExample,
  addRun,
  addTraining,
  byLayer,
  granularity,
  names,
  real,
  whole,
} from '../options.ts';
import { readScores } from '../scores.ts';
import { adjusted, afterwards } from '../training.ts';

interface Options extends Shared {
  sparsity?: number | Record<string, number>;
  alpha?: number;
  channels?: 'gray' | 'rgb';
  ratio?: number;
  scope?: 'layer' | 'global';
  layers?: string[];
  granularity?: Granularity;
  criterion?: 'fisher' | 'taylor' | 'magnitude' | 'random';
  samples?: number;
  scores?: string;
  gradual?: boolean;
  finetune?: number;
}

export function define(command: Command): void {
  command
    .argument('<file>', 'model file')
    .option(
      '--sparsity <share>',
      'share of weights to be zero, or by layer: conv1=0.3,fc1=0.9',
      byLayer(real(0, 1)),
    )
    .option('--alpha <x>', 'instead: weights below x times the mean importance go', real(0))
    .option(
      '--remove-channels <share>',
      'instead: share of whole channels to cut out',
      real(0, 1, { high: true }),
    )
    .addOption(
      new Option('--scope <what>', 'each layer by itself (default), or all together').choices([
        'layer',
        'global',
      ]),
    )
    .option('--granularity <what>', 'what goes together: weight (default), block4x1, or as 2:4', granularity)
    .option('--layers <names>', 'only these layers, separated by commas', names)
    .addOption(
      new Option('--criterion <name>', 'what matters (default: magnitude)').choices([
        'magnitude',
        'fisher',
        'taylor',
        'random',
      ]),
    )
    .option('--samples <n>', 'images that fisher and taylor look at', whole(1))
    .option('--scores <file>', 'importance that `paring importance --out` wrote')
    .option('--finetune <epochs>', 'trains on afterwards', whole(1))
    .option('--gradual', 'prunes in small steps while it trains for --finetune epochs');
  addData(command, 'default: what FILE was made from');
  addRun(command, 'FILE-pruned.paring');
  addCommon(addTraining(command)).action((file: string) => {
    const options = settle<Options & { removeChannels?: number }>(command);
    return run(file, { ...options, ratio: options.removeChannels });
  });
  addExample(
    command,
    'paring prune lenet5.paring --sparsity 0.9 --finetune 1',
    'paring prune lenet5.paring --sparsity 0.9 --granularity block4x1 --gradual --finetune 2',
    'paring prune lenet5.paring --remove-channels 0.5 --criterion fisher --finetune 2',
  );
}

async function run(file: string, options: Options): Promise<void> {
  const { sparsity, alpha, ratio, scope, layers, criterion, samples, scores, gradual, finetune } = options;
  const { granularity: grain } = options;
  const ways = Object.entries({
    '--sparsity': sparsity,
    '--alpha': alpha,
    '--remove-channels': ratio,
    '--granularity n:m': typeof grain === 'object' ? grain : undefined,
  }).filter(([, value]) => value !== undefined);
  if (ways.length !== 1) {
    const given = ways.map(([name]) => name).join(' and ') || 'none';
    throw new ArgumentError(
      'prune',
      'how much',
      'one of --sparsity, --alpha, --remove-channels, --granularity n:m',
      given,
    );
  }
  const alone = (option: string, value: unknown, expected: string): void => {
    if (value !== undefined) throw new ArgumentError('prune', option, expected, 'both');
  };
  if (gradual) {
    if (finetune === undefined)
      throw new ArgumentError('prune', '--gradual', 'a number of --finetune epochs', 'none');
    if (sparsity === undefined)
      throw new ArgumentError('prune', '--gradual', '--sparsity beside it', ways[0][0]);
    alone('--criterion', criterion, '--gradual, which prunes by magnitude, or a criterion');
    alone('--scores', scores, '--gradual, which prunes by magnitude, or scores');
  }
  if (typeof grain === 'object') alone('--scope', scope, 'none beside n:m, where every group is by itself');
  if (ratio !== undefined) {
    alone('--granularity', grain, '--remove-channels or --granularity');
    alone('--layers', layers, '--remove-channels, which is for all layers, or --layers');
    alone('--scores', scores, '--remove-channels or --scores, which are of weights');
  }
  if (scores !== undefined) alone('--criterion', criterion, '--criterion or --scores');
  await changed(file, options, {
    verb: 'prune',
    suffix: 'pruned',
    inputs: scores === undefined ? [] : [scores],
    scores: scores === undefined ? undefined : (graph) => readScores(scores, graph),
    steps: (graph, data): RecipeStep[] => {
      const training = finetune && adjusted(afterwards(graph, data, finetune), options);
      if (gradual && training && sparsity !== undefined && typeof grain !== 'object') {
        return [
          {
            step: 'pruneGradually',
            options: defined({ sparsity, scope, layers, granularity: grain, ...training }),
          },
        ];
      }
      const step: RecipeStep =
        ratio === undefined
          ? {
              step: 'prune',
              options: defined({
                sparsity,
                alpha,
                scope,
                layers,
                granularity: grain,
                samples,
                criterion: scores ? 'given' : criterion,
              }),
            }
          : { step: 'removeChannels', options: defined({ ratio, scope, criterion, samples }) };
      return training ? [step, { step: 'finetune', options: training }] : [step];
    },
  });
}

/** Without what was not said: a recipe holds no undefined. */
function defined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
