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
  /** SHA-256 of the files it came from, hex; absent if it came from none. */
  readonly sha256?: string;
  /** Images from..to-1, sharing memory with this set. */
  subset(from: number, to: number): Dataset<I>;
}

export type DatasetFields<I extends Images = Images> = Omit<Dataset<I>, 'length' | 'subset'>;

/** Whether images are read when they are needed. */
export function isReader(images: Images): images is ImageReader {
  return 'read' in images;
}

/**
 * Checks the fields against each other and makes a data set of them.
 * @throws DataError where counts, labels, shape or meaning contradict each other
 */
export function dataset<I extends Images>(fields: DatasetFields<I>, source = 'dataset'): Dataset<I> {
  const { images, labels, shape, classes, meaning } = fields;
  if (shape.length !== 3) throw new DataError(source, 'images of shape [c, h, w]', `[${shape}]`);
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
  for (const [name, values] of [
    ['mean', meaning.mean],
    ['deviation', meaning.deviation],
  ] as const) {
    if (values.length !== shape[0]) {
      throw new DataError(source, `a ${name} for each of ${shape[0]} channels`, `${values.length}`);
    }
  }
  return make(fields);
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

/**
 * Mean and deviation of each channel of byte images, scaled to [0, 1]. The sums are exact: whole numbers below 2^53.
 * @param images [n][c][positions]
 * @throws ArgumentError if a channel is constant, since its deviation is then 0
 */
export function measureChannels(images: Uint8Array, shape: Shape): { mean: number[]; deviation: number[] } {
  const [channels] = shape;
  const positions = sizeOf(shape) / channels;
  const mean: number[] = [];
  const deviation: number[] = [];
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    let squares = 0;
    for (let start = c * positions; start < images.length; start += channels * positions) {
      // Sums of one plane fit small integers, which add faster than doubles.
      let planeSum = 0;
      let planeSquares = 0;
      for (let i = start; i < start + positions; i++) {
        const value = images[i];
        planeSum += value;
        planeSquares += value * value;
      }
      sum += planeSum;
      squares += planeSquares;
    }
    const n = images.length / channels;
    const m = sum / n;
    const variance = squares / n - m * m;
    if (!(variance > 0))
      throw new ArgumentError('measureChannels', `channel ${c}`, 'pixels that vary', 'a constant');
    mean.push(m / 255);
    deviation.push(Math.sqrt(variance) / 255);
  }
  return { mean, deviation };
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
