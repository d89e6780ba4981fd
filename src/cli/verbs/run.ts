/** `paring run`: what a model says of one input. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { ArgumentError, DataError, GraphError } from '../../core/errors.ts';
import { sizeOf } from '../../core/shape.ts';
import { readNpy } from '../../data/npy.ts';
import type { Fit } from '../../data/resize.ts';
import { decodePicture } from '../../node/data/decode.ts';
import { load, type Model } from '../../runtime.ts';
import { settle } from '../config.ts';
import { named } from '../errors.ts';
import { readBytes, readModel } from '../files.ts';
import { addExample, type CommonOptions, whole } from '../options.ts';
import { columns, percent, Terminal } from '../terminal.ts';

/** The first ones are slow: the engine has not optimised its code yet. */
const RUNS = 31;

interface Options extends Omit<CommonOptions, 'seed'> {
  input?: string;
  fit: Fit;
  top: number;
}

export function define(command: Command): void {
  command
    .argument('<file>', 'model file')
    .option('--input <file>', 'a picture (PNG, JPEG), a .npy, or raw bytes or f32 in the order c, h, w')
    .addOption(
      new Option('--fit <how>', 'how a picture fills the model’s input')
        .choices(['crop', 'stretch', 'pad'])
        .default('crop'),
    )
    .option('--top <n>', 'classes to name', whole(1), 5)
    .option('--config <file>', 'JSON with the names of options as keys; the command line wins')
    .option('--json', 'one JSON document on stdout')
    .option('--quiet', 'nothing on stderr but errors')
    .addOption(new Option('--backend <name>', 'default: wasm').choices(['wasm', 'fast', 'reference']))
    .action((file: string) => run(file, settle<Options>(command)));
  addExample(command, 'paring run lenet5.paring --input seven.png');
}

async function run(file: string, options: Options): Promise<void> {
  const terminal = new Terminal(options);
  if (options.input === undefined)
    throw new ArgumentError('run', '--input', 'a picture, .npy or raw file', 'nothing');
  const { bytes } = readModel(file);
  const { backend } = options;
  const model = await load(bytes, backend ? { backend } : {});
  const x = named(file, () => inputOf(model, options.input as string, options.fit));
  const ms = median(Array.from({ length: RUNS }, () => timed(() => model.run(x))));
  const scores = model.run(x);
  const shares = probabilities(scores, model.meta.output === 'probabilities');
  const classes = [...shares.keys()]
    .sort((a, b) => shares[b] - shares[a])
    .slice(0, options.top)
    .map((c) => ({ class: model.meta.classes?.[c] ?? String(c), probability: shares[c] }));
  const rows = classes.map((c) => [percent(c.probability), c.class]);
  const text = columns([['', ''], ...rows]).trimStart();
  terminal.result(`${text}\n${ms.toFixed(3)} ms on ${model.backend}`, {
    file,
    input: options.input,
    classes,
    ms,
  });
}

function timed(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function median(times: number[]): number {
  return times.sort((a, b) => a - b)[times.length >> 1];
}

/** The file as what the model reads. */
function inputOf(model: Model, path: string, fit: Fit): Float32Array {
  const bytes = readBytes(path);
  const shape = model.inputShape;
  const size = sizeOf(shape);
  const wrong = (got: string): DataError => new DataError(path, `${shape.join('x')} numbers`, got);
  if (/^\x89PNG|^\xff\xd8/.test(String.fromCharCode(...bytes.subarray(0, 4)))) {
    const [channels, h, w] = shape;
    if (shape.length !== 3 || (channels !== 1 && channels !== 3)) {
      throw new GraphError(model.name, `reads ${shape.join('x')}, which is no picture`);
    }
    const planes = decodePicture(bytes, path, {
      size: [h, w],
      fit,
      channels: channels === 1 ? 'gray' : 'rgb',
    });
    return model.normalize(planes);
  }
  if (path.endsWith('.npy')) {
    const { data } = readNpy(bytes, path);
    if (data.length !== size) throw wrong(`${data.length}`);
    return data instanceof Uint8Array ? model.normalize(data) : Float32Array.from(data);
  }
  if (bytes.length === size) return model.normalize(bytes);
  if (bytes.length !== 4 * size)
    throw wrong(`${bytes.length} bytes, which is neither a picture nor as many bytes or f32`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Float32Array.from({ length: size }, (_, i) => view.getFloat32(4 * i, true));
}

function probabilities(scores: Float32Array, already: boolean): number[] {
  if (already) return [...scores];
  const largest = scores.reduce((a, b) => Math.max(a, b));
  const powers = Array.from(scores, (score) => Math.exp(score - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
