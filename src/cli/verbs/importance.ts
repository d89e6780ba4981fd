/** `paring importance`: how much each layer's weights and channels matter to the loss. */
import { type Command, Option } from 'commander';
import { type Criterion, importance } from '../../compress/importance.ts';
import { grouped } from '../../core/plain.ts';
import type { Param } from '../../graph/graph.ts';
import { writeWhole } from '../../node/write.ts';
import { settle } from '../config.ts';
import { claim, filesOf, readModel } from '../files.ts';
import { backends, fits, openFor, storedResult } from '../inputs.ts';
import { addCommon, addData, addExample, type CommonOptions, type DataOptions, whole } from '../options.ts';
import { scoresFile } from '../scores.ts';
import { columns, Terminal } from '../terminal.ts';

interface Options extends CommonOptions, DataOptions {
  criterion: Criterion;
  samples: number;
  level: 'weight' | 'channel';
  out?: string;
}

export function define(command: Command): void {
  command
    .argument('<file>', 'model file')
    .addOption(
      new Option('--criterion <name>', 'what matters')
        .choices(['fisher', 'taylor', 'magnitude', 'random'])
        .default('fisher'),
    )
    .option('--samples <n>', 'images that fisher and taylor look at', whole(1), 1000)
    .addOption(
      new Option('--level <what>', 'of single weights or of output channels')
        .choices(['weight', 'channel'])
        .default('weight'),
    )
    .option('--out <file.npz>', 'writes the numbers, for numpy and for `paring prune --scores`');
  addData(command, 'default: what FILE was made from');
  addCommon(command).action((file: string) => run(file, settle<Options>(command)));
  addExample(
    command,
    'paring importance lenet5.paring --samples 500 --out scores.npz',
    'paring prune lenet5.paring --scores scores.npz --sparsity 0.9',
  );
}

async function run(file: string, options: Options): Promise<void> {
  const terminal = new Terminal(options);
  const model = readModel(file);
  const { criterion, samples, level, seed, out } = options;
  const { graph } = model;
  if (out !== undefined) claim(out, [file]);
  const needsData = criterion === 'fisher' || criterion === 'taylor';
  const data = needsData ? await openFor(options, terminal, model) : null;
  if (data) fits(model, data.train, data.source);
  terminal.note(data ? `${criterion} over ${Math.min(samples, data.train.length)} images` : criterion);
  const backend = await backends(options)();
  const scores = importance(graph, data === null ? null : data.train, {
    criterion,
    samples,
    level,
    seed,
    backend,
  });
  if (out !== undefined) writeWhole(out, scoresFile(graph, scores));

  const layers = [...scores].map(([param, values]) =>
    layerOf(graph.params.get(param) as Param, values, criterion),
  );
  const stored = storedResult(file);
  if (stored && level === 'weight') {
    writeWhole(filesOf(file).result, `${JSON.stringify({ ...stored, importance: layers }, null, 2)}\n`);
  }
  const rows = layers.map(({ param, mean, quantiles, channels, count }) => [
    param,
    grouped(count),
    mean.toPrecision(3),
    quantiles[5].toPrecision(3),
    quantiles[10].toPrecision(3),
    `${channels.filter((share) => share < 0.1 / channels.length).length} of ${channels.length}`,
  ]);
  const head = [
    'layer',
    level === 'weight' ? 'weights' : 'channels',
    'mean',
    'median',
    'largest',
    'idle channels',
  ];
  const place = out === undefined ? '' : `\nwritten: ${out}`;
  const legend = 'idle: below a tenth of the layer’s average channel';
  terminal.result(`${columns([head, ...rows])}\n${legend}${place}`, { criterion, level, layers, out });
}

/** A layer's numbers as the report has them. */
function layerOf({ name, shape }: Param, values: Float32Array, criterion: Criterion) {
  const inner = values.length / shape[0];
  const sums = Array.from({ length: shape[0] }, (_, c) =>
    values.subarray(c * inner, (c + 1) * inner).reduce((a, b) => a + b, 0),
  );
  const sum = sums.reduce((a, b) => a + b, 0);
  const sorted = values.slice().sort();
  return {
    criterion,
    param: name,
    count: values.length,
    channels: sums.map((part) => (sum > 0 ? part / sum : 0)),
    mean: sum / values.length,
    quantiles: Array.from({ length: 11 }, (_, i) => sorted[Math.round((i / 10) * (sorted.length - 1))]),
  };
}
