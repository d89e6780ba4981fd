/** A set that does not fit memory is read from its file: batches and trained weights are those of the set in memory, bit for bit. */
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { isReader } from '../../../src/data/dataset.ts';
import { epochOrder, Loader } from '../../../src/data/loader.ts';
import { sequential } from '../../../src/nn/sequential.ts';
import { openData } from '../../../src/node/data/open.ts';
import { evaluate } from '../../../src/train/evaluate.ts';
import { fit } from '../../../src/train/fit.ts';
import { folderOf, idxFile, noise, npyFile, pngFile } from '../../helpers/files.ts';

const N = 90;
const H = 11;
const W = 13;
const pixels = noise(N * H * W);
const labels = Uint8Array.from({ length: N }, (_, i) => i % 3);
const floats = Float32Array.from(pixels, (v) => v / 255);
const images = idxFile([N, H, W], pixels);
const pictures = Object.fromEntries(
  Array.from({ length: N }, (_, i) => [
    `class ${labels[i]}/${String(i).padStart(3, '0')}.png`,
    pngFile(W, H, pixels.subarray(i * H * W, (i + 1) * H * W), 1),
  ]),
);
const y = npyFile('|u1', [N], labels);

test.each([
  ['IDX', { 'a-images.idx': images, 'a-labels.idx': idxFile([N], labels) }],
  ['packed IDX', { 'a-images.idx.gz': gzipSync(images), 'a-labels.idx': idxFile([N], labels) }],
  ['NPZ', { 'a.npz': zipSync({ 'x.npy': npyFile('|u1', [N, H, W, 1], pixels), 'y.npy': y }) }],
  ['floats', { 'x.npy': npyFile('<f8', [N, H, W], Float64Array.from(floats)), 'y.npy': y }],
  ['pictures', pictures],
])('%s', async (_what, files) => {
  const folder = folderOf(files);
  try {
    const held = await openData(folder.path);
    const read = await openData(folder.path, { memory: 1000 });
    expect(isReader(held.train.images)).toBe(false);
    expect(isReader(read.train.images)).toBe(true);
    for (const part of ['train', 'validation', 'test'] as const) {
      expect(read[part].sha256).toBe(held[part].sha256);
      expect(read[part].meaning).toEqual(held[part].meaning);
    }

    const { length } = held.train;
    const order = epochOrder(3, 0, length);
    const batches = [held.train, read.train].map((data) => {
      const loader = new Loader(data);
      if (!(data.images instanceof Float32Array) && files !== undefined && !_what.startsWith('floats')) {
        loader.augment({ shift: 2, flip: true, crop: 0.8 }, 7, 1);
      }
      const batch = new Float32Array(length * H * W);
      loader.fill(batch, new Int32Array(length), 0, length, order);
      return batch;
    });
    expect(batches[1]).toEqual(batches[0]);

    const weights = [held, read].map(async ({ train, validation, test: last }) => {
      const graph = sequential('net', [1, H, W], ['flatten', { op: 'linear', name: 'fc', out: 3 }]);
      const trained = await fit(graph, train, {
        epochs: 2,
        batch: 16,
        validation,
        optimizer: { kind: 'adamw', lr: 0.01 },
      });
      const { top1 } = await evaluate(trained.graph, last);
      return {
        values: trained.graph.params.get('fc.weight')?.values,
        history: trained.history.map((log) => log.loss),
        top1,
      };
    });
    expect(await weights[1]).toEqual(await weights[0]);
    expect((await weights[0]).values).toBeInstanceOf(Float32Array);
  } finally {
    folder.remove();
  }
});
