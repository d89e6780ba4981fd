/** Threads as a user meets them: the same training, a worker that dies, hosts without shared memory. */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { afterEach, expect, test, vi } from 'vitest';
import type { Backend } from '../../../src/backend/backend.ts';
import { createBackend } from '../../../src/backend/create.ts';
import { wasmModule } from '../../../src/backend/module.ts';
import { ArgumentError, BackendError } from '../../../src/core/errors.ts';
import { dataset } from '../../../src/data/dataset.ts';
import { lenet5 } from '../../../src/nn/models.ts';
import { Trainer } from '../../../src/train/trainer.ts';
import { threaded } from '../../helpers/threads.ts';

afterEach(() => vi.unstubAllGlobals());

/** C = A B, 128 on a side, of numbers that any rounding would show in. */
function product(backend: Backend): () => string {
  const size = 128;
  const { heap } = backend;
  const [a, b, c] = [0, 1, 2].map(() => heap.alloc(4 * size * size));
  for (const ptr of [a, b])
    heap.f32(ptr, size * size).forEach((_, i, all) => {
      all[i] = Math.fround(1 / ((i % 97) + 3));
    });
  return () => {
    heap.f32(c, size * size).fill(Number.NaN);
    backend.gemm({ a, b, c, m: size, n: size, k: size, transA: false, transB: false, accumulate: false });
    return sha(heap.f32(c, size * size).slice());
  };
}

const sha = (values: Float32Array): string =>
  createHash('sha256')
    .update(Buffer.from(values.buffer, 0, values.byteLength))
    .digest('hex');

test('20 steps of training: the same weights on one thread and on two', async () => {
  const graph = lenet5();
  const { shape } = graph.inputs[0];
  const batch = 16;
  const images = Float32Array.from({ length: batch * 784 }, (_, i) => ((i * 7919) % 251) / 251);
  const labels = Int32Array.from({ length: batch }, (_, i) => i % 10);
  const classes = Array.from({ length: 10 }, (_, i) => `${i}`);
  const meaning = { range: [0, 1], mean: [0], deviation: [1], channels: 'none' } as const;
  const data = dataset({ images, labels, shape, classes, meaning } as never);
  const indices = Uint32Array.from({ length: batch }, (_, i) => i);
  const trained = (backend: Backend): string[] => {
    const trainer = new Trainer(
      graph,
      data,
      { epochs: 1, optimizer: { kind: 'sgd', lr: 0.01, momentum: 0.9 } },
      backend,
    );
    for (let i = 0; i < 20; i++) trainer.step(indices, 0.01, i);
    return trainer.parameters.leaves().map((leaf) => sha((leaf.view() as Float32Array).slice()));
  };
  const two = await createBackend({ threads: 2 });
  expect(two.threads).toBe(2);
  expect(two.reason).toBe(
    'wasm is the default, and this host runs the kernels of the package; 2 threads on shared memory',
  );
  const got = trained(two);
  two.close();
  expect(got).toEqual(trained(await createBackend()));
});

test('a worker that dies fails its call within a second; later calls are right, and another takes its place', async () => {
  const threads = createRequire(import.meta.url)('node:worker_threads');
  const { Worker: Original } = threads;
  const started: Worker[] = [];
  threads.Worker = class extends Original {
    constructor(...args: unknown[]) {
      super(...args);
      started.push(this as unknown as Worker);
    }
  };
  try {
    const run = product(await createBackend());
    const want = run();
    const backend = await threaded(2, 0);
    const multiply = product(backend);
    expect(multiply()).toBe(want);
    const dead = started[0].terminate();
    const begin = performance.now();
    expect(multiply).toThrow(BackendError);
    expect(performance.now() - begin).toBeLessThan(1000);
    expect(backend.reason).toMatch(/^one thread at the moment: a worker thread died/);
    expect(multiply()).toBe(want);
    await dead;
    await vi.waitFor(() => expect(backend.reason).toBe('2 threads on shared memory'), 5000);
    expect(started.length).toBe(2);
    expect(multiply()).toBe(want);
    backend.close();
    expect(backend.reason).toBe('one thread: the others were closed');
    expect(multiply()).toBe(want);
  } finally {
    threads.Worker = Original;
  }
});

test('without shared memory: auto runs single and says so, a number is refused', async () => {
  vi.stubGlobal('SharedArrayBuffer', undefined);
  const backend = await createBackend({ threads: 'auto' });
  expect(backend.threads).toBe(1);
  expect(backend.reason).toMatch(/; one thread: .*this host has no shared memory/);
  expect(product(backend)()).toBe(product(await createBackend())());
  await expect(createBackend({ threads: 2 })).rejects.toThrow(BackendError);
});

test('auto is one thread a core, at most 8', async () => {
  const backend = await createBackend({ threads: 'auto' });
  expect(backend.threads).toBe(Math.min(availableParallelism(), 8));
  backend.close();
});

test('what threads cannot be is refused', async () => {
  for (const threads of [0, 1.5, 65, 'all' as 'auto']) {
    await expect(createBackend({ threads })).rejects.toThrow(ArgumentError);
  }
  await expect(createBackend({ threads: 2, backend: 'reference' })).rejects.toThrow(BackendError);
  await expect(createBackend({ threads: 2, wasm: wasmModule() })).rejects.toThrow(/hand in its bytes/);
  expect((await createBackend({ threads: 'auto', backend: 'reference' })).threads).toBe(1);
});

test('weights that this backend did not prepare are refused', async () => {
  const backend = await threaded(2, 0);
  const y = backend.heap.alloc(4096);
  const args = {
    x: y,
    weight: y,
    prepared: true,
    bias: 0,
    y,
    n: 1,
    i: 16,
    o: 32,
    lo: -Infinity,
    hi: Infinity,
  };
  expect(() => backend.linear(args)).toThrow(
    /^.*linear: the weights at \d+ were not prepared by this backend/,
  );
  backend.close();
});
