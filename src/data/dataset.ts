/** Labelled images in memory, and what their numbers mean. */
import { ArgumentError, DataError } from '../core/errors.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import type { InputMeaning } from '../graph/graph.ts';
import type { IdxArray } from './idx.ts';

/** Images that are read when they are needed (from a file, a folder), so that a set larger than memory can be used. */
export interface ImageReader {
  readonly dtype: 'u8' | 'f32';
  /** Number of images. */
  readonly count: number;
  /**
   * Writes image `index`, [c][h][w], to `into` from element `at` on. Synchronous.
   * @throws DataError if it cannot be read
   */
  read(index: number, into: Uint8Array | Float32Array, at: number): void;
}

/** Images in memory, or what reads them. */
export type Images = Uint8Array | Float32Array | ImageReader;

export interface Dataset<I extends Images = Images> {
  /** [length][c][h][w], or what reads it. Bytes are pixels, normalised by `meaning` when a batch is made; floats are taken as they are. */
  readonly images: I;
  /** Class of each image, 0 to classes.length - 1. */
  readonly labels: Uint8Array | Int32Array;
  /** [c, h, w] */
  readonly shape: Shape;
  readonly classes: readonly string[];
  readonly length: number;
  readonly meaning: InputMeaning;
  /** SHA-256 of what it was read from, hex: its images and labels in order, or its files; absent if nobody computed it. */
  readonly sha256?: string;
  /** Images from..to-1, sharing memory with this set. */
  subset(from: number, to: number): Dataset<I>;
}

export type DatasetFields<I extends Images = Images> = Omit<Dataset<I>, 'length' | 'subset'>;

/** Whether images are read when they are needed. */
export function isReader(images: Images): images is ImageReader {
  return typeof images === 'object' && images !== null && 'read' in images;
}

/**
 * Checks the fields against each other and makes a data set of them: what a type cannot stop is stopped here, at once.
 * @throws DataError where counts, labels, shape or meaning contradict each other, a label or a float in memory is not finite
 */
export function dataset<I extends Images>(fields: DatasetFields<I>, source = 'dataset'): Dataset<I> {
  const { images, labels, shape, classes, meaning } = fields;
  if (!Array.isArray(shape) || shape.length !== 3 || !shape.every((n) => Number.isSafeInteger(n) && n > 0)) {
    throw new DataError(source, 'images of shape [c, h, w], each at least 1', `[${shape}]`);
  }
  if (!(images instanceof Uint8Array || images instanceof Float32Array || isReader(images))) {
    throw new DataError(source, 'images as Uint8Array, Float32Array or ImageReader', nameOf(images));
  }
  if (!(labels instanceof Uint8Array || labels instanceof Int32Array)) {
    throw new DataError(source, 'labels as Uint8Array or Int32Array', nameOf(labels));
  }
  if (!Array.isArray(classes) || classes.some((name) => typeof name !== 'string')) {
    throw new DataError(source, 'classes as an array of names', nameOf(classes));
  }
  const size = sizeOf(shape);
  const count = isReader(images) ? images.count : images.length / size;
  if (count !== labels.length) {
    const found = `${labels.length} labels and ${count} images`;
    throw new DataError(source, `as many images of ${shape.join('x')} as labels`, found);
  }
  if (labels.length === 0) throw new DataError(source, 'at least one image', 'none');
  for (let i = 0; i < labels.length; i++) {
    if (!(labels[i] >= 0 && labels[i] < classes.length)) {
      throw new DataError(source, `labels from 0 to ${classes.length - 1}`, `${labels[i]} at image ${i}`);
    }
  }
  checkMeaning(meaning, shape[0], source);
  if (images instanceof Float32Array) {
    for (let i = 0; i < count; i++) checkFinite(images, i * size, size, i, source);
  }
  return make(fields);
}

function checkMeaning(meaning: InputMeaning, channels: number, source: string): void {
  for (const [name, values] of [
    ['mean', meaning?.mean],
    ['deviation', meaning?.deviation],
  ] as const) {
    if (!Array.isArray(values) || values.length !== channels) {
      throw new DataError(source, `a ${name} for each of ${channels} channels`, `${values?.length}`);
    }
    if (!values.every(Number.isFinite) || (name === 'deviation' && !values.every((v) => v > 0))) {
      const expected =
        name === 'mean' ? 'a mean that is a finite number' : 'a deviation that is a number above 0';
      throw new DataError(source, expected, `[${values}]`);
    }
  }
  const [low, high] = meaning.range ?? [];
  if (!(low < high && Number.isFinite(high - low))) {
    throw new DataError(source, 'a range [low, high] with low below high', `[${meaning.range}]`);
  }
}

/**
 * @param index the image, for the message
 * @throws DataError if one of the `count` values from `at` on is NaN or infinite
 */
