/** A folder of pictures, prepared: it opens as the folder itself does, to the same parts with the same hashes. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { ArgumentError, DataError, FileError } from '../../../src/core/errors.ts';
import { readNpy } from '../../../src/data/npy.ts';
import { openData, type Splits } from '../../../src/node/data/open.ts';
import { type PrepareOptions, preparePictures } from '../../../src/node/data/prepare.ts';
import { folderOf, jpegFile, noise, pngFile } from '../../helpers/files.ts';

let folders: ReturnType<typeof folderOf>[] = [];
afterEach(() => {
  for (const folder of folders) folder.remove();
  folders = [];
});
function made(files: Record<string, Uint8Array | string>): string {
  const folder = folderOf(files);
  folders.push(folder);
  return folder.path;
}

/** Pictures of classes with a name of their own each. */
function pictures(prefix: string, each: number, w: number, h: number, channels: 1 | 3, seed = 1) {
  const files: Record<string, Uint8Array> = {};
  for (const [c, name] of ['b & ü', 'a', 'z'].entries()) {
    for (let i = 0; i < each; i++) {
      const pixels = noise(w * h * channels, 1000 * seed + 100 * c + i);
      const jpeg = channels === 3 && i % 2 === 1;
      files[`${prefix}${name}/${i}`.concat(jpeg ? '.jpg' : '.png')] = jpeg
        ? jpegFile(w, h, pixels)
        : pngFile(w, h, pixels, channels);
    }
  }
  return files;
}

const partsOf = ({ train, validation, test: held }: Splits) =>
  [train, validation, held].map(({ sha256, labels, images, shape, classes, meaning }) => ({
    sha256,
    labels,
    images,
    shape,
    classes,
    meaning,
  }));

async function same(from: string, how: Omit<PrepareOptions, 'out'>): Promise<Splits> {
  const out = join(made({}), 'new', 'prepared');
  const prepared = await preparePictures(from, { ...how, out });
  expect(readdirSync(out).sort()).toEqual([...prepared.files].sort());
  let last: Splits | undefined;
  for (const seed of [1, 2]) {
    const split = { seed, validation: 0.2 };
    last = await openData(out, split);
    expect(partsOf(last)).toEqual(partsOf(await openData(from, { ...how, ...split })));
    const onDisk = await openData(out, { ...split, memory: 0 });
    expect(onDisk.train.sha256).toBe(last.train.sha256);
  }
  return last as Splits;
}

describe('a prepared folder is the folder', () => {
  test('of classes, from which parts are carved', async () => {
    const set = await same(made(pictures('', 10, 7, 5, 3)), { size: [9, 11], fit: 'pad' });
    expect(set.train.shape).toEqual([3, 9, 11]);
    expect(set.train.classes).toEqual(['a', 'b & ü', 'z']);
    expect([set.train.length, set.validation.length, set.test.length]).toEqual([21, 6, 3]);
  });

  test('of parts, which stay', async () => {
    const files = { ...pictures('train/', 5, 7, 5, 3), ...pictures('test/', 2, 7, 5, 3, 2) };
    const set = await same(made(files), { size: [5, 7], channels: 'gray' });
    expect([set.train.length, set.validation.length, set.test.length]).toEqual([12, 3, 6]);
    const all = await same(made({ ...files, ...pictures('val/', 3, 7, 5, 3, 3) }), {});
    expect([all.train.length, all.validation.length, all.test.length]).toEqual([15, 9, 6]);
  });

  test('of gray pictures, and of such as are 1 or 3 pixels wide', async () => {
    await same(made(pictures('', 4, 7, 5, 1)), {});
    await same(made(pictures('', 4, 7, 5, 3)), { size: [3, 3] });
    await same(made(pictures('', 4, 7, 5, 3)), { size: [5, 1] });
    await same(made(pictures('', 4, 7, 5, 1)), { size: [3, 3] });
  });

  test('as numpy reads it', async () => {
    const from = made(pictures('', 4, 7, 5, 3));
    const out = join(made({}), 'out');
    await preparePictures(from, { out, memory: 0 });
    const { shape, type } = readNpy(readFileSync(join(out, 'x_train.npy')));
    expect([type, ...shape]).toEqual(['uint8', 12, 5, 7, 3]);
    expect([...readNpy(readFileSync(join(out, 'y_train.npy'))).data]).toEqual(
      [0, 1, 2].flatMap((c) => Array(4).fill(c)),
    );
  });
});

describe('where it is written', () => {
  test('again: parts that are no more go', async () => {
    const parts = { ...pictures('train/', 5, 7, 5, 3), ...pictures('test/', 2, 7, 5, 3, 2) };
    const out = join(made({}), 'out');
    await preparePictures(made(parts), { out });
    expect(existsSync(join(out, 'x_test.npy'))).toBe(true);
    await preparePictures(made(pictures('', 4, 7, 5, 3)), { out });
    expect(readdirSync(out).sort()).toEqual(['classes.txt', 'x_train.npy', 'y_train.npy']);
  });

  test('not among other things, not among the pictures, not onto a file', async () => {
    const from = made(pictures('', 4, 7, 5, 3));
    const other = made({ 'letter.txt': 'dear' });
    await expect(preparePictures(from, { out: other })).rejects.toThrow(ArgumentError);
    await expect(preparePictures(from, { out: other })).rejects.toThrow(/letter\.txt/);
    for (const out of [from, join(from, 'small')]) {
      await expect(preparePictures(from, { out })).rejects.toThrow(/outside that of the pictures/);
    }
    await expect(preparePictures(from, { out: join(other, 'letter.txt') })).rejects.toThrow(FileError);
    expect(readdirSync(other)).toEqual(['letter.txt']);
    expect(existsSync(join(from, 'small'))).toBe(false);
  });

  test('nothing, if a picture is broken, a name is no line, or it is aborted', async () => {
    const empty = made({});
    const out = join(empty, 'out');
    const files = pictures('', 4, 7, 5, 3);
    const broken = made({ ...files, 'a/x.png': files['a/0.png'].subarray(0, 80) });
    await expect(preparePictures(broken, { out })).rejects.toThrow(DataError);
    await expect(preparePictures(broken, { out })).rejects.toThrow(/x\.png: expected a whole PNG/);
    const odd = made({ ...files, ' padded/x.png': files['a/0.png'] });
    await expect(preparePictures(odd, { out })).rejects.toThrow(/a line of classes\.txt, got " padded"/);
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(preparePictures(made(files), { out, signal })).rejects.toThrow('stop');
    expect(readdirSync(empty)).toEqual([]);
  });
});
