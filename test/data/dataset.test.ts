/** What a type cannot stop in a data set handed in, sets of any iterable, and parts drawn by seed. */
import { describe, expect, test } from 'vitest';
import { ArgumentError, DataError } from '../../src/core/errors.ts';
import { Rng } from '../../src/core/rng.ts';
import {
  type Dataset,
  dataset,
  type ImageReader,
  isReader,
  measureChannels,
} from '../../src/data/dataset.ts';
import { Loader } from '../../src/data/loader.ts';
import { fromSamples, type Sample } from '../../src/data/samples.ts';
import { carve } from '../../src/data/split.ts';
import { noise } from '../helpers/files.ts';

const meaning = { range: [0, 255] as const, mean: [0.5], deviation: [0.25], channels: 'gray' as const };
const fields = {
  images: noise(12),
  labels: Uint8Array.from([0, 1, 0]),
  shape: [1, 2, 2],
  classes: ['a', 'b'],
  meaning,
};

describe('dataset() stops what no type stops', () => {
  const range = (low: number, high: number) => ({ meaning: { ...meaning, range: [low, high] } });
  test.each([
    ['plain arrays of images', { images: Array.from(fields.images) }, /images as Uint8Array.*got Array/],
    ['16-bit images', { images: new Uint16Array(12) }, /got Uint16Array/],
    ['no images', { images: undefined }, /got undefined/],
    ['plain arrays of labels', { labels: [0, 1, 0] }, /labels as Uint8Array or Int32Array, got Array/],
    ['float labels', { labels: Float32Array.from([0, 1, 0]) }, /got Float32Array/],
    ['a number of classes', { classes: 2 }, /an array of names/],
    ['an extent of 0', { shape: [1, 0, 2], images: new Uint8Array() }, /each at least 1/],
    ['half an extent', { shape: [1, 2.5, 2] }, /each at least 1/],
    ['two extents', { shape: [2, 2] }, /\[c, h, w\]/],
    ['a deviation of 0', { meaning: { ...meaning, deviation: [0] } }, /deviation that is a number above 0/],
    ['a deviation of NaN', { meaning: { ...meaning, deviation: [Number.NaN] } }, /deviation/],
    ['a mean of NaN', { meaning: { ...meaning, mean: [Number.NaN] } }, /a mean that is a finite number/],
    ['no meaning', { meaning: undefined }, /a mean for each/],
    ['an empty range', range(5, 5), /low below high/],
    ['a range of NaN', range(Number.NaN, 1), /low below high/],
    [
      'NaN in floats',
      { images: Float32Array.from({ length: 12 }, (_, i) => (i === 9 ? Number.NaN : i)) },
      /NaN at element 1 of image 2/,
    ],
    [
      'infinity in floats',
      { images: new Float32Array(12).fill(-Infinity) },
      /-Infinity at element 0 of image 0/,
    ],
  ])('%s', (_what, change, message) => {
    const wrong = { ...fields, ...change } as unknown as typeof fields;
    expect(() => dataset(wrong)).toThrow(DataError);
    expect(() => dataset(wrong)).toThrow(message);
  });

  test('a reader that hands out NaN is found when a batch is filled', () => {
    const images: ImageReader = {
      dtype: 'f32',
      count: 3,
      read: (i, into, at) => into.fill(i === 1 ? Number.NaN : 1, at, at + 4),
    };
    const loader = new Loader(dataset({ ...fields, images }));
    loader.fill(new Float32Array(4), new Int32Array(1), 0, 1);
    expect(() => loader.fill(new Float32Array(4), new Int32Array(1), 1, 1)).toThrow(
      /NaN at element 0 of image 1/,
    );
  });

  test('channels are measured the same through a reader, and of floats', () => {
    const images = noise(60);
    const reader: ImageReader = {
      dtype: 'u8',
      count: 5,
      read: (i, into, at) => into.set(images.subarray(12 * i, 12 * i + 12), at),
    };
    expect(measureChannels(reader, [3, 2, 2])).toEqual(measureChannels(images, [3, 2, 2]));
    const floats = measureChannels(Float32Array.from([1, 3, -5, -7]), [2, 1, 2]);
    expect(floats).toEqual({ mean: [2, -6], deviation: [1, 1] });
  });
});

