/** Files at random: what is written comes back, and nothing that is cut or flipped ends in anything but a typed error. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { DataError } from '../../src/core/errors.ts';
import { openImageArray, readLabelArray } from '../../src/data/arrays.ts';
import { memorySource } from '../../src/data/bytes.ts';
import { readCifar, writeCifar10 } from '../../src/data/cifar.ts';
import { readIdx } from '../../src/data/idx.ts';
import { readNpy } from '../../src/data/npy.ts';
import { pictureInfo } from '../../src/data/picture.ts';
import { resize } from '../../src/data/resize.ts';
import { decodePicture } from '../../src/node/data/decode.ts';
import { idxFile, jpegFile, noise, npyFile, pngFile, withOrientation } from '../helpers/files.ts';

const extent = fc.integer({ min: 1, max: 7 });
const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** @param runs examples of each property */
export function roundTrips(runs: number): void {
  const options = { numRuns: runs, seed: 42 };
  const shapes = fc.array(extent, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(shapes, fc.integer(), (shape, seed) => {
      const data = noise(sizeOf(shape), seed);
      expect(readIdx(idxFile(shape, data))).toEqual({ shape, data });
      expect(readNpy(npyFile('|u1', shape, data))).toEqual({ shape, type: 'uint8', data });
      const floats = Float32Array.from(data, (v) => v / 7 - 11);
      expect([...readNpy(npyFile('<f4', shape, floats)).data]).toEqual([...floats]);
    }),
    options,
  );
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 5 }), (labels) => {
      const images = noise(labels.length * 3072, labels.length);
      const read = readCifar(writeCifar10(images, labels), 10);
      expect([...read.labels]).toEqual(labels);
      expect(Buffer.compare(read.images, images)).toBe(0);
    }),
    { ...options, numRuns: Math.ceil(runs / 10) },
  );
  const fit = fc.constantFrom('crop', 'stretch', 'pad');
  fc.assert(
    fc.property(extent, extent, extent, extent, fit, (h, w, th, tw, how) => {
      const from = noise(2 * h * w, h * w);
      const out = resize(from, 2, h, w, [th, tw], how as 'crop');
      expect(out).toHaveLength(2 * th * tw);
      // A mean lies between what it is of.
      if (how !== 'pad') {
        expect(Math.max(...out)).toBeLessThanOrEqual(Math.max(...from));
        expect(Math.min(...out)).toBeGreaterThanOrEqual(Math.min(...from));
      }
    }),
    options,
  );
}

/** Whole files and what reads them to the end. */
const readers: readonly [string, Uint8Array, (bytes: Uint8Array) => unknown][] = [
  ['IDX', idxFile([2, 3, 4], noise(24)), (bytes) => readIdx(bytes, 'f')],
  ['CIFAR', writeCifar10(noise(3072), [7]), (bytes) => readCifar(bytes, 10, 'f')],
  ['NPY', npyFile('<f4', [2, 3], new Float32Array(6)), (bytes) => readNpy(bytes, 'f')],
  ['NPY images', npyFile('|u1', [2, 3, 4], noise(24)), (bytes) => openImageArray(memorySource(bytes, 'f'))],
  [
    'NPY labels',
    npyFile('<i8', [2], new BigInt64Array(2)),
    (bytes) => readLabelArray(memorySource(bytes, 'f')),
  ],
  ['PNG', pngFile(5, 7, noise(105)), (bytes) => decodePicture(bytes, 'f', { channels: 'rgb' })],
  [
    'JPEG',
    jpegFile(9, 11, noise(297)),
    (bytes) => decodePicture(bytes, 'f', { channels: 'gray', size: [4, 4] }),
  ],
  [
    'EXIF',
    withOrientation(jpegFile(9, 11, noise(297)), 6).subarray(0, 300),
    (bytes) => pictureInfo(memorySource(bytes, 'f')),
  ],
];

/** Reads damaged bytes: a value or a DataError that names the file, nothing else. Tells which. */
function survives(read: (bytes: Uint8Array) => unknown, bytes: Uint8Array): boolean {
  try {
    read(bytes);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    expect((error as Error).message).toMatch(/^f[: ]/);
    return false;
  }
}

/** @param step every so many-th cut and flip is tried; 1 tries all */
export function damage(step: number): void {
  for (const [name, whole, read] of readers) {
    expect(survives(read, whole), name).toBe(true);
    for (let length = step - 1; length < whole.length; length += step) {
      const kept = survives(read, whole.subarray(0, length));
      // The headers of a picture are readable before its end; whole files are not.
      if (name !== 'EXIF') expect(kept, `${name} cut to ${length}`).toBe(false);
    }
    for (let bit = step - 1; bit < whole.length * 8; bit += step) {
      const flipped = Uint8Array.from(whole);
      flipped[bit >> 3] ^= 1 << (bit & 7);
      survives(read, flipped);
    }
  }
}
