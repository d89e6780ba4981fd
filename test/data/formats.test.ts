/** CIFAR and NPY from bytes: values, layouts, and each way in which a file can be wrong. */
import { describe, expect, test } from 'vitest';
import { DataError } from '../../src/core/errors.ts';
import { openImageArray, readLabelArray } from '../../src/data/arrays.ts';
import { memorySource, readAt, slice } from '../../src/data/bytes.ts';
import { readCifar, writeCifar10 } from '../../src/data/cifar.ts';
import { countClasses, wholeLabels } from '../../src/data/labels.ts';
import { readNpy } from '../../src/data/npy.ts';
import { noise, npyFile } from '../helpers/files.ts';

const sourceOf = (bytes: Uint8Array) => memorySource(bytes, 'some/file');

describe('bytes', () => {
  test('a slice reads its own part and no more', () => {
    const part = slice(sourceOf(Uint8Array.from([1, 2, 3, 4, 5])), 1, 3);
    expect([...readAt(part, 1, 2)]).toEqual([3, 4]);
    expect(() => readAt(part, 2, 2)).toThrow(
      /some\/file: byte 2: expected 2 more bytes, got 1 \(truncated\)/,
    );
    expect(() => slice(part, 2, 2)).toThrow(DataError);
  });

  test('a length beyond the end is refused before memory is taken for it', () => {
    expect(() => readAt(sourceOf(new Uint8Array(4)), 0, 2 ** 45)).toThrow(DataError);
  });
});

describe('CIFAR', () => {
  const images = noise(3 * 3072);

  test('CIFAR-10 records come back as they were written', () => {
    const read = readCifar(writeCifar10(images, [9, 0, 5]), 10);
    expect([...read.labels]).toEqual([9, 0, 5]);
    expect(read.images).toEqual(images);
    expect(read.shape).toEqual([3, 32, 32]);
  });

  test('of CIFAR-100 the fine label is taken', () => {
    const bytes = new Uint8Array(2 * 3074);
    bytes.set([19, 99], 0);
    bytes.set([3, 42], 3074);
    bytes.set(images.subarray(0, 3072), 3076);
    const read = readCifar(bytes, 100);
    expect([...read.labels]).toEqual([99, 42]);
    expect(read.images.subarray(3072)).toEqual(images.subarray(0, 3072));
  });

  test.each([
    ['no record', new Uint8Array(), 10, /records of 3073 bytes.*got 0 bytes/],
    ['a cut record', new Uint8Array(3072), 10, /records of 3073 bytes.*got 3072 bytes/],
    ['the other kind', new Uint8Array(3073), 100, /records of 3074 bytes/],
    [
      'a label of 10',
      writeCifar10(images, [1, 10, 2]),
      10,
      /byte 3073: expected a label from 0 to 9, got 10 at image 1/,
    ],
  ] as const)('%s is a DataError', (_what, bytes, kind, message) => {
    expect(() => readCifar(bytes, kind, 'some/file')).toThrow(DataError);
    expect(() => readCifar(bytes, kind, 'some/file')).toThrow(message);
  });
});

