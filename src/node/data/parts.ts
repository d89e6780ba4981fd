/** From what a format holds to training, validation and test sets: parts carved by seed, one measure of pixels, a hash each. */
import { createHash } from 'node:crypto';
import { endianness } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { ArgumentError, DataError, ParingError } from '../../core/errors.ts';
import { Rng } from '../../core/rng.ts';
import { type Shape, sizeOf } from '../../core/shape.ts';
import {
  ChannelSums,
  checkFinite,
  type Dataset,
  dataset,
  type ImageReader,
  type Images,
} from '../../data/dataset.ts';
import { channelNames, floatMeaning } from '../../data/samples.ts';
import { carve } from '../../data/split.ts';
import type { InputMeaning } from '../../graph/graph.ts';

/** Labelled images of one part of a source, as its format gives them. */
export interface Pool {
  /** Path for messages. */
  name: string;
  images: ImageReader;
  labels: Uint8Array | Int32Array;
}

/** What a format found. */
export interface Source {
  /** 'MNIST-style IDX', 'CIFAR-10 binary'... */
  format: string;
  /** [c, h, w] */
  shape: Shape;
  classes: readonly string[];
  train: Pool;
  validation?: Pool;
  test?: Pool;
  /** What the description adds in the end. */
  remark?: string;
}

export interface SplitOptions {
  seed: number;
  validation?: number;
  test?: number;
  /** Bytes of images held in memory. */
  memory: number;
  signal?: AbortSignal;
}

export interface Splits {
  train: Dataset;
  validation: Dataset;
  test: Dataset;
  /** For people: 'MNIST-style IDX, 60,000 + 10,000'. */
  description: string;
  /** The path. */
  source: string;
}

/** The sizes of MNIST and its kin, whose last 5,000 training images are what everyone validates on. */
const FAMILY = { train: 60_000, test: 10_000, validation: 5_000 };

/**
 * @throws ArgumentError for fractions out of range, DataError if a part would be empty, a channel is constant, or a float is not finite
 */
export async function makeSplits(source: Source, path: string, options: SplitOptions): Promise<Splits> {
  const { seed, validation, test, memory } = options;
  checkFraction('validation', validation);
  checkFraction('test', test);
  const { train: pool, classes, shape } = source;
  const rng = new Rng(seed);
  let training = everything(pool);
  let held: [Pool, Uint32Array] | undefined = source.test && [source.test, everything(source.test)];
  let chosen: [Pool, Uint32Array] | undefined = source.validation && [
    source.validation,
    everything(source.validation),
  ];
  const { images: all, labels } = pool;
  if (!held) {
    const { kept, carved } = carve(labels, training, test ?? 0.1, rng.fork('split:test'));
    training = kept;
    held = [pool, carved];
  }
  if (!chosen) {
    const last = validation === undefined && isFamily(source) ? FAMILY.train - FAMILY.validation : undefined;
    const { kept, carved } =
      last === undefined
        ? carve(labels, training, validation ?? 0.1, rng.fork('split:validation'))
        : { kept: training.subarray(0, last), carved: training.subarray(last) };
    training = kept;
    chosen = [pool, carved];
  }
  if (held[1].length === 0 || chosen[1].length === 0 || training.length === 0) {
    const found = `${labels.length} images of ${classes.length} classes`;
    throw new DataError(pool.name, 'enough images for training, validation and test', found);
  }
  const count = training.length + chosen[1].length + held[1].length;
  const total = count * sizeOf(shape) * (all.dtype === 'u8' ? 1 : 4);
  const take = (from: Pool, indices: Uint32Array, sums?: ChannelSums) =>
    takePart(from, indices, shape, total <= memory, options.signal, sums);
  const sums = all.dtype === 'u8' ? new ChannelSums(shape) : undefined;
  const parts = [await take(pool, training, sums), await take(...chosen), await take(...held)];
  const meaning = sums ? byteMeaning(sums, shape, pool.name) : floatMeaning(shape[0]);
  const [a, b, c] = parts.map((part) => dataset({ ...part, shape, classes, meaning }, path));
  return { train: a, validation: b, test: c, description: describe(source), source: path };
}

/** @throws ArgumentError unless it is left out or in (0, 1) */
function checkFraction(name: string, value: number | undefined): void {
  if (value === undefined || (value > 0 && value < 1)) return;
  throw new ArgumentError('openData', name, 'a fraction between 0 and 1, both excluded', value);
}

