/** A file scored as it runs; what is kept of misread images; importance by layer. Timing needs the compiled script. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PNG } from 'pngjs';
import { afterAll, expect, test } from 'vitest';
import { dataset } from '../../src/data/dataset.ts';
import { encode } from '../../src/format/index.ts';
import { evaluateFile, imagePng, importanceByLayer } from '../../src/node/evaluate-file.ts';
import { noise, small } from '../report/project.ts';

const folder = mkdtempSync(join(tmpdir(), 'paring evaluate '));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'tiny model.paring');
writeFileSync(path, encode(small()));
const test60 = noise(60);

test('counts, misread images and the hash agree with each other', async () => {
  const found = await evaluateFile(path, test60, { timing: false });
  expect(found.sha256).toBe(createHash('sha256').update(readFileSync(path)).digest('hex'));
  const counts = found.confusion.flat();
  expect(counts.reduce((a, b) => a + b, 0)).toBe(60);
  const right = found.confusion.reduce((sum, row, i) => sum + row[i], 0);
  expect(found.top1).toBe(right / 60);
  expect(found.misread).toHaveLength(Math.min(24, 60 - right));
  let last = 1;
  for (const { index, label, predicted, confidence, png } of found.misread) {
    expect(label).toBe(test60.labels[index]);
    expect(found.confusion[label][predicted]).toBeGreaterThan(0);
    expect(predicted).not.toBe(label);
    expect(confidence).toBeGreaterThan(1 / 3 - 1e-3);
    expect(confidence).toBeLessThanOrEqual(last);
    last = confidence;
    const { data } = PNG.sync.read(Buffer.from(png, 'base64'));
    const image = (test60.images as Uint8Array).subarray(64 * index, 64 * (index + 1));
    expect(data.filter((_, i) => i % 4 === 0)).toEqual(Buffer.from(image));
  }
});

test('colour images keep their colours, whichever order their channels have', () => {
  const images = Uint8Array.from([1, 2, 3, 4, 11, 12, 13, 14, 21, 22, 23, 24]);
  const of = (channels: 'rgb' | 'bgr') =>
    dataset({
      images,
      labels: new Uint8Array(1),
      shape: [3, 2, 2],
      classes: ['a'],
      meaning: { range: [0, 255], mean: [0, 0, 0], deviation: [1, 1, 1], channels },
    });
  const first = (channels: 'rgb' | 'bgr') => [
    ...PNG.sync.read(imagePng(of(channels), 0)).data.subarray(0, 4),
  ];
  expect(first('rgb')).toEqual([1, 11, 21, 255]);
  expect(first('bgr')).toEqual([21, 11, 1, 255]);
});

test('shares of importance sum to one in each layer; quantiles rise', async () => {
  const found = await importanceByLayer(small(), noise(30), { samples: 10 });
  expect(found.map(({ param, channels }) => [param, channels.length])).toEqual([
    ['conv1.weight', 5],
    ['fc.weight', 3],
  ]);
  for (const { channels, quantiles, mean } of found) {
    expect(channels.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 3);
    expect(quantiles).toEqual([...quantiles].sort((a, b) => a - b));
    expect(mean).toBeGreaterThan(0);
  }
});

test('times come from a process of their own', async () => {
  const compiled = fileURLToPath(new URL('../../dist/src/node/evaluate-file.js', import.meta.url));
  const { timeFile } = (await import(
    pathToFileURL(compiled).href
  )) as typeof import('../../src/node/evaluate-file.ts');
  const { ms1, ms32 } = await timeFile(path);
  for (const ms of [ms1, ms32]) {
    expect(ms).toBeGreaterThan(0);
    expect(ms).toBeLessThan(10);
  }
});

test('a file that is not there is a data error that names it', async () => {
  await expect(evaluateFile(join(folder, 'none.paring'), test60)).rejects.toThrow(
    'none.paring: expected a readable',
  );
});
