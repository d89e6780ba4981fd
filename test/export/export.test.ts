/**
 * Exported models, started from the files as a runtime would: the bits of `paring/runtime` for every kind of weights, sizes
 * within what is promised, only the kernels that are used, and a budget that is kept.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { ArgumentError, GraphError, MemoryError } from '../../src/core/errors.ts';
import { type ExportOptions, exportModel } from '../../src/export/index.ts';
import { encode } from '../../src/format/index.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { foldBatchNorm } from '../../src/graph/passes/fold-batch-norm.ts';
import { dsStudent, lenet5, resnet8 } from '../../src/nn/models.ts';
import { modelByName, modelNames } from '../../src/nn/registry.ts';
import { exportFiles, exportKit } from '../../src/node/export.ts';
import { loadSync, type Model } from '../../src/runtime.ts';
import {
  branchedNet,
  Sketch,
  sampleInput,
  smallNet,
  withCodebooks,
  withInt8,
  withMasks,
} from '../helpers/graphs.ts';

const kit = exportKit();
const folder = mkdtempSync(join(tmpdir(), 'paring-export-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Exported {
  info: { inputShape: number[]; outputShape: number[]; classes?: string[]; batch: number };
  load(): Promise<void>;
  run(input: Float32Array): Float32Array;
  normalize(pixels: Uint8Array): Float32Array;
}

let count = 0;
async function exported(graph: Graph, options: Partial<ExportOptions> = {}): Promise<Exported> {
  count += 1;
  const out = join(folder, `${count}`);
  const { paths } = exportFiles(graph, out, { target: 'node', ...options });
  return (await import(pathToFileURL(paths[0]).href)) as Exported;
}

const loaded = (graph: Graph, batch = 1): Model => loadSync(encode(graph), { module: kit.inference, batch });
const bits = (values: Float32Array): Uint8Array => new Uint8Array(values.slice().buffer);

async function sameBits(graph: Graph, options: Partial<ExportOptions> = {}): Promise<void> {
  const aot = await exported(graph, options);
  const model = loaded(graph, options.batch);
  expect(aot.info.inputShape).toEqual(model.inputShape);
  expect(aot.info.outputShape).toEqual(model.outputShape);
  for (const seed of [1, 2]) {
    const x = sampleInput([model.batch, ...model.inputShape], seed);
    expect(bits(aot.run(x))).toEqual(bits(model.run(x)));
  }
}

function int8(graph: Graph): Graph {
  const folded = foldBatchNorm(graph);
  const names = [...folded.inputs, ...folded.nodes].map(({ name }) => name);
  const scales = names.map((name, i) => [name, { scale: 0.03 + 0.001 * i, zeroPoint: i % 7 }] as const);
  return withInt8(folded, new Map(scales));
}

/** Of moderate size; export.full.test.ts has all of them. */
const some = ['ds-student', 'lenet5-shared', 'resnet8'].map(
  (name) => modelNames.find((m) => m.name === name)!,
);

describe('the bits of paring/runtime', () => {
  test.each(some)('$name of the registry', async ({ name, inputShape, classes }) => {
    await sameBits(modelByName(name, { inputShape, classes }));
  });

  const one = { ...branchedNet(), outputs: branchedNet().outputs.slice(0, 1) };
  const kinds: [string, Graph][] = [smallNet(), one].flatMap((graph): [string, Graph][] => [
    [`${graph.name} pruned`, withMasks(graph, 0.2)],
    [`${graph.name} shared`, withCodebooks(withMasks(graph, 0.5), 13)],
    [`${graph.name} int8`, int8(graph)],
    [`${graph.name} int8, pruned, shared`, int8(withCodebooks(withMasks(graph, 0.5), 13))],
  ]);
  test.each(kinds)('%s', async (_name, graph) => {
    await sameBits(graph);
  });

  test('several samples a run, every layer sparse', async () => {
    await sameBits(withMasks(smallNet(), 0.2), { batch: 5, sparse: 'always' });
    await sameBits(withMasks(smallNet(), 0.2), { batch: 5, sparse: 'never' });
  });

  test('all in one file', async () => {
    const graph = int8(smallNet());
    const { paths } = exportFiles(graph, join(folder, 'one.mjs'), { target: 'module' });
    expect(paths).toEqual([join(folder, 'one.mjs'), join(folder, 'one.d.mts')]);
    const aot = (await import(pathToFileURL(paths[0]).href)) as Exported;
    const model = loaded(graph);
    const x = sampleInput([1, ...model.inputShape], 3);
    expect(bits(aot.run(x))).toEqual(bits(model.run(x)));
  });
});

/** Compressed as the demo does: few weights kept, of few values. */
const compressed = (graph: Graph): Graph => withCodebooks(withMasks(graph, 0.1), 16);

