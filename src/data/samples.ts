/** Any iterable of images and labels as a data set: what a generator makes, a database holds, a camera sends. */
import { ArgumentError } from '../core/errors.ts';
import { formatShape, type Shape, sameShape, sizeOf } from '../core/shape.ts';
import type { InputMeaning } from '../graph/graph.ts';
import { type Dataset, dataset, type Images, measureChannels } from './dataset.ts';

/** What has a shape and can be copied out: a `Tensor`. */
export interface TensorLike {
  readonly shape: Shape;
  toArray(): ArrayLike<number>;
}

export interface Sample {
  /** Bytes are pixels 0 to 255, floats are taken as they are; [c][h][w]. */
  image: Uint8Array | Float32Array | TensorLike;
  label: number;
}

/** Where images go until all have come. `memorySink` keeps them; `spoolSink` of `paring/node` lets go of memory beyond a limit. */
export interface ImageSink {
  /** Copies one image. */
  add(image: Uint8Array | Float32Array): void;
  /** All that were added, in order. */
  finish(): Images;
}

export interface SampleOptions {
  classes: readonly string[];
  /** [c, h, w]. Default: that of the first image, if it is a tensor. */
  shape?: Shape;
  /** Default: for bytes, mean and deviation of these very images (give the training set's to any other set); for floats, none. */
  meaning?: InputMeaning;
  /** Default: memory. */
  spool?: ImageSink;
}

/**
 * Takes every sample, in order.
 * @throws ArgumentError naming the sample whose image or label is not what it should be, DataError if there are none
 */
export async function fromSamples(
  samples: Iterable<Sample> | AsyncIterable<Sample>,
  options: SampleOptions,
): Promise<Dataset> {
  const { classes } = options;
  if (!Array.isArray(classes)) throw wrong('classes', 'an array of names', classes);
  const sink = options.spool ?? memorySink();
  const labels: number[] = [];
  let shape = options.shape;
  let dtype: 'u8' | 'f32' | undefined;
  for await (const { image, label } of samples) {
    const index = labels.length;
    const from = shapeOf(image);
    shape ??= from;
    if (!shape) throw wrong('shape', '[c, h, w], since typed arrays have none', 'undefined');
    if (from && !sameShape(from, shape)) {
      throw wrong(`sample ${index}`, `an image of ${formatShape(shape)}`, formatShape(from));
    }
    const values = from ? (image as TensorLike).toArray() : image;
    if (!(values instanceof Uint8Array || values instanceof Float32Array)) {
      throw wrong(`sample ${index}`, 'an image as Uint8Array, Float32Array or tensor', nameOf(values));
    }
    if (values.length !== sizeOf(shape)) {
      throw wrong(`sample ${index}`, `an image of ${sizeOf(shape)} elements`, values.length);
    }
    const here = values instanceof Uint8Array ? 'u8' : 'f32';
    dtype ??= here;
    if (dtype !== here) throw wrong(`sample ${index}`, `an image of ${dtype}, like the first`, here);
    if (!(Number.isInteger(label) && label >= 0 && label < classes.length)) {
      throw wrong(`sample ${index}`, `a label from 0 to ${classes.length - 1}`, label);
    }
    sink.add(values);
    labels.push(label);
  }
  if (!shape || labels.length === 0) throw wrong('samples', 'at least one', 'none');
  const images = sink.finish();
  const meaning = options.meaning ?? defaultMeaning(images, shape, dtype === 'f32');
  return dataset({ images, labels: Int32Array.from(labels), shape, classes, meaning }, 'fromSamples');
}

/** What floats mean of which nothing is said: themselves. */
export function floatMeaning(channels: number): InputMeaning {
  const mean = new Array<number>(channels).fill(0);
  const deviation = new Array<number>(channels).fill(1);
  return { range: [0, 1], mean, deviation, channels: channelNames(channels) };
}

/** 1 channel is gray, 3 are red, green and blue. */
export function channelNames(channels: number): InputMeaning['channels'] {
  return channels === 1 ? 'gray' : channels === 3 ? 'rgb' : 'none';
}

function defaultMeaning(images: Images, shape: Shape, floats: boolean): InputMeaning {
  if (floats) return floatMeaning(shape[0]);
  return { range: [0, 255], ...measureChannels(images, shape), channels: channelNames(shape[0]) };
}

/** Keeps images in memory, in a buffer that doubles. */
export function memorySink(): ImageSink {
  let held: Uint8Array | Float32Array = new Uint8Array();
  let used = 0;
  return {
    add(image) {
      if (used + image.length > held.length) {
        const size = Math.max(2 * held.length, image.length);
        const grown = image instanceof Uint8Array ? new Uint8Array(size) : new Float32Array(size);
        grown.set(held.subarray(0, used));
        held = grown;
      }
      held.set(image, used);
      used += image.length;
    },
    finish: () => held.slice(0, used),
  };
}

function shapeOf(image: unknown): Shape | undefined {
  const is = typeof image === 'object' && image !== null && 'toArray' in image && 'shape' in image;
  return is ? (image as TensorLike).shape : undefined;
}

function nameOf(value: unknown): string {
  return value === null || value === undefined
    ? `${value}`
    : (Object.getPrototypeOf(value)?.constructor?.name ?? typeof value);
}

function wrong(argument: string, expected: string, got: unknown): ArgumentError {
  return new ArgumentError('fromSamples', argument, expected, got);
}