function everything({ labels }: Pool): Uint32Array {
  return Uint32Array.from({ length: labels.length }, (_, i) => i);
}

function isFamily({ format, train, test }: Source): boolean {
  const sizes = train.labels.length === FAMILY.train && test?.labels.length === FAMILY.test;
  return sizes && format.startsWith('MNIST-style');
}

function byteMeaning(sums: ChannelSums, shape: Shape, name: string): InputMeaning {
  try {
    return { range: [0, 255], ...sums.finish(255), channels: channelNames(shape[0]) };
  } catch (cause) {
    if (!(cause instanceof ArgumentError)) throw cause;
    throw new DataError(name, 'pixels that vary in every channel of the training images', cause.message);
  }
}

/** 'CIFAR-10 binary, 50,000 + 10,000': training and validation images as they lie, then the test's. */
function describe({ format, train, validation, test, remark }: Source): string {
  const counts = [train, validation, test].filter((pool) => pool !== undefined);
  const sizes = counts.map(({ labels }) => labels.length.toLocaleString('en-US')).join(' + ');
  return `${format}, ${sizes}${remark ? `; ${remark}` : ''}`;
}

/** One part: its images in memory or read when needed, its labels and the SHA-256 of both in order. Looks at every image once. */
async function takePart(
  { images: from, labels: all, name }: Pool,
  indices: Uint32Array,
  shape: Shape,
  hold: boolean,
  signal: AbortSignal | undefined,
  sums: ChannelSums | undefined,
): Promise<{ images: Images; labels: Uint8Array | Int32Array; sha256: string }> {
  const size = sizeOf(shape);
  const length = hold ? indices.length * size : 0;
  const held = from.dtype === 'u8' ? new Uint8Array(length) : new Float32Array(length);
  const image = from.dtype === 'u8' ? new Uint8Array(size) : new Float32Array(size);
  const labels = all instanceof Uint8Array ? new Uint8Array(indices.length) : new Int32Array(indices.length);
  const hash = createHash('sha256');
  let last = performance.now();
  for (let i = 0; i < indices.length; i++) {
    from.read(indices[i], image, 0);
    if (image instanceof Float32Array) checkFinite(image, 0, size, indices[i], name);
    sums?.add(image, 0);
    hash.update(bytesOf(image));
    if (hold) held.set(image, i * size);
    labels[i] = all[indices[i]];
    if (performance.now() - last > 30) {
      await setImmediate();
      signal?.throwIfAborted();
      last = performance.now();
    }
  }
  const images = hold ? held : select(from, indices);
  return { images, labels, sha256: hash.update(bytesOf(labels)).digest('hex') };
}

/** The bytes of an array, little endian on every host. */
function bytesOf(values: Uint8Array | Float32Array | Int32Array): Uint8Array {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return endianness() === 'BE' && values.BYTES_PER_ELEMENT === 4 ? Buffer.from(bytes).swap32() : bytes;
}

/** Some images of a reader. */
function select(from: ImageReader, indices: Uint32Array): ImageReader {
  return {
    dtype: from.dtype,
    count: indices.length,
    read: (index, into, at) => from.read(indices[index], into, at),
  };
}

/** Pools end to end. */
export function joinPools(pools: readonly Pool[]): Pool {
  if (pools.length === 1) return pools[0];
  const starts = [0];
  for (const { labels } of pools) starts.push(starts[starts.length - 1] + labels.length);
  const count = starts[pools.length];
  const wide = pools.some(({ labels }) => labels instanceof Int32Array);
  const labels = wide ? new Int32Array(count) : new Uint8Array(count);
  for (const [i, pool] of pools.entries()) labels.set(pool.labels, starts[i]);
  const images: ImageReader = {
    dtype: pools[0].images.dtype,
    count,
    read(index, into, at) {
      const i = starts.findIndex((start) => start > index) - 1;
      pools[i].images.read(index - starts[i], into, at);
    },
  };
  return { name: pools[0].name, images, labels };
}

/** What a library threw, as the DataError of the file it was reading; errors of ours stay. */
export function asDataError(error: unknown, name: string, expected: string): ParingError {
  if (error instanceof ParingError) return error;
  return new DataError(name, expected, error instanceof Error ? error.message : String(error));
}
