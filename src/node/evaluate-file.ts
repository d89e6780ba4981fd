/**
 * A model file scored as it will run: read back from its bytes, checked on test images by the inference plan, timed in a
 * process that does nothing else; and how much each of its layers matters.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PNG } from 'pngjs';
import { createBackend } from '../backend/create.ts';
import { importance } from '../compress/importance.ts';
import { DataError } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import { type Dataset, isReader } from '../data/dataset.ts';
import { Loader } from '../data/loader.ts';
import { decode } from '../format/index.ts';
import type { Graph, Param } from '../graph/graph.ts';
import { compile } from '../plan/compile.ts';
import { evaluate } from '../train/evaluate.ts';
import { classifierOf } from '../train/score.ts';
import type { Evaluation, LayerImportance, Misread } from './evaluation.ts';

/** Misread images that are kept. */
const KEPT = 24;
const BATCH = 100;

/** What the timing process prints. */
export interface Timing {
  ms1: number;
  ms32: number;
}

/**
 * Scores a model file. Pixels are normalised as the file says its input is, and as the data says if the file does not.
 * @param test labelled images of the model's input shape and classes
 * @param timing false leaves out the processes that time, and ms1 and ms32 are NaN: for a caller that times by itself
 * @throws DataError if the file cannot be read; FormatError, GraphError if it is no model; ShapeError if data and model do not fit
 */
export async function evaluateFile(
  path: string,
  test: Dataset,
  { timing = true }: { timing?: boolean } = {},
): Promise<Evaluation> {
  const bytes = readModel(path);
  const graph = decode(bytes);
  const data = graph.meta.input ? { ...test, meaning: graph.meta.input } : test;
  const { top1, loss, confusion } = await evaluate(graph, data);
  const misread = await misreadImages(graph, data);
  const times = timing ? await timeFile(path) : { ms1: Number.NaN, ms32: Number.NaN };
  return {
    sha256: createHash('sha256').update(bytes).digest('hex'),
    split: 'test',
    images: test.length,
    top1,
    loss,
    classes: [...(graph.meta.classes ?? test.classes)],
    confusion,
    misread,
    ...times,
  };
}

/** Median milliseconds an image at batch 1 and 32, in a new process. */
export async function timeFile(path: string): Promise<Timing> {
  const script = fileURLToPath(new URL('./time-file.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, path]);
  return JSON.parse(stdout) as Timing;
}

function readModel(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new DataError(path, 'a readable model file', (cause as Error).message);
  }
}

async function misreadImages(graph: Graph, data: Dataset): Promise<Misread[]> {
  const { input, logits, classes } = classifierOf(graph, data);
  const plan = compile({ ...graph, outputs: [logits] }, await createBackend(), { batch: BATCH });
  const loader = new Loader(data);
  const found: Omit<Misread, 'png'>[] = [];
  for (let from = 0; from < data.length; from += BATCH) {
    const labels = new Int32Array(Math.min(BATCH, data.length - from));
    loader.fill(plan.inputs[input], labels, from, labels.length);
    plan.run();
    const scores = plan.outputs[logits];
    labels.forEach((label, i) => {
      const row = scores.subarray(i * classes, (i + 1) * classes);
      const predicted = row.indexOf(Math.max(...row));
      if (predicted !== label) {
        found.push({ index: from + i, label, predicted, confidence: largestProbability(row) });
      }
    });
  }
  plan.free();
  return found
    .sort((a, b) => b.confidence - a.confidence || a.index - b.index)
    .slice(0, KEPT)
    .map((item) => ({ ...item, png: imagePng(data, item.index).toString('base64') }));
}

/** Largest softmax probability of a row of logits, to 4 digits: it is only looked at. */
function largestProbability(row: Float32Array): number {
  const top = Math.max(...row);
  const sum = row.reduce((total, score) => total + Math.exp(score - top), 0);
  return Math.round(1e4 / sum) / 1e4;
}

/**
 * One image of a data set as a PNG: gray of one channel, colour of three, else gray of the first. Floats, which say
 * nothing about their range, are spread from black to white.
 */
export function imagePng(data: Dataset, index: number): Buffer {
  const [channels, height, width] = data.shape;
  const plane = height * width;
  const pixels = onePixels(data, index);
  const png = new PNG({ width, height });
  const order = channels !== 3 ? [0, 0, 0] : data.meaning.channels === 'bgr' ? [2, 1, 0] : [0, 1, 2];
  for (let i = 0; i < plane; i++) {
    order.forEach((channel, at) => {
      png.data[4 * i + at] = pixels[channel * plane + i];
    });
    png.data[4 * i + 3] = 255;
  }
  return PNG.sync.write(png, { colorType: channels === 3 ? 2 : 0 });
}

function onePixels({ images, shape }: Dataset, index: number): Uint8Array {
  const size = sizeOf(shape);
  const from = index * size;
  if (images instanceof Uint8Array) return images.subarray(from, from + size);
  let floats: Float32Array;
  if (isReader(images)) {
    const bytes = new Uint8Array(size);
    floats = new Float32Array(size);
    images.read(index, images.dtype === 'u8' ? bytes : floats, 0);
    if (images.dtype === 'u8') return bytes;
  } else {
    floats = images.subarray(from, from + size);
  }
  const low = floats.reduce((a, b) => Math.min(a, b));
  const span = floats.reduce((a, b) => Math.max(a, b)) - low || 1;
  return Uint8Array.from(floats, (value) => Math.round((255 * (value - low)) / span));
}

/**
 * How much the weights of each conv2d and linear layer matter: the empirical Fisher information (src/compress/importance.ts).
 * @param train labelled images; 200 of them are looked at, chosen by the seed
 */
export async function importanceByLayer(
  graph: Graph,
  train: Dataset,
  { samples = 200, seed = 1 }: { samples?: number; seed?: number } = {},
): Promise<LayerImportance[]> {
  const backend = await createBackend();
  const scores = importance(graph, train, { criterion: 'fisher', samples, seed, backend });
  return [...scores].map(([param, values]): LayerImportance => {
    const { shape } = graph.params.get(param) as Param;
    const inner = values.length / shape[0];
    const sums = Array.from({ length: shape[0] }, (_, c) =>
      total(values.subarray(c * inner, (c + 1) * inner)),
    );
    const sum = sums.reduce((a, b) => a + b, 0);
    const sorted = values.slice().sort();
    return {
      criterion: 'fisher',
      param,
      channels: sums.map((s) => digits(sum > 0 ? s / sum : 0)),
      mean: digits(sum / values.length),
      quantiles: Array.from({ length: 11 }, (_, i) =>
        digits(sorted[Math.round((i / 10) * (sorted.length - 1))]),
      ),
    };
  });
}

const total = (values: Float32Array): number => values.reduce((a, b) => a + b, 0);

/** Five significant digits, which is more than is looked at. */
const digits = (value: number): number => Number(value.toPrecision(5));
