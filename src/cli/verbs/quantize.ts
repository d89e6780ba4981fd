/** `paring quantize`: int8 weights and activations, after training or with some more of it. */
import { type Command, Option } from 'commander';
import type { ObserverKind } from '../../compress/observe.ts';
import type { RecipeStep } from '../../compress/recipe.ts';
import { changed, type Options as Shared } from '../change.ts';
import { settle } from '../config.ts';
import { addCommon, addData, addExample, addRun, addTraining, whole } from '../options.ts';
import { adjusted, afterwards } from '../training.ts';

interface Options extends Shared {
  observer: ObserverKind;
  samples: number;
  qat?: number;
}

export function define(command: Command): void {
  command
    .argument('<file>', 'model file')
    .addOption(
      new Option('--observer <name>', 'how ranges of activations are found')
        .choices(['movingAverage', 'minMax', 'percentile'])
        .default('movingAverage'),
    )
    .option('--samples <n>', 'images it looks at', whole(1), 512)
    .option('--qat <epochs>', 'trains on, aware of the rounding', whole(1));
  addData(command, 'default: what FILE was made from');
  addRun(command, 'FILE-int8.paring');
  addCommon(addTraining(command)).action((file: string) => run(file, settle<Options>(command)));
  addExample(command, 'paring quantize lenet5.paring', 'paring quantize lenet5-pruned.paring --qat 1');
}

async function run(file: string, options: Options): Promise<void> {
  const { observer, samples, qat } = options;
  await changed(file, options, {
    verb: 'quantize',
    suffix: 'int8',
    steps: (graph, data): RecipeStep[] => {
      const step: RecipeStep = { step: 'quantize', options: { observer, samples } };
      if (qat === undefined) return [step];
      return [step, { step: 'finetune', options: adjusted(afterwards(graph, data, qat), options) }];
    },
  });
}
