/**
 * The binary records of CIFAR-10 and CIFAR-100 (Krizhevsky, "Learning multiple layers of features from tiny images",
 * 2009). A file is records end to end, without a header:
 *
 *     CIFAR-10    label, 1,024 red, 1,024 green, 1,024 blue
 *     CIFAR-100   coarse label, fine label, 1,024 red, 1,024 green, 1,024 blue
 *
 * each a byte, the pixels row by row: [3][32][32], which is the layout of our images.
 */
import { DataError } from '../core/errors.ts';
import type { Shape } from '../core/shape.ts';
import { type ByteSource, memorySource, readAt } from './bytes.ts';
import type { ImageReader } from './dataset.ts';

/** Number of classes; of CIFAR-100 the fine ones are used. */
export type CifarKind = 10 | 100;

export const CIFAR_SHAPE: Shape = [3, 32, 32];

export const CIFAR10_CLASSES: readonly string[] = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
];

const PIXELS = 3072;

/** Records whose labels are looked at in one read. */
const CHUNK = 256;

/** Labels in memory, and images that are read when they are needed. */
export interface CifarRecords {
  labels: Uint8Array;
  images: ImageReader;
}

/**
 * Opens a file of records: checks its length and every label.
 * @throws DataError if it is no whole number of records, empty, or a label is out of range
 */
export function openCifar(source: ByteSource, kind: CifarKind): CifarRecords {
  const labelBytes = kind === 10 ? 1 : 2;
  const record = labelBytes + PIXELS;
  const count = source.length / record;
  if (!(Number.isInteger(count) && count > 0)) {
    const expected = `records of ${record} bytes (CIFAR-${kind}: a label${kind === 100 ? ' pair' : ''} and 3,072 pixels)`;
    throw new DataError(source.name, expected, `${source.length} bytes`);
  }
  const labels = new Uint8Array(count);
  for (let from = 0; from < count; from += CHUNK) {
    const here = Math.min(CHUNK, count - from);
    const bytes = readAt(source, from * record, here * record);
    for (let i = 0; i < here; i++) {
      const label = bytes[i * record + labelBytes - 1];
      if (label >= kind) {
        const place = `${source.name}: byte ${(from + i) * record + labelBytes - 1}`;
        throw new DataError(place, `a label from 0 to ${kind - 1}`, `${label} at image ${from + i}`);
      }
      labels[from + i] = label;
    }
  }
  const images: ImageReader = {
    dtype: 'u8',
    count,
    read(index, into, at) {
      source.read(index * record + labelBytes, (into as Uint8Array).subarray(at, at + PIXELS));
    },
  };
  return { labels, images };
}

/**
 * Reads a file of records that is in memory.
 * @returns images as [count][3][32][32]
 * @throws DataError as `openCifar`
 */
export function readCifar(
  bytes: Uint8Array,
  kind: CifarKind,
  source = 'cifar',
): { images: Uint8Array; labels: Uint8Array; shape: Shape } {
  const { labels, images: reader } = openCifar(memorySource(bytes, source), kind);
  const images = new Uint8Array(labels.length * PIXELS);
  for (let i = 0; i < labels.length; i++) reader.read(i, images, i * PIXELS);
  return { images, labels, shape: CIFAR_SHAPE };
}

/** Images and labels as CIFAR-10 records. @param images [count][3][32][32] */
export function writeCifar10(images: Uint8Array, labels: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(labels.length * (PIXELS + 1));
  for (let i = 0; i < labels.length; i++) {
    bytes[i * (PIXELS + 1)] = labels[i];
    bytes.set(images.subarray(i * PIXELS, (i + 1) * PIXELS), i * (PIXELS + 1) + 1);
  }
  return bytes;
}
