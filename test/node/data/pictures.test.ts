/** Folders of pictures by class: what they open as, and everything that can be wrong with one. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { ArgumentError, DataError } from '../../../src/core/errors.ts';
import { decodePicture } from '../../../src/node/data/decode.ts';
import { type OpenOptions, openData } from '../../../src/node/data/open.ts';
import { byCodePoint } from '../../../src/node/data/pictures.ts';
import { folderOf, jpegFile, noise, pngFile, rawPng, withOrientation } from '../../helpers/files.ts';

type Files = Record<string, Uint8Array | string>;
let folders: ReturnType<typeof folderOf>[] = [];
afterEach(() => {
  for (const folder of folders) folder.remove();
  folders = [];
});
function made(files: Files): string {
  const folder = folderOf(files);
  folders.push(folder);
  return folder.path;
}
const open = (files: Files, options?: OpenOptions) => openData(made(files), options);

async function refused(files: Files, message: RegExp, options?: OpenOptions): Promise<void> {
  const path = made(files);
  await expect(openData(path, options)).rejects.toThrow(message);
  await expect(openData(path, options)).rejects.toThrow(DataError);
  await expect(openData(path, options)).rejects.toThrow(path);
}

const W = 5;
const H = 7;
/** Pictures of one class, each another. */
function some(folder: string, count: number, seed: number): Files {
  const files: Files = {};
  for (let i = 0; i < count; i++) {
    const pixels = noise(W * H * 3, 100 * seed + i);
    files[`${folder}/${i}.${i % 2 ? 'jpg' : 'png'}`] = i % 2 ? jpegFile(W, H, pixels) : pngFile(W, H, pixels);
  }
  return files;
}
const two = { ...some('cats', 10, 1), ...some('dögs & more', 10, 2) };

describe('a folder', () => {
  test('of classes: parts are carved, names of folders are the classes', async () => {
    const done: number[] = [];
    const set = await open(
      { ...two, 'cats/.hidden.png': 'x', 'cats/notes.txt': 'x', '.git/x.png': 'x' },
      { onProgress: (i, n) => done.push(i / n) },
    );
    expect([set.train.length, set.validation.length, set.test.length]).toEqual([16, 2, 2]);
    expect(set.train.classes).toEqual(['cats', 'dögs & more']);
    expect(set.train.shape).toEqual([3, H, W]);
    expect(set.description).toMatch(/^pictures 7x5 rgb, 20; ignored .*notes\.txt$/);
    expect(done).toHaveLength(20);
    expect(done[19]).toBe(1);
  });

  test('of train/, val/ and test/: parts as they are, pixels as they were stored', async () => {
    const files: Files = {};
    const pixels: Uint8Array[] = [];
    for (const [p, part] of ['train', 'val', 'test'].entries()) {
      for (const [c, name] of ['a', 'b'].entries()) {
        for (let i = 0; i <= p; i++) {
          const values = noise(W * H, 10 * p + 5 * c + i);
          if (part === 'test') pixels.push(values);
          files[`${part}/${name}/${i}.png`] = pngFile(W, H, values, 1);
        }
      }
    }
    const { train, validation, test: held, description } = await open(files);
    expect([train.length, validation.length, held.length]).toEqual([2, 4, 6]);
    expect(train.shape).toEqual([1, H, W]);
    expect(held.images).toEqual(Uint8Array.from(pixels.flatMap((values) => [...values])));
    expect([...held.labels]).toEqual([0, 0, 0, 1, 1, 1]);
    expect(description).toBe('pictures 7x5 gray, 2 + 4 + 6');
  });

  test('mixed sizes come to the size asked for', async () => {
    const mixed = { ...two, 'cats/z.png': pngFile(20, 9, noise(540)) };
    for (const fit of ['crop', 'stretch', 'pad'] as const) {
      const { train } = await open(mixed, { size: [4, 6], fit, channels: 'gray' });
      expect(train.shape).toEqual([1, 4, 6]);
    }
    await refused(
      mixed,
      /z\.png: expected pictures of one size \(.*0\.png is 5 wide, 7 high\).*--size.*got 20 wide, 9 high/,
    );
  });

  test('a phone held upright: the orientation counts', async () => {
    const lying = jpegFile(H, W, noise(W * H * 3), 100);
    const files = { ...two, 'cats/phone.jpg': withOrientation(lying, 6) };
    expect((await open(files)).train.shape).toEqual([3, H, W]);
    const turned = decodePicture(withOrientation(lying, 6), 'x', { channels: 'gray' });
    const plain = decodePicture(lying, 'x', { channels: 'gray' });
    // Its stored bottom left corner is the top left one when upright.
    expect(turned[0]).toBe(plain[(W - 1) * H]);
    expect(turned[W - 1]).toBe(plain[0]);
  });
});

