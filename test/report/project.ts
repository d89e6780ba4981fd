/** Small models of every kind in a folder, with results as verbs write them, for tests of the report. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { createBackend } from '../../src/backend/create.ts';
import { importance } from '../../src/compress/importance.ts';
import { prune } from '../../src/compress/prune.ts';
import { quantize } from '../../src/compress/quantize.ts';
import { share } from '../../src/compress/share.ts';
import { Rng } from '../../src/core/rng.ts';
import { dataset } from '../../src/data/dataset.ts';
import { encode } from '../../src/format/index.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { sequential } from '../../src/nn/sequential.ts';
import type { ModelResult } from '../../src/report/result.ts';

export const HOSTILE = `<img src=x onerror="alert('1')">&`;

export const small = (seed = 1): Graph =>
  sequential(
    'tiny',
    [1, 8, 8],
    [
      { op: 'conv2d', name: 'conv1', out: 5, kernel: 3 },
      'relu',
      { op: 'maxPool', name: 'pool1', kernel: 2 },
      'flatten',
      { op: 'linear', name: 'fc', out: 3 },
    ],
    { rng: new Rng(seed) },
  );

/** Noise of three classes. */
export function noise(count: number, classes = ['a', 'b', 'c']) {
  const rng = new Rng(7);
  return dataset({
    images: Uint8Array.from({ length: count * 64 }, () => 256 * rng.uniform()),
    labels: Uint8Array.from({ length: count }, (_, i) => i % classes.length),
    shape: [1, 8, 8],
    classes,
    meaning: { range: [0, 255], mean: [0.5], deviation: [0.3], channels: 'gray' },
  });
}

/** A base model, and it pruned, shared and quantized. */
export async function variants(): Promise<Record<string, Graph>> {
  const base = small();
  const data = noise(12);
  const backend = await createBackend();
  return {
    base,
    pruned: prune(base, importance(base, null, { criterion: 'magnitude' }), { sparsity: 0.5 }).graph,
    shared: share(base, { k: 4 }, backend).graph,
    quantized: (await quantize(base, data, { samples: 12 }, backend)).graph,
  };
}

const png = PNG.sync.write(new PNG({ width: 8, height: 8 })).toString('base64');

/** A result with everything in it. */
export function result(name: string, bytes: Uint8Array, change: Partial<ModelResult> = {}): ModelResult {
  const epoch = (n: number) => ({
    epoch: n,
    step: 10 * (n + 1),
    loss: 1 / (n + 1),
    top1: 0.8,
    lr: 0.1,
    seconds: 1,
    gradientNorm: 2,
    sparsity: 0.1 * n,
    validation: { loss: 0.4, top1: 0.9 },
  });
  return {
    name,
    title: `what was done to ${name}`,
    verb: 'compress',
    version: '0.0.0',
    parent: name === 'base' ? undefined : 'base.paring',
    recipe: {
      name: 'r',
      seed: 1,
      steps: [{ step: 'prune', options: { criterion: 'magnitude', sparsity: 0.5 } }],
    },
    seed: 1,
    data: { source: 's', description: 'three letters', train: 12, validation: 3, test: 6 },
    history: [0, 1, 2].map(epoch),
    seconds: 3,
    machine: 'a machine',
    node: 'v20.0.0',
    evaluation: {
      sha256: createHash('sha256').update(bytes).digest('hex'),
      split: 'test',
      images: 6,
      top1: 5 / 6,
      loss: 0.5,
      classes: ['a', 'b', 'c'],
      confusion: [
        [2, 0, 0],
        [0, 1, 1],
        [0, 0, 2],
      ],
      misread: [{ index: 4, label: 1, predicted: 2, confidence: 0.7, png }],
      ms1: 0.02,
      ms32: 0.01,
    },
    importance: [
      {
        criterion: 'fisher',
        param: 'conv1.weight',
        channels: [0.5, 0.2, 0.1, 0.1, 0.1],
        mean: 0.02,
        quantiles: [0, 0.001, 0.002, 0.003, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.1],
      },
      {
        criterion: 'fisher',
        param: 'fc.weight',
        channels: [0.4, 0.3, 0.3],
        mean: 0.02,
        quantiles: [0, 0, 0, 0, 0, 0.02, 0.03, 0.04, 0.05, 0.06, 0.1],
      },
    ],
    ...change,
  };
}

/** Writes NAME.paring and, if there is one, NAME.result.json. */
export function put(folder: string, name: string, graph: Graph, change?: Partial<ModelResult>): void {
  const bytes = encode(graph);
  writeFileSync(join(folder, `${name}.paring`), bytes);
  if (change) writeFileSync(join(folder, `${name}.result.json`), JSON.stringify(result(name, bytes, change)));
}