describe('what an export weighs', () => {
  test.each([
    ['LeNet-5, compressed', compressed(lenet5())],
    ['LeNet-5, int8', int8(withMasks(lenet5(), 0.1))],
    ['ResNet-8, compressed', compressed(resnet8())],
    ['ResNet-8, int8', int8(resnet8())],
  ])('%s: at most 40 kB apart from weights, and weights as in a model file', (_name, graph) => {
    const { bytes, files } = exportModel(graph, kit, { target: 'worker' });
    expect(bytes.javascript + bytes.wasm).toBeLessThanOrEqual(40_000);
    expect(bytes.weights).toBeLessThan(1.03 * encode(graph).length);
    const total = [...files.entries()].filter(([name]) => /\.(js|wasm)$/.test(name));
    const sum = total.reduce(
      (n, [, file]) => n + (typeof file === 'string' ? Buffer.byteLength(file) : file.length),
      0,
    );
    expect(sum).toBe(bytes.javascript + bytes.wasm + bytes.weights);
  });

  test('only kernels that the model uses are in it', () => {
    const { bytes } = exportModel(int8(smallNet()), kit, { target: 'worker' });
    expect(bytes.wasm).toBeLessThan(kit.inference.length / 3);
  });

  test('the module asks for nothing and its memory does not grow', () => {
    const { files } = exportModel(smallNet(), kit, { target: 'worker' });
    const module = new WebAssembly.Module(files.get('model.wasm') as Uint8Array<ArrayBuffer>);
    expect(WebAssembly.Module.imports(module)).toEqual([]);
    const { memory } = new WebAssembly.Instance(module).exports as { memory: WebAssembly.Memory };
    expect(() => memory.grow(1)).toThrow();
  });
});

describe('the memory budget', () => {
  test('a model that needs more is refused, with both numbers', () => {
    const graph = compressed(lenet5());
    const { memoryBytes } = exportModel(graph, kit, { target: 'node' });
    expect(memoryBytes).toBeLessThan(20e6);
    exportModel(graph, kit, { target: 'node', maxBytes: memoryBytes });
    const refused = (): unknown => exportModel(graph, kit, { target: 'node', maxBytes: memoryBytes - 1 });
    expect(refused).toThrow(MemoryError);
    expect(refused).toThrow(`${memoryBytes} bytes: model '${graph.name}'`);
  });

  test('96 MB unless said otherwise', () => {
    const s = new Sketch(5);
    s.conv('c', 'x', [64, 1, 3, 3], { padding: [1, 1, 1, 1] });
    s.node('globalAvgPool', 'p', ['c'], {});
    const graph = s.graph('wide', [{ name: 'x', shape: [1, 640, 640] }], ['p']);
    expect(() => exportModel(graph, kit, { target: 'node' })).toThrow(MemoryError);
    expect(exportModel(graph, kit, { target: 'node', maxBytes: 2 ** 30 }).memoryBytes).toBeGreaterThan(96e6);
  });
});

describe('misuse', () => {
  test('of the exporter', () => {
    const options = { target: 'toaster' } as unknown as ExportOptions;
    expect(() => exportModel(smallNet(), kit, options)).toThrow(ArgumentError);
    const s = new Sketch(7);
    s.node('add', 'sum', ['a', 'b'], {});
    const inputs = ['a', 'b'].map((name) => ({ name, shape: [3, 5, 7] }));
    const two = s.graph('two', inputs, ['sum']);
    expect(() => exportModel(two, kit, { target: 'node' })).toThrow(GraphError);
  });

  test('of an exported model gives a typed error, and the next run works', async () => {
    const aot = await exported(smallNet());
    const x = sampleInput([1, ...aot.info.inputShape], 1);
    const first = aot.run(x);
    for (const bad of [x.subarray(1), new Float64Array(x), [...x], undefined, null, 'x']) {
      expect(() => aot.run(bad as Float32Array)).toThrow(expect.objectContaining({ code: 'ARGUMENT' }));
    }
    expect(() => aot.normalize(new Uint8Array(1))).toThrow(expect.objectContaining({ code: 'ARGUMENT' }));
    const again = aot.run(x);
    expect(bits(again)).toEqual(bits(first));
    expect(again).not.toBe(first);
  });
});

test('types say the shapes, and pass the type checker of whoever imports them', () => {
  const { files } = exportModel(dsStudent(), kit, { target: 'worker' });
  const types = files.get('index.d.ts') as string;
  expect(types).toContain('@param input [1][1][28][28] = 784 numbers');
  expect(types).toContain('export declare function run(input: Float32Array): Float32Array;');
  expect(files.get('index.js')).toContain("import module from './model.wasm';");
  const browser = exportModel(dsStudent(), kit, { target: 'browser' }).files.get('index.d.ts');
  expect(browser).toContain('run(input: Float32Array): Promise<Float32Array>;');
});

test('the kit is the package itself', () => {
  expect(kit.inference).toEqual(readFileSync(new URL('../../build/inference.wasm', import.meta.url)));
});