describe('what is wrong is named', () => {
  const png = pngFile(W, H, noise(W * H * 3));
  test('pictures', async () => {
    await refused({ ...two, 'cats/b.png': png.subarray(0, png.length - 30) }, /b\.png: expected a whole PNG/);
    await refused({ ...two, 'cats/b.png': png.subarray(0, 10) }, /b\.png.*truncated/);
    await refused({ ...two, 'cats/b.png': 'no picture' }, /b\.png: expected a PNG or JPEG/);
    await refused({ ...two, 'cats/b.png': '' }, /b\.png: expected a PNG or JPEG picture, got bytes none/);
    const photo = jpegFile(W, H, noise(W * H * 3));
    await refused(
      { ...two, 'cats/b.jpg': photo.subarray(0, photo.length - 40) },
      /b\.jpg: expected a whole JPEG/,
    );
    const flipped = Uint8Array.from(png);
    flipped[png.length - 20] ^= 4;
    await refused({ ...two, 'cats/b.png': flipped }, /b\.png: expected a whole PNG/);
    await refused({ ...two, 'cats/b.webp': 'x' }, /b\.webp: expected PNG or JPEG pictures, got another kind/);
    const huge = Buffer.from(png);
    huge.writeUInt32BE(100_000, 16);
    huge.writeUInt32BE(100_000, 20);
    await refused({ ...two, 'cats/b.png': huge }, /at most 64 million pixels, got 100000x100000/, {
      size: [8, 8],
    });
  });

  test('classes', async () => {
    await refused(
      { ...two, 'empty/.keep': '' },
      /empty: expected at least one PNG or JPEG of this class, got none/,
    );
    await refused(some('alone', 3, 1), /at least two classes, got 'alone' alone/);
    await refused(
      { ...two, 'stray.png': png },
      /stray\.png: expected pictures inside the folder of their class/,
    );
    const parts = { ...some('train/a', 2, 1), ...some('train/b', 2, 2) };
    await refused(
      { ...parts, ...some('test/a', 1, 3), ...some('test/c', 1, 4) },
      /the classes of the training folder \(a, b\), got a, c/,
    );
    await refused({ ...parts, ...some('more/a', 1, 3) }, /only train\/, val\/ and test\//);
  });

  test('options', async () => {
    for (const options of [
      { size: [0, 5] },
      { size: [1.5, 5] },
      { size: [5] },
      { fit: 'squeeze' },
      { channels: 'cmyk' },
    ]) {
      await expect(open(two, options as unknown as OpenOptions)).rejects.toThrow(ArgumentError);
    }
  });

  test('an abort ends the decoding', async () => {
    await expect(open(two, { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
  });
});

describe('PNGs of every kind', () => {
  const palette = { PLTE: [9, 8, 7, 60, 50, 40, 255, 0, 0] };
  test.each([
    ['1 bit gray', rawPng(3, 1, 0, [[0b10100000]]), [255, 0, 255]],
    ['2 bits gray', rawPng(4, 2, 0, [[0b00011011]]), [0, 85, 170, 255]],
    ['4 bits gray', rawPng(2, 4, 0, [[0x0f]]), [0, 255]],
    [
      '8 bits gray',
      rawPng(
        2,
        8,
        0,
        [[7], [200]].map(([v]) => [v, 1]),
      ),
      [7, 1, 200, 1],
    ],
    ['16 bits gray', rawPng(2, 16, 0, [[0x80, 0x80, 0xff, 0xff]]), [128, 255]],
    ['8 bits RGB', rawPng(1, 8, 2, [[1, 2, 3]]), [1, 2, 3]],
    ['16 bits RGB', rawPng(1, 16, 2, [[1, 1, 2, 2, 3, 3]]), [1, 2, 3]],
    ['palette', rawPng(3, 8, 3, [[1, 0, 2]], palette), [60, 9, 255, 50, 8, 0, 40, 7, 0]],
    [
      '2 bits palette with a transparent colour',
      rawPng(2, 2, 3, [[0b00010000]], { ...palette, tRNS: [0] }),
      [255, 60, 255, 50, 255, 40],
    ],
    ['8 bits gray and alpha', rawPng(2, 8, 4, [[10, 255, 10, 0]]), [10, 255]],
    ['16 bits gray and alpha', rawPng(1, 16, 4, [[10, 10, 255, 255]]), [10]],
    ['8 bits RGB and alpha', rawPng(2, 8, 6, [[10, 20, 30, 255, 0, 0, 0, 51]]), [10, 204, 20, 204, 30, 204]],
    ['16 bits RGB and alpha', rawPng(1, 16, 6, [[10, 10, 20, 20, 30, 30, 255, 255]]), [10, 20, 30]],
    ['gray with a transparent value', rawPng(2, 8, 0, [[10, 20]], { tRNS: [0, 10] }), [255, 20]],
  ])('%s', (_what, file, expected) => {
    // Byte 25 is the colour type.
    const channels = file[25] === 0 || file[25] === 4 ? 'gray' : 'rgb';
    expect([...decodePicture(file, 'x', { channels })]).toEqual(expected);
  });
});

/** 4x2 pixels of red 250, green 10 to 150 in steps of 20 and blue 60, by libjpeg-turbo at full quality. */
const jpegs = {
  gray: '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQH/wAALCAACAAQBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACP/EAB4QAAAEBwAAAAAAAAAAAAAAAAAFBgcDFiZCRlNk/9oACAEBAAA/AGy07fIKSSyiEhdjRNrhcQ//2Q==',
  rgb: '/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwABAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB/8AAEQgAAgAEA1IRAEcRAEIRAP/EABUAAQEAAAAAAAAAAAAAAAAAAAoF/8QAHhAAAQIHAQAAAAAAAAAAAAAAAAYHBAgXJ0JGU2X/2gAMA1IARwBCAAA/AHoEeW1kGWpMn7QtfnoCU4w3kh3z/9k=',
  progressive:
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQH/2wBDAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQH/wgARCAACAAQDAREAAhEBAxEB/8QAFAABAAAAAAAAAAAAAAAAAAAAB//EABUBAQEAAAAAAAAAAAAAAAAAAAgJ/9oADAMBAAIQAxAAAAFsFFDv/8QAFhABAQEAAAAAAAAAAAAAAAAABQQU/9oACAEBAAEFAiT4MX//xAAeEQABAQkAAAAAAAAAAAAAAAAFAAIDBBUlQURRY//aAAgBAwEBPwE+XLTJ9VCNs2J210X/xAAdEQABAgcAAAAAAAAAAAAAAAAFAAMBBBQlUWKU/9oACAECAQE/ATBIjXu3Cd6n8x3X/8QAGxAAAQQDAAAAAAAAAAAAAAAAAwABBCRRYpT/2gAIAQEABj8CHSicwcNov//EABUQAQEAAAAAAAAAAAAAAAAAAABx/9oACAEBAAE/IaPA/9oADAMBAAIAAwAAABD/AP/EABURAQEAAAAAAAAAAAAAAAAAAABh/9oACAEDAQE/EIoK/wD/xAAVEQEBAAAAAAAAAAAAAAAAAAAAcf/aAAgBAgEBPxCMX//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAT8QN2//2Q==',
  arithmetic:
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQH/2wBDAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQH/yQARCAACAAQDASIAAhEBAxEB/8wACgAQEAUBEBEF/9oADAMBAAIRAxEAPwDS2no1Hr52SSFQt00dPs5pLislHCQTDD423K+0UunRQAlXOvPqGIaonQY7ExX0LceF3mGY/9k=',
};

describe('JPEGs of every kind', () => {
  const decode = (kind: keyof typeof jpegs, channels: 'gray' | 'rgb') =>
    decodePicture(Uint8Array.from(Buffer.from(jpegs[kind], 'base64')), 'f', { channels });
  const green = Array.from({ length: 8 }, (_, i) => 10 + 20 * i);
  const near = (found: ArrayLike<number>, expected: readonly number[]) => {
    expect(found).toHaveLength(expected.length);
    for (const [i, value] of expected.entries()) expect(Math.abs(found[i] - value)).toBeLessThanOrEqual(2);
  };

  test('gray', () =>
    near(
      decode('gray', 'gray'),
      green.map((g) => (299 * 250 + 587 * g + 114 * 60) / 1000),
    ));
  test.each(['rgb', 'progressive'] as const)('%s', (kind) => {
    near(decode(kind, 'rgb'), [...green.map(() => 250), ...green, ...green.map(() => 60)]);
  });
  test('what the decoder does not know is a DataError', () => {
    expect(() => decode('arithmetic', 'rgb')).toThrow(
      /f: expected a whole JPEG picture, got unknown JPEG marker/,
    );
    expect(() => decode('arithmetic', 'rgb')).toThrow(DataError);
  });
});

test('names sort by code point in every locale', () => {
  expect(['b', 'a', 'B', '\u{1F600}', '\uFB00', '10', '9', 'ä'].sort(byCodePoint)).toEqual([
    '10',
    '9',
    'B',
    'a',
    'b',
    'ä',
    '\uFB00',
    '\u{1F600}',
  ]);
});

test.skipIf(process.platform === 'win32')(
  'a named pipe among the pictures is refused, not waited for',
  async () => {
    const folder = folderOf(two);
    try {
      execFileSync('mkfifo', [join(folder.path, 'cats', 'b.png')]);
      await expect(openData(folder.path)).rejects.toThrow(/b\.png: expected a file, got something else/);
    } finally {
      folder.remove();
    }
  },
);
