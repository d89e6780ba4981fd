// Cold start: from `import 'paring/runtime'` to the first result, in a fresh process each time; Node's own start-up is not
// counted. Median of 15 processes. What the public entry takes is one measurement; the phases are another, of the same code before it is
// bundled, since a bundle has no seams to measure at.
// Usage: node bench/cold-start.mjs [outFile]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const PROCESSES = 15;
const here = fileURLToPath(import.meta.url);
const root = fileURLToPath(new URL('..', import.meta.url));

/** Milliseconds between the marks, by name. */
class Clock {
  marks = {};
  last = performance.now();
  mark(name) {
    const now = performance.now();
    this.marks[name] = now - this.last;
    this.last = now;
  }
}

/** What a user's program does. */
async function whole(file) {
  const bytes = readFileSync(file);
  const clock = new Clock();
  const { load } = await import('paring/runtime');
  clock.mark('import');
  const model = await load(bytes);
  clock.mark('load');
  model.run(new Float32Array(model.inputShape.reduce((a, b) => a * b)));
  clock.mark('run');
  return clock.marks;
}

/** The same, step by step. Modules are imported before the clock starts. */
async function phases(file) {
  const bytes = readFileSync(file);
  const { inferenceModule } = await import('../dist/src/backend/module.js');
  const { createInferenceBackend } = await import('../dist/src/backend/wasm/inference.js');
  const { decodeWith } = await import('../dist/src/format/index.js');
  const { compile } = await import('../dist/src/plan/compile.js');
  const clock = new Clock();
  const module = await inferenceModule();
  clock.mark('compile wasm');
  const backend = createInferenceBackend(module);
  clock.mark('instantiate');
  const graph = decodeWith(bytes, backend.decoders);
  clock.mark('decode');
  const plan = compile(graph, backend);
  clock.mark('plan');
  plan.run();
  clock.mark('run');
  return clock.marks;
}

/** Untrained models of the kinds that ship: time depends on sizes and codings, hardly on values. */
async function makeModels() {
  const { createBackend, dataset, dsStudent, encode, lenet5, prune, quantize, resnet8, Rng, share } =
    await import('../dist/src/index.js');
  const backend = await createBackend();
  const rng = new Rng(1);
  const data = dataset({
    shape: [1, 28, 28],
    images: Uint8Array.from({ length: 64 * 784 }, () => 256 * rng.uniform()),
    labels: Uint8Array.from({ length: 64 }, (_, i) => i % 10),
    classes: Array.from('0123456789'),
    meaning: { range: [0, 255], mean: [0.5], deviation: [0.5], channels: 'gray' },
  });
  /** Without this share of the weights, the smallest of all layers. */
  const pruned = (graph, sparsity) => {
    const weights = [...graph.params.values()].filter(({ name }) => name.endsWith('.weight'));
    const scores = new Map(weights.map(({ name, values }) => [name, values.map(Math.abs)]));
    return prune(graph, scores, { scope: 'global', sparsity }).graph;
  };
  const shared = share(pruned(lenet5(), 0.92), { k: 16 }, backend).graph;
  const small = quantize(pruned(dsStudent(), 0.5), data, { samples: 64 }, backend).graph;
  return {
    'LeNet-5': encode(lenet5(), { plain: true }),
    'LeNet-5, deep compression': encode(shared),
    'student, pruned, int8': encode(small),
    'ResNet-8': encode(resnet8(), { plain: true }),
  };
}

function median(values) {
  return values.sort((a, b) => a - b)[values.length >> 1];
}

/** Medians of each mark and of their sum. */
function inFreshProcesses(kind, file) {
  const runs = Array.from({ length: PROCESSES }, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [here, kind, file], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  });
  for (const run of runs) run.total = Object.values(run).reduce((a, b) => a + b);
  const round = (ms) => Math.round(ms * 100) / 100;
  return Object.fromEntries(
    Object.keys(runs[0]).map((name) => [name, round(median(runs.map((run) => run[name])))]),
  );
}

/** What a page downloads. */
function shippedSizes() {
  const size = (path) => {
    const bytes = readFileSync(join(root, path));
    return { bytes: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
  };
  return {
    'runtime, JavaScript': size('dist/runtime/index.js'),
    'inference.wasm': size('build/inference.wasm'),
    'kernels.wasm': size('build/kernels.wasm'),
  };
}

async function main(out = join(root, 'bench/results/cold-start.json')) {
  const folder = mkdtempSync(join(tmpdir(), 'paring-cold-'));
  try {
    const models = {};
    for (const [name, bytes] of Object.entries(await makeModels())) {
      const file = join(folder, 'model.paring');
      writeFileSync(file, bytes);
      models[name] = {
        bytes: bytes.length,
        public: inFreshProcesses('whole', file),
        phases: inFreshProcesses('phases', file),
      };
      process.stderr.write(`${name}: ${JSON.stringify(models[name])}\n`);
    }
    const host = { node: process.versions.node, cpu: cpus()[0].model, cores: cpus().length };
    const result = { unit: 'ms, median', processes: PROCESSES, host, sizes: shippedSizes(), models };
    writeFileSync(out, `${JSON.stringify(result, null, 2)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [first, file] = process.argv.slice(2);
if (file) process.stdout.write(JSON.stringify(await (first === 'whole' ? whole(file) : phases(file))));
else await main(first);
