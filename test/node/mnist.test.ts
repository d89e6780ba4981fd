import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DataError } from '../../src/core/errors.ts';
import { loadMnist } from '../../src/node/mnist.ts';

test('MNIST from the npm package: 55,000, 5,000 and 10,000 images', async () => {
  const { train, validation, test: held } = await loadMnist();
  expect([train.length, validation.length, held.length]).toEqual([55_000, 5_000, 10_000]);
  expect(train.shape).toEqual([1, 28, 28]);
  // The figures everyone normalises MNIST by, to the digits that 55,000 instead of 60,000 images leave.
  expect(train.meaning.mean[0]).toBeCloseTo(0.1307, 4);
  expect(train.meaning.deviation[0]).toBeCloseTo(0.3081, 3);
  expect(held.meaning).toEqual(train.meaning);
  expect(train.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(train.sha256).not.toBe(held.sha256);
  expect([...train.labels.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
  expect([...held.labels.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
  const counts = new Array(10).fill(0);
  for (const label of held.labels) counts[label] += 1;
  expect(counts).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
});

test('a folder without the files, or with a damaged one, is a DataError that names it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'paring-mnist-'));
  try {
    await expect(loadMnist(folder)).rejects.toThrow(DataError);
    await expect(loadMnist(folder)).rejects.toThrow(/idx[13]-ubyte: expected a readable file/);
    for (const stem of ['train', 't10k']) {
      await writeFile(join(folder, `${stem}-images-idx3-ubyte`), Uint8Array.from([0, 0, 8, 3, 0, 0, 0, 9]));
      await writeFile(join(folder, `${stem}-labels-idx1-ubyte`), Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 0]));
    }
    await expect(loadMnist(folder)).rejects.toThrow(/images-idx3-ubyte: expected a header of 16 bytes/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