export function checkFinite(
  values: ArrayLike<number>,
  at: number,
  count: number,
  index: number,
  source: string,
): void {
  for (let i = at; i < at + count; i++) {
    if (!Number.isFinite(values[i])) {
      throw new DataError(source, 'finite values', `${values[i]} at element ${i - at} of image ${index}`);
    }
  }
}

function nameOf(value: unknown): string {
  return value === null || value === undefined
    ? `${value}`
    : (Object.getPrototypeOf(value)?.constructor?.name ?? typeof value);
}

function make<I extends Images>(fields: DatasetFields<I>): Dataset<I> {
  const { images, labels, shape } = fields;
  const size = sizeOf(shape);
  return {
    ...fields,
    length: labels.length,
    subset(from, to) {
      if (
        !(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from < to && to <= labels.length)
      ) {
        throw new ArgumentError('subset', 'range', `0 <= from < to <= ${labels.length}`, [from, to]);
      }
      return make({
        ...fields,
        images: part(images, from, to, size) as I,
        labels: labels.subarray(from, to),
      });
    },
  };
}

function part(images: Images, from: number, to: number, size: number): Images {
  if (!isReader(images)) return images.subarray(from * size, to * size);
  return {
    dtype: images.dtype,
    count: to - from,
    read: (index, into, at) => images.read(from + index, into, at),
  };
}

/** Sums from which mean and deviation of each channel come, fed image by image, so that no set is too large. */
export class ChannelSums {
  private readonly sum: number[];
  private readonly squares: number[];
  private readonly positions: number;
  /** Images added. */
  private count = 0;

  constructor(shape: Shape) {
    this.positions = sizeOf(shape) / shape[0];
    this.sum = new Array<number>(shape[0]).fill(0);
    this.squares = new Array<number>(shape[0]).fill(0);
  }

  /** Adds the image [c][positions] that starts at `at`. */
  add(image: ArrayLike<number>, at: number): void {
    for (let c = 0; c < this.sum.length; c++) {
      // Sums of one plane of bytes fit small integers, which add faster than doubles.
      let planeSum = 0;
      let planeSquares = 0;
      const start = at + c * this.positions;
      for (let i = start; i < start + this.positions; i++) {
        const value = image[i];
        planeSum += value;
        planeSquares += value * value;
      }
      this.sum[c] += planeSum;
      this.squares[c] += planeSquares;
    }
    this.count += 1;
  }

  /**
   * @param unit the value that counts as 1: 255 for bytes
   * @throws ArgumentError if a channel is constant, since its deviation is then 0
   */
  finish(unit: number): { mean: number[]; deviation: number[] } {
    const mean: number[] = [];
    const deviation: number[] = [];
    const n = this.count * this.positions;
    for (let c = 0; c < this.sum.length; c++) {
      const m = this.sum[c] / n;
      const variance = this.squares[c] / n - m * m;
      if (!(variance > 0)) {
        throw new ArgumentError('measureChannels', `channel ${c}`, 'pixels that vary', 'a constant');
      }
      mean.push(m / unit);
      deviation.push(Math.sqrt(variance) / unit);
    }
    return { mean, deviation };
  }
}

/**
 * Mean and deviation of each channel: of bytes scaled to [0, 1], for which the sums are exact (whole numbers below 2^53); of
 * floats as they are.
 * @param images [n][c][positions], or what reads them
 * @throws ArgumentError if a channel is constant, since its deviation is then 0
 */
export function measureChannels(images: Images, shape: Shape): { mean: number[]; deviation: number[] } {
  const size = sizeOf(shape);
  const sums = new ChannelSums(shape);
  if (isReader(images)) {
    const image = images.dtype === 'u8' ? new Uint8Array(size) : new Float32Array(size);
    for (let i = 0; i < images.count; i++) {
      images.read(i, image, 0);
      sums.add(image, 0);
    }
    return sums.finish(images.dtype === 'u8' ? 255 : 1);
  }
  for (let at = 0; at < images.length; at += size) sums.add(images, at);
  return sums.finish(images instanceof Uint8Array ? 255 : 1);
}

/**
 * The images and labels of a pair of IDX files.
 * @returns images as [count][1][rows][columns]
 * @throws DataError if the ranks are wrong or the counts differ
 */
export function pairIdx(
  images: IdxArray,
  labels: IdxArray,
  source = 'idx',
): { images: Uint8Array; labels: Uint8Array; shape: Shape } {
  if (images.shape.length !== 3) {
    throw new DataError(source, 'images of 3 dimensions (count, rows, columns)', `${images.shape.length}`);
  }
  if (labels.shape.length !== 1)
    throw new DataError(source, 'labels of 1 dimension', `${labels.shape.length}`);
  if (images.shape[0] !== labels.shape[0]) {
    throw new DataError(source, 'as many labels as images', `${labels.shape[0]} and ${images.shape[0]}`);
  }
  return { images: images.data, labels: labels.data, shape: [1, images.shape[1], images.shape[2]] };
}
