/**
 * `npm run bench:threads`: one thread against two, turn by turn in one process: a matrix product, a convolution and a training
 * step of LeNet 32-64-512. The results are the same bits (test/backend/threads); this is about time alone. Needs two cores that
 * nobody else uses. Writes bench/results/threads.json.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Backend } from '../../src/backend/backend.ts';
import { type CreatedBackend, createBackend } from '../../src/backend/create.ts';
import { Rng } from '../../src/core/rng.ts';
import { dataset } from '../../src/data/dataset.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { benchCases } from '../kernels/all.ts';
import { layCase } from '../kernels/case.ts';

const BATCH = 64;

function lenet() {
  return sequential(
    'lenet',
    [1, 28, 28],
    [
      { op: 'conv2d', out: 32, kernel: 5, padding: 2 },
      'relu',
      { op: 'maxPool', kernel: 2 },
      { op: 'conv2d', out: 64, kernel: 5, padding: 2 },
      'relu',
      { op: 'maxPool', kernel: 2 },
      'flatten',
      { op: 'linear', out: 512 },
      'relu',
      { op: 'linear', out: 10 },
    ],
    { rng: new Rng(1) },
  );
}

function trainingStep(backend: Backend): () => void {
  const graph = lenet();
  const rng = new Rng(2);
  const data = dataset({
    images: Float32Array.from({ length: 784 * BATCH }, () => rng.uniform()),
    labels: Int32Array.from({ length: BATCH }, (_, i) => i % 10),
    shape: graph.inputs[0].shape,
    classes: Array.from({ length: 10 }, (_, i) => `${i}`),
    meaning: { range: [0, 1], mean: [0], deviation: [1], channels: 'none' },
  });
  const options = { epochs: 1, optimizer: { kind: 'sgd', lr: 0.01, momentum: 0.9 } } as const;
  const trainer = new Trainer(graph, data, options, backend);
  const indices = Uint32Array.from({ length: BATCH }, (_, i) => i);
  return () => {
    trainer.step(indices, 0.01, 0);
  };
}

/** A row of the kernels' benchmark on a backend. */
function kernel(primitive: string, shape: string): (backend: Backend) => () => void {
  const found = benchCases.find((c) => c.primitive === primitive && c.shape === shape);
  if (!found) throw new Error(`no row ${primitive} ${shape}`);
  return (backend) => layCase(backend, found).run;
}

const works: [name: string, make: (backend: Backend) => () => void, rounds: number][] = [
  ['GEMM 256', kernel('gemm', '256x256x256'), 200],
  ['GEMM 512', kernel('gemm', '512x512x512'), 100],
  ['conv 3x3 56x56 64->64', kernel('conv2d', '3x3 56x56 64->64 pad 1,1,1,1 prepared'), 100],
  [`training step, LeNet 32-64-512, batch ${BATCH}`, trainingStep, 24],
];

const backends: CreatedBackend[] = [await createBackend(), await createBackend({ threads: 2 })];
const load = loadavg()[0];
const rows = works.map(([work, make, rounds]) => {
  const runs = backends.map(make);
  for (const run of [...runs, ...runs, ...runs]) run();
  const samples: number[][] = [[], []];
  for (let round = 0; round < rounds; round++) {
    runs.forEach((run, i) => {
      const start = performance.now();
      run();
      samples[i].push(performance.now() - start);
    });
  }
  const [one, two] = samples.map((list) => Math.min(...list));
  const [median1, median2] = samples.map((list) => list.sort((a, b) => a - b)[list.length >> 1]);
  const row = { work, one, two, ratio: one / two, ratioOfMedians: median1 / median2 };
  console.log(
    `${work.padEnd(44)} ${one.toFixed(2).padStart(8)} ms ${two.toFixed(2).padStart(8)} ms  ${row.ratio.toFixed(2)}x, medians ${row.ratioOfMedians.toFixed(2)}x`,
  );
  return row;
});
for (const backend of backends) backend.close();

const out = fileURLToPath(new URL('../../../bench/results/threads.json', import.meta.url));
const results = {
  machine: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  node: process.version,
  load,
  rows,
};
writeFileSync(`${out}.tmp`, `${JSON.stringify(results, null, 1)}\n`);
renameSync(`${out}.tmp`, out);
