/** Binary sets by path: what each layout opens as, and that everything wrong is a DataError which names the file. */
import { readdirSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { afterEach, describe, expect, test } from 'vitest';
import { ArgumentError, DataError, FileError } from '../../../src/core/errors.ts';
import { writeCifar10 } from '../../../src/data/cifar.ts';
import { fromSamples } from '../../../src/data/samples.ts';
import {
  type OpenOptions,
  openData,
  roomForImages,
  type Splits,
  spoolSink,
} from '../../../src/node/data/open.ts';
import { folderOf, idxFile, noise, npyFile } from '../../helpers/files.ts';

type Files = Record<string, Uint8Array | string>;
let folders: ReturnType<typeof folderOf>[] = [];
afterEach(() => {
  for (const folder of folders) folder.remove();
  folders = [];
});

function made(files: Files): ReturnType<typeof folderOf> {
  const folder = folderOf(files);
  folders.push(folder);
  return folder;
}

const open = (files: Files, options?: OpenOptions): Promise<Splits> => openData(made(files).path, options);

async function refused(files: Files, message: RegExp, options?: OpenOptions): Promise<void> {
  const { path } = made(files);
  await expect(openData(path, options)).rejects.toThrow(message);
  await expect(openData(path, options)).rejects.toThrow(DataError);
  await expect(openData(path, options)).rejects.toThrow(path);
}

const N = 60;
const pixels = noise(N * 12);
const labels = Uint8Array.from({ length: N }, (_, i) => i % 3);
const images = idxFile([N, 3, 4], pixels);
const idx = { 'train-images-idx3-ubyte': images, 'train-labels-idx1-ubyte': idxFile([N], labels) };
const test10 = {
  't10k-images-idx3-ubyte': idxFile([6, 3, 4], pixels.subarray(0, 72)),
  't10k-labels-idx1-ubyte': idxFile([6], labels.subarray(0, 6)),
};
const gz = (files: Files): Files =>
  Object.fromEntries(Object.entries(files).map(([name, data]) => [`${name}.gz`, gzipSync(data)]));
const sizes = ({ train, validation, test: held }: Splits) => [train.length, validation.length, held.length];

describe('IDX', () => {
  test('pairs, plain and packed, are the same set', async () => {
    const plain = await open({ ...idx, ...test10 });
    expect(sizes(plain)).toEqual([54, 6, 6]);
    expect(plain.train.shape).toEqual([1, 3, 4]);
    expect(plain.description).toBe('MNIST-style IDX, 60 + 6');
    expect(plain.test.images).toEqual(pixels.subarray(0, 72));
    expect(plain.test.classes).toEqual(['0', '1', '2']);
    const packed = await open({ ...gz(idx), ...gz(test10) });
    for (const part of ['train', 'validation', 'test'] as const) {
      expect(packed[part].images).toEqual(plain[part].images);
      expect(packed[part].labels).toEqual(plain[part].labels);
      expect(packed[part].sha256).toBe(plain[part].sha256);
    }
    expect(plain.train.sha256).not.toBe(plain.test.sha256);
  });

  test('parts are drawn by seed, each class in proportion', async () => {
    const parts = await open(idx, { test: 0.2, validation: 0.25 });
    expect(sizes(parts)).toEqual([36, 12, 12]);
    expect([...parts.test.labels].filter((label) => label === 1)).toHaveLength(4);
    expect((await open(idx, { test: 0.2, validation: 0.25 })).test.sha256).toBe(parts.test.sha256);
    expect((await open(idx, { test: 0.2, validation: 0.25, seed: 2 })).test.sha256).not.toBe(
      parts.test.sha256,
    );
    expect(parts.train.meaning).toEqual(parts.test.meaning);
  });

  test('a pair of files, a folder with spaces and other letters, names of classes', async () => {
    const folder = made({
      'my dâta/ziffern-images.idx': images,
      'my dâta/ziffern-labels.idx': idxFile([N], labels),
      'my dâta/classes.txt': 'null\neins\nzwei\n\n',
    });
    const { train } = await openData(`${folder.path}/my dâta/ziffern-images.idx`);
    expect(train.classes).toEqual(['null', 'eins', 'zwei']);
    expect((await openData(`${folder.path}/my dâta`)).train.sha256).toBe(train.sha256);
  });

  test('damage', async () => {
    const whole = { ...idx, ...test10 };
    const name = 'train-images-idx3-ubyte';
    await refused(
      { ...whole, [name]: images.subarray(0, 500) },
      /byte 16: expected 720 bytes of data for 60x3x4, got 484 \(truncated\)/,
    );
    await refused({ ...whole, [name]: Uint8Array.from([...images, 0]) }, /too long/);
    await refused({ ...whole, [name]: idxFile([0, 3, 4], []) }, /at least one image/);
    await refused({ ...whole, [name]: new Uint8Array() }, /at least 4 bytes/);
    await refused(
      { ...whole, 'train-labels-idx1-ubyte': idxFile([59], labels.subarray(0, 59)) },
      /60 labels, as many as images, got 59/,
    );
    await refused({ ...whole, 'train-labels-idx1-ubyte': images }, /1 dimensions, got 3/);
    await refused(
      { 'train-images-idx3-ubyte': images },
      /train-labels-idx1-ubyte: expected the labels that belong/,
    );
    const wrong = labels.slice();
    wrong[7] = 200;
    await refused(
      { ...whole, 'train-labels-idx1-ubyte': idxFile([N], wrong) },
      /label 200 at image 7, and none with 3/,
    );
    await refused(
      { ...whole, 't10k-labels-idx1-ubyte': idxFile([6], [0, 1, 2, 3, 0, 0]) },
      /0 to 2, got 3 at image 3/,
    );
    await refused({ ...idx, 'classes.txt': 'a\nb' }, /whole labels from 0 to 1, got 2 at image 2/);
    await refused(
      { ...whole, 't10k-images-idx3-ubyte': idxFile([6, 2, 6], pixels.subarray(0, 72)) },
      /1x3x4 as in/,
    );
    await refused(
      { ...idx, 'train-images-idx3-ubyte': idxFile([N, 3, 4], new Uint8Array(720)) },
      /pixels that vary/,
    );
  });

  test('packed files that end early, are damaged, or unpack to more than they declare', async () => {
    const name = 'train-images-idx3-ubyte.gz';
    const packed = gzipSync(images);
    await refused(
      { ...gz(idx), [name]: packed.subarray(0, packed.length - 20) },
      /a whole gzip file, got unexpected end/,
    );
    await refused({ ...gz(idx), [name]: packed.subarray(0, 5) }, /a whole gzip file|at least 4 bytes/);
    const flipped = Uint8Array.from(packed);
    flipped[packed.length - 5] ^= 1;
    await refused({ ...gz(idx), [name]: flipped }, /a whole gzip file, got incorrect data check/);
    // 50 MB of zeros behind a header that declares 720 bytes: stopped at the first byte too many.
    const bomb = gzipSync(Buffer.concat([images.subarray(0, 16), Buffer.alloc(50e6)]));
    await refused({ ...gz(idx), [name]: bomb }, /the 736 bytes its header declares, got more/);
    const liar = gzipSync(idxFile([0xffffffff, 0xffff, 0xffff], [1, 2, 3]));
    await refused({ ...gz(idx), [name]: liar }, /truncated/);
  });
});

describe('CIFAR', () => {
  const photos = noise(20 * 3072, 3);
  const batch = (from: number, to: number) =>
    writeCifar10(
      photos.subarray(from * 3072, to * 3072),
      Uint8Array.from({ length: to - from }, (_, i) => i % 2),
    );

  test('batches in order of their numbers', async () => {
    const set = await open({
      'data_batch_10.bin': batch(10, 20),
      'data_batch_9.bin': batch(0, 10),
      'test_batch.bin': batch(0, 5),
    });
    expect(set.description).toBe('CIFAR-10 binary, 20 + 5');
    expect(set.train.shape).toEqual([3, 32, 32]);
    expect(set.train.classes[9]).toBe('truck');
    expect(set.train.meaning.channels).toBe('rgb');
    expect(set.test.images).toEqual(photos.subarray(0, 5 * 3072));
    const first = set.train.images as Uint8Array;
    expect([...first.subarray(0, 100)]).toEqual([...photos.subarray(0, 100)]);
  });

  test('CIFAR-100', async () => {
    const hundred = (count: number) => {
      const bytes = noise(count * 3074, 5);
      for (let i = 0; i < count; i++) bytes[i * 3074 + 1] = i % 100;
      return bytes;
    };
    const { train, test: held } = await open({ 'train.bin': hundred(200), 'test.bin': hundred(3) });
    expect([train.classes.length, held.labels[2], train.length]).toEqual([100, 2, 100]);
  });

  test('damage', async () => {
    await refused({ 'data_batch_1.bin': batch(0, 4).subarray(1) }, /records of 3073 bytes/);
    const wrong = batch(0, 4);
    wrong[3073] = 77;
    await refused(
      { 'data_batch_1.bin': wrong },
      /byte 3073: expected a label from 0 to 9, got 77 at image 1/,
    );
  });
});

describe('NPY and NPZ', () => {
  const x = npyFile('|u1', [N, 3, 4], pixels);
  const y = npyFile('<i8', [N], BigInt64Array.from(labels, BigInt));
  const floats = Float32Array.from(pixels, (v) => v / 255);
  const xf = npyFile('<f4', [N, 3, 4], floats);

  test('a pair of files, an archive, stored and packed, are the same set', async () => {
    const pair = await open({ 'images.npy': x, 'labels.npy': y });
    expect(sizes(pair)).toEqual([48, 6, 6]);
    expect(pair.description).toBe('NPY, 60');
    for (const level of [0, 9] as const) {
      const archive = zipSync({ 'x.npy': x, 'y.npy': y, 'other.npy': noise(9) }, { level });
      const set = await open({ 'my set.npz': archive });
      expect(set.description).toBe('NPZ, 60');
      expect(set.train.sha256).toBe(pair.train.sha256);
    }
    const alone = made({ 'images.npy': x, 'labels.npy': y });
    expect((await openData(join(alone.path, 'images.npy'))).train.sha256).toBe(pair.train.sha256);
    const keras = zipSync({ 'x_test.npy': x, 'y_test.npy': y, 'x_train.npy': x, 'y_train.npy': y });
    const folder = made({ 'mnist.npz': keras });
    expect(sizes(await openData(`${folder.path}/mnist.npz`))).toEqual([54, 6, 60]);
  });

  test('floats are taken as they are', async () => {
    const { train } = await open({ 'x.npy': xf, 'y.npy': y });
    expect(train.images).toBeInstanceOf(Float32Array);
    expect(train.meaning).toEqual({ range: [0, 1], mean: [0], deviation: [1], channels: 'gray' });
    const { test: kept } = await open({
      'x_train.npy': xf,
      'y_train.npy': y,
      'x_test.npy': xf,
      'y_test.npy': y,
    });
    expect(kept.images).toEqual(floats);
  });

  test('damage', async () => {
    const nan = floats.slice();
    nan[17] = Number.NaN;
    const xn = npyFile('<f4', [N, 3, 4], nan);
    await refused({ 'x.npy': xn, 'y.npy': y }, /NaN at element 5 of image 1/);
    await refused({ 'x.npy': xn, 'y.npy': y }, /NaN at element 5 of image 1/, { memory: 10 });
    await refused({ 'x.npy': npyFile('|O', [N], pixels), 'y.npy': y }, /Python objects/);
    await refused({ 'x.npy': x }, /'x' and 'y', got no 'y'/);
    await refused(
      {
        'x.npy': x,
        'y.npy': npyFile(
          '<f8',
          [N],
          Float64Array.from(labels, (v) => v + 0.5),
        ),
      },
      /got 0.5 at image 0/,
    );
    await refused(
      {
        'x.npy': x,
        'y.npy': npyFile(
          '<i4',
          [N],
          Int32Array.from(labels, (v) => -v),
        ),
      },
      /y\.npy: expected whole labels .* got -1 at image 1/,
    );
    await refused(
      { 'x.npy': x, 'y.npy': npyFile('<i4', [N - 1], Int32Array.from(labels.subarray(1))) },
      /y\.npy: expected 60 labels, as many as images, got 59/,
    );
    const archive = zipSync({ 'x.npy': x, 'y.npy': y }, { level: 9 });
    await refused({ 'a.npz': archive.subarray(0, 400) }, /ends early|truncated|whole NPZ/);
    await refused({ 'a.npz': noise(500) }, /an NPZ|whole NPZ/);
    await refused({ 'a.npz': zipSync({ 'a.npy': x }) }, /arrays 'images' and 'labels'.*got none of them/);
    await refused(
      { 'a.npz': zipSync({ 'x.npy': Buffer.concat([x, Buffer.alloc(5e6)]), 'y.npy': y }) },
      /bytes its header declares, got more/,
    );
  });
});

describe('paths and options', () => {
  test('room for images is a quarter of the memory, at most 1 GiB', () => {
    expect(roomForImages(4e8)).toBe(1e8);
    expect(roomForImages(2 ** 40)).toBe(2 ** 30);
    expect(roomForImages()).toBeLessThanOrEqual(totalmem() / 4);
  });

  test('nothing there, nothing known', async () => {
    await expect(openData('no such thing')).rejects.toThrow(
      /a folder, a file, or one of mnist, cifar10, fashion-mnist/,
    );
    await expect(openData('no such thing')).rejects.toThrow(DataError);
    await expect(openData(made({ 'a.txt': 'text' }).add('b.csv', '1,2'))).rejects.toThrow(
      /b\.csv: expected an IDX/,
    );
    await refused(
      { 'a.txt': 'text' },
      /a folder of pictures for each of at least two classes, got no folder/,
    );
  });

  test('options out of range', async () => {
    const wrong: OpenOptions[] = [
      { validation: 0 },
      { validation: 1 },
      { test: Number.NaN },
      { seed: 0.5 },
      { memory: -1 },
      { size: [28, 28] },
      { channels: 'rgb' },
    ];
    for (const options of wrong) await expect(open(idx, options)).rejects.toThrow(ArgumentError);
  });

  test('too few images to take parts from', async () => {
    await refused(
      {
        'x.npy': npyFile('|u1', [2, 3, 4], pixels.subarray(0, 24)),
        'y.npy': npyFile('|u1', [2], labels.subarray(0, 2)),
      },
      /enough images for training, validation and test/,
    );
  });

  test('mnist means the installed package where nothing of that name lies in data/', async () => {
    const { train, description } = await openData('mnist');
    expect([train.length, description]).toEqual([55_000, 'MNIST-style IDX, 60,000 + 10,000']);
  });
});

test('samples beyond memory go to a temporary file', async () => {
  const samples = Array.from({ length: N }, (_, i) => ({
    image: pixels.subarray(12 * i, 12 * i + 12),
    label: labels[i],
  }));
  const options = { classes: ['a', 'b', 'c'], shape: [1, 3, 4] };
  const held = await fromSamples(samples, options);
  for (const memory of [100, 1e6]) {
    const spooled = await fromSamples(samples, { ...options, spool: spoolSink(memory) });
    expect(spooled.meaning).toEqual(held.meaning);
    const image = new Uint8Array(12);
    (spooled.images as { read(i: number, into: Uint8Array, at: number): void }).read(41, image, 0);
    expect(image).toEqual(pixels.subarray(41 * 12, 42 * 12));
    // It has no name that anyone would have to remove, not even after a kill.
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`paring-${process.pid}-`))).toEqual([]);
  }
});

test('a temporary folder that cannot be written is a FileError', async () => {
  const { path } = made(gz(idx));
  const before = process.env.TMPDIR;
  process.env.TMPDIR = join(path, 'nowhere');
  try {
    const call = openData(path, { memory: 100 });
    await expect(call).rejects.toThrow(FileError);
    await expect(call).rejects.toThrow(/TMPDIR says where/);
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
});
