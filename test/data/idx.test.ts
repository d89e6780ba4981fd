import { describe, expect, test } from 'vitest';
import { ArgumentError, DataError } from '../../src/core/errors.ts';
import { dataset, measureChannels, pairIdx } from '../../src/data/dataset.ts';
import { readIdx } from '../../src/data/idx.ts';

/** An IDX file of unsigned bytes. */
function idx(shape: number[], data: number[], type = 8): Uint8Array {
  const extents = shape.flatMap((n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]);
  return Uint8Array.from([0, 0, type, shape.length, ...extents, ...data]);
}

describe('readIdx', () => {
  test('reads extents and bytes', () => {
    const { shape, data } = readIdx(idx([2, 1, 3], [1, 2, 3, 4, 5, 6]));
    expect(shape).toEqual([2, 1, 3]);
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('reads at an offset of a larger buffer', () => {
    const file = idx([2], [7, 8]);
    const buffer = new Uint8Array(file.length + 3);
    buffer.set(file, 3);
    expect([...readIdx(buffer.subarray(3)).data]).toEqual([7, 8]);
  });

  test.each([
    ['nothing', new Uint8Array(), /at least 4 bytes, got 0/],
    ['a wrong magic', Uint8Array.from([0x1f, 0x8b, 8, 3, 0, 0]), /two zero bytes, got 0x1f8b0803/],
    ['another element type', idx([2], [1, 2], 0x0d), /type 0x08.*got type 0x0d/],
    ['no dimensions', Uint8Array.from([0, 0, 8, 0]), /1 to 4 dimensions, got 0/],
    ['a cut header', Uint8Array.from([0, 0, 8, 3, 0, 0, 0, 2, 0]), /header of 16 bytes.*got 9/],
    ['cut data', idx([2, 2], [1, 2, 3]), /4 bytes of data for 2x2, got 3 \(truncated\)/],
    ['data too long', idx([2], [1, 2, 3]), /too long/],
    ['extents that overflow', idx([0xffffffff, 0xffffffff], []), /truncated/],
  ])('%s is a DataError that names the file', (_what, bytes, message) => {
    expect(() => readIdx(bytes, 'some/file')).toThrow(DataError);
    expect(() => readIdx(bytes, 'some/file')).toThrow(message);
    expect(() => readIdx(bytes, 'some/file')).toThrow(/^some\/file/);
  });
});

describe('pairIdx', () => {
  test('images and labels', () => {
    const pair = pairIdx(readIdx(idx([2, 1, 2], [1, 2, 3, 4])), readIdx(idx([2], [0, 1])));
    expect(pair.shape).toEqual([1, 1, 2]);
    expect([...pair.labels]).toEqual([0, 1]);
  });

  test('counts that differ, wrong ranks', () => {
    const images = readIdx(idx([2, 1, 2], [1, 2, 3, 4]));
    expect(() => pairIdx(images, readIdx(idx([3], [0, 1, 2])))).toThrow(
      /as many labels as images, got 3 and 2/,
    );
    expect(() => pairIdx(images, images)).toThrow(/labels of 1 dimension/);
    expect(() => pairIdx(readIdx(idx([2], [0, 1])), readIdx(idx([2], [0, 1])))).toThrow(/3 dimensions/);
  });
});

describe('dataset', () => {
  const meaning = { range: [0, 255] as const, mean: [0.5], deviation: [0.25], channels: 'gray' as const };
  const fields = {
    images: Uint8Array.from([1, 2, 3, 4, 5, 6]),
    labels: Uint8Array.from([0, 1, 0]),
    shape: [1, 1, 2],
    classes: ['a', 'b'],
    meaning,
  };

  test('subset shares memory', () => {
    const data = dataset(fields);
    const part = data.subset(1, 3);
    expect(data.length).toBe(3);
    expect(part.length).toBe(2);
    expect([...part.images]).toEqual([3, 4, 5, 6]);
    expect(part.images.buffer).toBe(data.images.buffer);
    expect([...part.subset(1, 2).labels]).toEqual([0]);
    expect(() => data.subset(2, 4)).toThrow(ArgumentError);
    expect(() => data.subset(1, 1)).toThrow(ArgumentError);
  });

  test('contradictions are DataErrors', () => {
    expect(() => dataset({ ...fields, labels: Uint8Array.from([0, 1]) })).toThrow(DataError);
    expect(() => dataset({ ...fields, labels: Uint8Array.from([0, 2, 0]) })).toThrow(
      /labels from 0 to 1, got 2 at image 1/,
    );
    expect(() => dataset({ ...fields, shape: [2] })).toThrow(DataError);
    expect(() => dataset({ ...fields, meaning: { ...meaning, mean: [0, 0] } })).toThrow(
      /a mean for each of 1 channels/,
    );
  });

  test('measureChannels, two channels', () => {
    const { mean, deviation } = measureChannels(Uint8Array.from([0, 255, 10, 20, 255, 0, 30, 40]), [2, 1, 2]);
    expect(mean[0]).toBeCloseTo(0.5, 12);
    expect(mean[1]).toBeCloseTo(25 / 255, 12);
    expect(deviation[0]).toBeCloseTo(0.5, 12);
    expect(deviation[1]).toBeCloseTo(Math.sqrt(125) / 255, 12);
    expect(() => measureChannels(new Uint8Array(4), [1, 2, 2])).toThrow(ArgumentError);
  });
});
