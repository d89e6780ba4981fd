/**
 * A short recipe (training, gradual pruning, int8, quantization-aware training with a moving average) that leaves a checkpoint
 * after every step and goes on from the one it finds: `node test/helpers/train-killed.mjs CHECKPOINT [dist]`. Says on stdout
 * "fresh" or "resumed", "saved" after each checkpoint, and at the end "done" with the SHA-256 of the exact graph. Tests kill it.
 */
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [, , path, dist = fileURLToPath(new URL('../../dist', import.meta.url))] = process.argv;
const load = (module) => import(pathToFileURL(`${dist}/src/${module}.js`).href);
const modules = ['index', 'node/checkpoint', 'train/state', 'train/graph-state'];
const { Rng, dataset, sequential, runRecipe, FileCheckpoint, pack, graphTree } = Object.assign(
  {},
  ...(await Promise.all(modules.map(load))),
);
const say = (line) => writeSync(1, `${line}\n`);

const rng = new Rng(3);
const labels = Uint8Array.from({ length: 160 }, () => rng.below(4));
const images = Uint8Array.from({ length: 160 * 64 }, (_, i) => 40 * labels[i >> 6] * (i % 2) + rng.below(90));
const meaning = { range: [0, 255], mean: [0.3], deviation: [0.2], channels: 'gray' };
const train = dataset({ images, labels, shape: [1, 8, 8], classes: ['a', 'b', 'c', 'd'], meaning });
const graph = sequential(
  'killed',
  [1, 8, 8],
  [
    { op: 'conv2d', name: 'c', out: 8, kernel: 3 },
    'batchNorm',
    'relu',
    'flatten',
    { op: 'linear', name: 'f', out: 4 },
  ],
  { rng: new Rng(5) },
);
const adamw = { kind: 'adamw', lr: 0.005 };
const recipe = {
  name: 'killed',
  seed: 2,
  steps: [
    {
      step: 'pruneGradually',
      options: {
        epochs: 2,
        batch: 16,
        optimizer: adamw,
        sparsity: 0.6,
        every: 3,
        averaging: 0.9,
        augment: { shift: 1 },
      },
    },
    { step: 'quantize', options: { samples: 64 } },
    {
      step: 'finetune',
      options: {
        epochs: 2,
        batch: 16,
        optimizer: { kind: 'sgd', lr: 0.01, momentum: 0.9 },
        schedule: { kind: 'oneCycle' },
        averaging: 0.8,
        clipNorm: 1,
        earlyStopping: { patience: 3 },
      },
    },
  ],
};

const file = new FileCheckpoint(path);
const found = file.load();
say(found ? 'resumed' : 'fresh');
const result = await runRecipe(graph, recipe, {
  train,
  validation: train.subset(0, 60),
  resume: found?.state,
  checkpoint: {
    every: 1,
    save(state) {
      file.save(state);
      say('saved');
    },
  },
});
say(
  `done ${createHash('sha256')
    .update(pack(graphTree(result.graph)))
    .digest('hex')}`,
);
file.remove();