describe('fromSamples', () => {
  const images = noise(12);
  function* samples(): Generator<Sample> {
    for (let i = 0; i < 3; i++) yield { image: images.subarray(4 * i, 4 * i + 4), label: i % 2 };
  }
  const options = { classes: ['a', 'b'], shape: [1, 2, 2] };

  test('a generator, an async generator', async () => {
    const data = await fromSamples(samples(), options);
    expect(data.images).toEqual(images);
    expect([...data.labels]).toEqual([0, 1, 0]);
    expect(data.meaning).toEqual({
      range: [0, 255],
      ...measureChannels(images, [1, 2, 2]),
      channels: 'gray',
    });
    async function* later() {
      yield* samples();
    }
    expect((await fromSamples(later(), options)).images).toEqual(images);
    expect((await fromSamples(samples(), { ...options, meaning })).meaning).toEqual(meaning);
  });

  test('tensors bring their shape; floats are taken as they are', async () => {
    const tensor = (v: number) => ({ shape: [2, 1, 1], toArray: () => Float32Array.from([v, -v]) });
    const data = await fromSamples(
      [
        { image: tensor(1), label: 0 },
        { image: tensor(2), label: 1 },
      ],
      { classes: ['a', 'b'] },
    );
    expect(data.shape).toEqual([2, 1, 1]);
    expect(data.images).toEqual(Float32Array.from([1, -1, 2, -2]));
    expect(data.meaning).toMatchObject({ range: [0, 1], mean: [0, 0], deviation: [1, 1] });
  });

  const image = new Uint8Array(4);
  test.each([
    ['no samples', [], /at least one/],
    ['plain arrays', [{ image: [1, 2, 3, 4], label: 0 }], /sample 0.*got 'Array'/],
    [
      'another length',
      [
        { image, label: 0 },
        { image: new Uint8Array(5), label: 0 },
      ],
      /sample 1.*4 elements, got 5/,
    ],
    [
      'floats after bytes',
      [
        { image, label: 0 },
        { image: new Float32Array(4), label: 0 },
      ],
      /sample 1.*u8.*got 'f32'/,
    ],
    ['a label too large', [{ image, label: 2 }], /sample 0: expected a label from 0 to 1, got 2/],
    ['a label between', [{ image, label: 0.5 }], /got 0.5/],
    ['a label as text', [{ image, label: '1' }], /got '1'/],
  ])('%s', async (_what, wrong, message) => {
    const call = () => fromSamples(wrong as Sample[], options);
    await expect(call()).rejects.toThrow(ArgumentError);
    await expect(call()).rejects.toThrow(message);
  });

  test('NaN is refused', async () => {
    const wrong = [{ image: new Float32Array(4).fill(Number.NaN), label: 0 }];
    await expect(fromSamples(wrong, options)).rejects.toThrow(/NaN at element 0 of image 0/);
  });
});

describe('carve', () => {
  const labels = Uint8Array.from({ length: 1000 }, (_, i) => (i < 900 ? 0 : i < 999 ? 1 : 2));
  const all = Uint32Array.from(labels, (_, i) => i);

  test('takes the same share of each class, and leaves a lone image', () => {
    const { kept, carved } = carve(labels, all, 0.1, new Rng(1));
    const count = (label: number) => [...carved].filter((i) => labels[i] === label).length;
    expect([count(0), count(1), count(2)]).toEqual([90, 10, 0]);
    expect([...kept, ...carved].sort((a, b) => a - b)).toEqual([...all]);
    expect(carved).toEqual(carve(labels, all, 0.1, new Rng(1)).carved);
    expect(carved).not.toEqual(carve(labels, all, 0.1, new Rng(2)).carved);
  });
});

test('a part of a reader reads the part', () => {
  const images: ImageReader = { dtype: 'u8', count: 3, read: (i, into, at) => into.fill(i, at, at + 4) };
  const part: Dataset = dataset({ ...fields, images }).subset(1, 3);
  const into = new Uint8Array(4);
  if (isReader(part.images)) part.images.read(1, into, 0);
  expect([...into]).toEqual([2, 2, 2, 2]);
});
