/** `paring share`: the weights of a layer become k values. */
import { type Command, Option } from 'commander';
import type { RecipeStep } from '../../compress/recipe.ts';
import type { CentroidStart } from '../../compress/share.ts';
import { ArgumentError } from '../../core/errors.ts';
import { changed, type Options as Shared } from '../change.ts';
import { settle } from '../config.ts';
import { addCommon, addData, addExample, addRun, addTraining, byLayer, names, whole } from '../options.ts';
import { adjusted, afterwards } from '../training.ts';

interface Options extends Shared {
  k?: number | Record<string, number>;
  init: CentroidStart;
  layers?: string[];
  finetune?: number;
}

export function define(command: Command): void {
  command
    .argument('<file>', 'model file')
    .option('--k <n>', 'values a layer, 2 to 256, or by layer: conv1=32,fc1=16', byLayer(whole(2, 256)))
    .addOption(
      new Option('--init <how>', 'where k-means starts')
        .choices(['linear', 'density', 'random', 'kmeans++'])
        .default('linear'),
    )
    .option('--layers <names>', 'only these layers, separated by commas', names)
    .option('--finetune <epochs>', 'trains the shared values afterwards', whole(1));
  addData(command, 'default: what FILE was made from');
  addRun(command, 'FILE-shared.paring');
  addCommon(addTraining(command)).action((file: string) => run(file, settle<Options>(command)));
  addExample(command, 'paring share lenet5.paring --k 16 --finetune 1');
}

async function run(file: string, options: Options): Promise<void> {
  const { k, init, layers, finetune } = options;
  if (k === undefined) throw new ArgumentError('share', '--k', 'values a layer, as --k 16', 'nothing');
  await changed(file, options, {
    verb: 'share',
    suffix: 'shared',
    steps: (graph, data): RecipeStep[] => {
      const step: RecipeStep = { step: 'share', options: { k, init, ...(layers && { layers }) } };
      if (finetune === undefined) return [step];
      return [step, { step: 'finetune', options: adjusted(afterwards(graph, data, finetune), options) }];
    },
  });
}
