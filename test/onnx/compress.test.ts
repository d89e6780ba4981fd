/** An imported model is a graph like any other: trained, compressed by every technique, exported in int8, imported, trained on. */
import { expect, test } from 'vitest';
import { runRecipe } from '../../src/compress/recipe.ts';
import { Rng } from '../../src/core/rng.ts';
import { decode, encode } from '../../src/format/index.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { exportOnnx } from '../../src/onnx/export.ts';
import { importOnnx } from '../../src/onnx/import.ts';
import { evaluate } from '../../src/train/evaluate.ts';
import { stripes } from '../compress/data.ts';
import { wasmBackend } from '../helpers/backends.ts';

const backend = () => wasmBackend();
const optimizer = { kind: 'adamw', lr: 0.01 } as const;
const throughOnnx = (graph: Graph): Graph => importOnnx(exportOnnx(graph)).graph;

test('import, compress by every technique, export in int8, import, train on', async () => {
  const untrained = sequential(
    'small',
    [1, 8, 8],
    [
      { op: 'conv2d', name: 'c', out: 8, kernel: 3 },
      'batchNorm',
      { op: 'relu', name: 'r' },
      { op: 'maxPool', kernel: 2 },
      'flatten',
      { op: 'linear', name: 'f', out: 4 },
    ],
    { rng: new Rng(1) },
  );
  const train = stripes(512);
  const validation = stripes(256, 2);
  const steps = [
    { step: 'train', options: { epochs: 3, batch: 32, optimizer } },
    { step: 'removeChannels', options: { keep: { c: 6 }, criterion: 'fisher', samples: 50 } },
    { step: 'pruneGradually', options: { epochs: 2, batch: 32, optimizer, sparsity: 0.6, every: 5 } },
    { step: 'share', options: { k: { c: 8, f: 4 } } },
    { step: 'finetune', options: { epochs: 2, batch: 32, optimizer } },
    { step: 'quantize', options: { samples: 64, observer: 'minMax' } },
  ];
  const imported = throughOnnx(untrained);
  const small = await runRecipe(imported, { name: 'all', seed: 1, steps }, { train, validation, backend });
  const accuracy = async (graph: Graph) => (await evaluate(graph, validation, { backend: backend() })).top1;
  const top1 = await accuracy(small.graph);
  expect(top1).toBeGreaterThan(0.9);

  const back = throughOnnx(small.graph);
  expect(back.activations?.size).toBeGreaterThan(3);
  expect(await accuracy(back)).toBe(top1);
  expect(await accuracy(decode(encode(back)))).toBe(top1);

  const on = [{ step: 'finetune', options: { epochs: 1, batch: 32, optimizer: { kind: 'sgd', lr: 0.001 } } }];
  const tuned = await runRecipe(back, { name: 'on', seed: 1, steps: on }, { train, validation, backend });
  expect(await accuracy(tuned.graph)).toBeGreaterThan(0.9);
});
