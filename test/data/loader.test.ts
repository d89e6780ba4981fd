import { describe, expect, test } from 'vitest';
import { ArgumentError } from '../../src/core/errors.ts';
import { Rng } from '../../src/core/rng.ts';
import { type Augmentation, Augmenter, transformPlane } from '../../src/data/augment.ts';
import { type Dataset, dataset } from '../../src/data/dataset.ts';
import { epochOrder, Loader, normalizationTables } from '../../src/data/loader.ts';

const shape = [2, 5, 7];
const size = 70;
const meaning = {
  range: [0, 255] as const,
  mean: [0.25, 0.5],
  deviation: [0.5, 0.2],
  channels: 'none' as const,
};

function made(n = 6): Dataset<Uint8Array> {
  const rng = new Rng(11);
  return dataset({
    images: Uint8Array.from({ length: n * size }, () => rng.below(256)),
    labels: Uint8Array.from({ length: n }, (_, i) => i % 3),
    shape,
    classes: ['a', 'b', 'c'],
    meaning,
  });
}

/** One epoch's images in order, augmented. */
function filled(
  options: Augmentation | undefined,
  seed: number,
  epoch: number,
  indices: number[],
): Float32Array {
  const loader = new Loader(made());
  loader.augment(options, seed, epoch);
  const images = new Float32Array(indices.length * size);
  loader.fill(images, new Int32Array(indices.length), 0, indices.length, indices);
  return images;
}

describe('filling', () => {
  test('normalises each channel as f32 of (pixel / 255 - mean) / deviation', () => {
    const data = made();
    const images = filled(undefined, 1, 0, [4, 0]);
    for (const [row, index] of [4, 0].entries()) {
      for (let i = 0; i < size; i++) {
        const c = i < 35 ? 0 : 1;
        const expected = (data.images[index * size + i] / 255 - meaning.mean[c]) / meaning.deviation[c];
        expect(images[row * size + i]).toBe(Math.fround(expected));
      }
    }
  });

  test('labels follow the order; without one, images come as they are', () => {
    const loader = new Loader(made());
    const labels = new Int32Array(3);
    loader.fill(new Float32Array(3 * size), labels, 1, 3, [5, 4, 3, 0]);
    expect([...labels]).toEqual([1, 0, 0]);
    loader.fill(new Float32Array(3 * size), labels, 2, 3);
    expect([...labels]).toEqual([2, 0, 1]);
  });

  test('floats are taken as they are and cannot be augmented', () => {
    const bytes = made();
    const data = dataset({ ...bytes, images: Float32Array.from(bytes.images, (v) => v / 7) });
    const loader = new Loader(data);
    const images = new Float32Array(size);
    loader.fill(images, new Int32Array(1), 2, 1);
    expect(images).toEqual(data.images.subarray(2 * size, 3 * size));
    expect(() => loader.augment({ shift: 1 })).toThrow(ArgumentError);
  });

  test('an epoch visits every image once, in an order of its own', () => {
    const first = epochOrder(1, 0, 500);
    expect([...first].sort((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, i) => i));
    expect(epochOrder(1, 0, 500)).toEqual(first);
    expect(epochOrder(1, 1, 500)).not.toEqual(first);
    expect(epochOrder(2, 0, 500)).not.toEqual(first);
  });
});

describe('augmentation', () => {
  const all = { shift: 2, flip: true, crop: 0.7 };

  test('depends on seed, epoch and image alone, not on the batch around it', () => {
    const together = filled(all, 5, 3, [0, 1, 2, 3, 4, 5]);
    expect(filled(all, 5, 3, [4])).toEqual(together.subarray(4 * size, 5 * size));
    expect(filled(all, 5, 3, [5, 0])).toEqual(
      Float32Array.from([...together.subarray(5 * size), ...together.subarray(0, size)]),
    );
    expect(filled(all, 5, 4, [4])).not.toEqual(filled(all, 5, 3, [4]));
    expect(filled(all, 6, 3, [4])).not.toEqual(filled(all, 5, 3, [4]));
  });

  test('shifts reach every offset in range and nothing beyond; flips are half', () => {
    const augmenter = new Augmenter({ shift: 2, flip: true }, 1, 0, 5, 7);
    const drawn = Array.from({ length: 2000 }, (_, i) => augmenter.draw(i));
    for (const axis of ['dx', 'dy'] as const) {
      expect(new Set(drawn.map((t) => t[axis]))).toEqual(new Set([-2, -1, 0, 1, 2]));
    }
    const flips = drawn.filter((t) => t.flip).length;
    expect(flips).toBeGreaterThan(900);
    expect(flips).toBeLessThan(1100);
    expect(drawn.every((t) => t.width === 7 && t.height === 5)).toBe(true);
  });

  const table = Float32Array.from({ length: 256 }, (_, i) => i);
  const plane = Uint8Array.from([1, 2, 3, 4, 5, 6]);
  const still = { dx: 0, dy: 0, flip: false, top: 0, left: 0, height: 2, width: 3 };
  const moved = (t: Partial<typeof still>): number[] => {
    const to = new Float32Array(6);
    transformPlane(plane, 0, 2, 3, { ...still, ...t }, table, to, 0);
    return [...to];
  };

  test('known planes', () => {
    expect(moved({})).toEqual([1, 2, 3, 4, 5, 6]);
    expect(moved({ dx: 1 })).toEqual([0, 1, 2, 0, 4, 5]);
    expect(moved({ dy: -1 })).toEqual([4, 5, 6, 0, 0, 0]);
    expect(moved({ flip: true })).toEqual([3, 2, 1, 6, 5, 4]);
    expect(moved({ flip: true, dx: 1 })).toEqual([0, 3, 2, 0, 6, 5]);
    // A window of half the height around the middle: rows at 0.25 and 0.75 between the two.
    expect(moved({ height: 1, top: 0.5 })).toEqual([1.75, 2.75, 3.75, 3.25, 4.25, 5.25]);
  });

  test('options out of range', () => {
    const loader = new Loader(made());
    expect(() => loader.augment({ shift: 5 })).toThrow(ArgumentError);
    expect(() => loader.augment({ shift: 0.5 })).toThrow(ArgumentError);
    expect(() => loader.augment({ crop: 0 })).toThrow(ArgumentError);
  });

  test('tables: one a channel', () => {
    const [first, second] = normalizationTables(meaning);
    expect(first[255]).toBe(Math.fround(0.75 / 0.5));
    expect(second[0]).toBe(Math.fround(-0.5 / 0.2));
  });
});