describe('NPY', () => {
  test.each([
    ['|u1', Uint8Array.from([1, 255, 0, 7, 8, 9])],
    ['<i4', Int32Array.from([1, -2, 3, 4, 5, 2 ** 31 - 1])],
    ['<f4', Float32Array.from([0.1, -2, 3e30, 4, 5, 6])],
    ['<f8', Float64Array.from([0.1, -2, 3e300, 4, 5, 6])],
    ['<i8', BigInt64Array.from([0n, -1n, 2n, 3n, 2n ** 40n, 5n])],
  ])('%s, versions 1 to 3', (descr, data) => {
    for (const version of [1, 2, 3]) {
      const read = readNpy(npyFile(descr, [2, 3], data, false, version));
      expect(read.shape).toEqual([2, 3]);
      expect([...read.data]).toEqual([...data].map(Number));
    }
  });

  test('big endian', () => {
    const data = new Uint8Array(8);
    new DataView(data.buffer).setFloat32(0, 1.5);
    new DataView(data.buffer).setFloat32(4, -7);
    expect([...readNpy(npyFile('>f4', [2], data)).data]).toEqual([1.5, -7]);
  });

  const two = Uint8Array.from([1, 2]);
  const cut = (bytes: Uint8Array, count: number) => bytes.subarray(0, bytes.length - count);
  test.each([
    ['nothing', new Uint8Array(), /0x93 NUMPY/],
    ['another file', noise(200), /0x93 NUMPY/],
    ['objects', npyFile('|O', [2], two), /Python objects \('\|O'\), which is never unpickled/],
    ['text', npyFile('<U3', [2], two), /dtype '<U3'/],
    ['complex numbers', npyFile('<c8', [2], two), /dtype '<c8'/],
    ['Fortran order', npyFile('|u1', [1, 2], two, true), /C order.*got Fortran order; save it with/],
    [
      'fewer elements',
      cut(npyFile('|u1', [2], two), 1),
      /2 bytes of uint8 for shape \(2\), got 1 \(truncated\)/,
    ],
    ['more elements', npyFile('|u1', [1], two), /got 2 \(too long\)/],
    ['a cut header', npyFile('|u1', [2], two).subarray(0, 40), /truncated/],
    ['extents that overflow', npyFile('|u1', [2 ** 40, 2 ** 40], two), /extents that can be/],
    ['a later version', npyFile('|u1', [2], two, false, 4), /version 1 to 3, got version 4/],
    ['a negative extent', npyFile('|u1', [-2], two), /a dictionary/],
  ])('%s is a DataError that names the file', (_what, bytes, message) => {
    expect(() => readNpy(bytes, 'some/file')).toThrow(DataError);
    expect(() => readNpy(bytes, 'some/file')).toThrow(message);
    expect(() => readNpy(bytes, 'some/file')).toThrow(/^some\/file/);
  });

  test('images with channels last and first', () => {
    const last = openImageArray(
      sourceOf(npyFile('|u1', [2, 2, 1, 3], Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]))),
    );
    expect(last.shape).toEqual([3, 2, 1]);
    const image = new Uint8Array(8);
    last.images.read(1, image, 2);
    expect([...image]).toEqual([0, 0, 7, 10, 8, 11, 9, 12]);
    const first = openImageArray(sourceOf(npyFile('<f4', [1, 1, 2, 2], Float32Array.from([1, 2, 3, 4]))));
    expect(first.shape).toEqual([1, 2, 2]);
    const floats = new Float32Array(4);
    first.images.read(0, floats, 0);
    expect([...floats]).toEqual([1, 2, 3, 4]);
    expect(openImageArray(sourceOf(npyFile('|u1', [1, 2, 2], noise(4)))).shape).toEqual([1, 2, 2]);
  });

  test('arrays that are no images or labels', () => {
    expect(() => openImageArray(sourceOf(npyFile('<i8', [1, 1, 1], new BigInt64Array(1))))).toThrow(
      /astype\('uint8'\)/,
    );
    expect(() => openImageArray(sourceOf(npyFile('|u1', [1, 4], noise(4))))).toThrow(/shape \(1,4\)/);
    expect(() => openImageArray(sourceOf(npyFile('|u1', [1, 2, 1, 2], noise(4))))).toThrow(/c 1 or 3/);
    expect(() => readLabelArray(sourceOf(npyFile('|u1', [2, 2], noise(4))))).toThrow(/labels.argmax\(1\)/);
    expect([...readLabelArray(sourceOf(npyFile('<i8', [2, 1], BigInt64Array.from([3n, 0n]))))]).toEqual([
      3, 0,
    ]);
  });
});

describe('labels', () => {
  test('whole, from 0, below the number of classes', () => {
    expect(wholeLabels([0, 2, 1], 'x', 3)).toEqual(Uint8Array.from([0, 2, 1]));
    expect(wholeLabels([0, 300], 'x', 301)).toEqual(Int32Array.from([0, 300]));
    for (const [bad, shown] of [
      [-1, '-1'],
      [0.5, '0.5'],
      [Number.NaN, 'NaN'],
      [3, '3'],
    ] as const) {
      expect(() => wholeLabels([0, bad], 'some/file', 3)).toThrow(
        `some/file: expected whole labels from 0 to 2, got ${shown} at image 1`,
      );
    }
  });

  test('without names there is no gap, since a gap is a damaged label', () => {
    expect(countClasses([0, 1, 2, 1], 'x')).toBe(3);
    expect(() => countClasses([0, 1, 200, 1], 'x')).toThrow(/label 200 at image 2, and none with 2/);
    expect(() => countClasses([0, 0], 'x')).toThrow(/at least two classes/);
  });
});
