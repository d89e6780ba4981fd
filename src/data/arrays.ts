/** Images and labels that come as NPY arrays: which axis is which, and how they are read one by one. */
import { DataError } from '../core/errors.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import { type ByteSource, readAt } from './bytes.ts';
import type { ImageReader } from './dataset.ts';
import { checkNpyLength, npyHeader } from './npy.ts';

export interface ImageArray {
  /** [c, h, w] */
  shape: Shape;
  images: ImageReader;
}

/**
 * An array of images: [n][h][w] (gray), [n][h][w][c] as Keras has them, or [n][c][h][w] as PyTorch does, c being 1 or 3; where
 * both the second and the last extent could be c, it is the last. uint8 are pixels 0 to 255; float32 and float64 are taken as
 * they are, as f32.
 * @throws DataError for another rank, type or length
 */
export function openImageArray(source: ByteSource): ImageArray {
  const header = npyHeader(source);
  checkNpyLength(header, source.length, source.name);
  const { shape: all, type, bytesPerElement, offset } = header;
  if (type !== 'uint8' && type !== 'float32' && type !== 'float64') {
    throw new DataError(source.name, "images of uint8 or float (.astype('uint8') if they are pixels)", type);
  }
  const { shape, channelsLast } = axes(all, source.name);
  const size = sizeOf(shape);
  if (sizeOf(all) === 0) throw new DataError(source.name, 'at least one image with pixels', `(${all})`);
  const [channels] = shape;
  const positions = size / channels;
  const raw = new Uint8Array(size * bytesPerElement);
  const pixels = new Float32Array(channelsLast ? size : 0);
  const images: ImageReader = {
    dtype: type === 'uint8' ? 'u8' : 'f32',
    count: all[0],
    read(index, into, at) {
      source.read(offset + index * raw.length, raw);
      if (!channelsLast) return header.decode(raw, size, into, at);
      header.decode(raw, size, pixels, 0);
      for (let c = 0; c < channels; c++) {
        for (let i = 0; i < positions; i++) into[at + c * positions + i] = pixels[i * channels + c];
      }
    },
  };
  return { shape, images };
}

function axes(all: Shape, name: string): { shape: Shape; channelsLast: boolean } {
  const isChannels = (n: number) => n === 1 || n === 3;
  if (all.length === 3) return { shape: [1, all[1], all[2]], channelsLast: false };
  if (all.length === 4 && isChannels(all[3])) return { shape: [all[3], all[1], all[2]], channelsLast: true };
  if (all.length === 4 && isChannels(all[1])) return { shape: [all[1], all[2], all[3]], channelsLast: false };
  const expected = 'images as (n, h, w), (n, h, w, c) or (n, c, h, w) with c 1 or 3';
  throw new DataError(name, expected, `shape (${all})`);
}

/**
 * An array of labels: [n] or [n][1], of any type of number.
 * @returns the numbers as they stand; whether they are whole and in range is for `wholeLabels` to say
 * @throws DataError for another rank (one-hot labels: save their argmax), type or length
 */
export function readLabelArray(source: ByteSource): Float64Array {
  const header = npyHeader(source);
  checkNpyLength(header, source.length, source.name);
  const { shape } = header;
  if (!(shape.length === 1 || (shape.length === 2 && shape[1] === 1))) {
    const hint = shape.length === 2 ? '; of one-hot labels save labels.argmax(1)' : '';
    throw new DataError(source.name, `labels of shape (n)${hint}`, `(${shape})`);
  }
  const bytes = readAt(source, header.offset, shape[0] * header.bytesPerElement);
  const labels = new Float64Array(shape[0]);
  header.decode(bytes, labels.length, labels, 0);
  return labels;
}
