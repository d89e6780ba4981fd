/** The edge entry: from bytes to results, on both backends; what it imports. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ArgumentError, BackendError, FormatError, GraphError } from '../../src/core/errors.ts';
import { decode, encode } from '../../src/format/index.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { load, loadSync } from '../../src/runtime.ts';
import { oddNet, sampleInput, smallNet } from '../helpers/graphs.ts';
import { interpret } from '../helpers/interpret.ts';

const folder = process.env.PARING_BUILD ?? new URL('../../build', import.meta.url).pathname;
const kernels = readFileSync(`${folder}/kernels.wasm`);

const meta: Graph['meta'] = {
  input: { range: [0, 255], mean: [0.25], deviation: [0.5], channels: 'gray' },
  classes: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'],
  output: 'logits',
};
const graph: Graph = { ...smallNet(), meta };
const file = encode(graph);
const size = 11 * 13;

function expectRight(got: Float32Array, x: Float32Array): void {
  const want = interpret(graph, { x }, x.length / size).get('fc2') as Float64Array;
  expect(got.length).toBe(want.length);
  got.forEach((v, i) => {
    expect(Math.abs(v - want[i])).toBeLessThan(2e-5 * (1 + Math.abs(want[i])));
  });
}

describe.each([
  ['wasm', { wasm: kernels }],
  ['reference', { backend: 'reference' as const }],
])('%s', (backend, options) => {
  test('loads, says who answers and why, and computes', async () => {
    const model = await load(file, options);
    expect(model.backend).toBe(backend);
    expect(model.reason.length).toBeGreaterThan(10);
    expect([model.name, model.batch]).toEqual(['small', 1]);
    expect(model.inputShape).toEqual([1, 11, 13]);
    expect(model.outputShape).toEqual([10]);
    expect(model.meta).toEqual(meta);
    const x = sampleInput([1, 1, 11, 13]);
    expectRight(model.run(x), x);
  });

  test('predict takes any number of samples and copies', async () => {
    const model = await load(file, { ...options, batch: 4 });
    for (const count of [1, 4, 7]) {
      const x = sampleInput([count, 1, 11, 13], count);
      const y = model.predict(x);
      expectRight(y, x);
      const kept = y.slice();
      model.predict(sampleInput([4, 1, 11, 13], 99));
      expect(y).toEqual(kept);
    }
  });

  test('refuses inputs of another length', async () => {
    const model = await load(file, { ...options, batch: 2 });
    expect(() => model.run(new Float32Array(size))).toThrow(ArgumentError);
    expect(() => model.predict(new Float32Array(size + 1))).toThrow(ArgumentError);
    expect(() => model.predict(new Float32Array(0))).toThrow(ArgumentError);
  });
});

test('normalize follows the meaning in the file', async () => {
  const model = await load(file, { backend: 'reference' });
  const pixels = Uint8Array.from({ length: 2 * size }, (_, i) => (i * 7) % 256);
  const x = model.normalize(pixels);
  expect(x.length).toBe(2 * size);
  x.forEach((v, i) => {
    expect(v).toBe(Math.fround((pixels[i] / 255 - 0.25) / 0.5));
  });
  expect(() => model.normalize(new Uint8Array(size - 1))).toThrow(ArgumentError);
  const mute = await load(encode(smallNet()), { backend: 'reference' });
  expect(() => mute.normalize(pixels)).toThrow(GraphError);
});

test('loadSync takes a compiled module', () => {
  const model = loadSync(file, { module: new WebAssembly.Module(kernels) });
  const x = sampleInput([1, 1, 11, 13]);
  expectRight(model.run(x), x);
  expect(model.backend).toBe('wasm');
});

test('10,000 runs do not grow memory', async () => {
  const model = await load(file, { wasm: kernels });
  const x = sampleInput([1, 1, 11, 13]);
  for (let i = 0; i < 500; i++) model.run(x);
  const before = process.memoryUsage();
  const view = model.run(x);
  for (let i = 0; i < 10_000; i++) model.run(x);
  const after = process.memoryUsage();
  expect(model.run(x)).toBe(view);
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(1 << 20);
  expect(after.rss - before.rss).toBeLessThan(24 << 20);
});

test('a choice that cannot be met is an error, not another backend', async () => {
  await expect(load(file, { wasm: new Uint8Array([1, 2, 3]) })).rejects.toThrow(BackendError);
  await expect(load(file, { backend: 'gpu' as never })).rejects.toThrow(ArgumentError);
  await expect(load(file.slice(0, 50))).rejects.toThrow(FormatError);
  await expect(load(encode(oddNet()), { backend: 'reference' })).rejects.toThrow(/2 inputs/);
});

test('what the file holds is what was encoded', () => {
  expect(decode(file).meta).toEqual(meta);
});

/** What a source file imports when it runs: static imports and re-exports, dynamic imports; no types. */
function imports(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  const fixed = text.matchAll(/^(?:import|export) (?!type )[^;'"]*?from '([^']+)';/gm);
  const dynamic = text.matchAll(/(?<!typeof )\bimport\('([^']+)'\)/g);
  return [...fixed, ...dynamic].map(([, specifier]) => specifier);
}

/** Files of src/ that the runtime can reach, and what it asks for from elsewhere. */
function reached(start: string): { files: Set<string>; outside: Set<string> } {
  const files = new Set<string>();
  const outside = new Set<string>();
  const open = [start];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (files.has(path)) continue;
    files.add(path);
    for (const specifier of imports(path)) {
      if (specifier.startsWith('.')) open.push(resolve(dirname(path), specifier));
      else outside.add(specifier);
    }
  }
  return { files, outside };
}

test('reaches core, graph, backend, plan and format only, and nothing of a host', () => {
  const source = new URL('../../src/', import.meta.url).pathname;
  const { files, outside } = reached(`${source}runtime.ts`);
  expect(files.size).toBeGreaterThan(30);
  for (const path of files) {
    expect(path.slice(source.length)).toMatch(/^(runtime\.ts$|(core|graph|backend|plan|format)\/)/);
  }
  expect([...outside]).toEqual(['#kernels', '#kernels-fast', '#inference']);
});
