/** The inference module: exactly the kernels that plans and files call, the same bits as the whole module's, and training refused by name. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backend/backend.ts';
import { inferencePrimitives, trainingPrimitives } from '../../src/backend/primitives.ts';
import { instantiate } from '../../src/backend/wasm/assemble.ts';
import type { Kernels } from '../../src/backend/wasm/family.ts';
import { createInferenceBackend, inferenceBackend } from '../../src/backend/wasm/inference.ts';
import { BackendError } from '../../src/core/errors.ts';
import { Rng } from '../../src/core/rng.ts';
import { decode, decodeWith, encode } from '../../src/format/index.ts';
import { decodeText } from '../../src/format/text-model.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { type CompileOptions, compile } from '../../src/plan/compile.ts';
import { wasmBackend } from '../helpers/backends.ts';
import {
  branchedNet,
  oddNet,
  Sketch,
  sampleInput,
  smallNet,
  viewsNet,
  withCodebooks,
  withInt8,
  withMasks,
} from '../helpers/graphs.ts';

const folder = process.env.PARING_BUILD ?? new URL('../../build', import.meta.url).pathname;
const module = new WebAssembly.Module(readFileSync(`${folder}/inference.wasm`));

/** What the other graphs lack: windows of 3x3 and 2x2 for pools, a depthwise 5x5, a 1x1 that reads x itself. */
function windowsNet(): Graph {
  const s = new Sketch(23);
  s.conv('pw', 'x', [7, 3, 1, 1]);
  s.conv('dw', 'pw', [7, 1, 5, 5], { padding: [2, 2, 2, 2], groups: 7 });
  s.node('maxPool', 'p3', ['dw'], { kernel: [3, 3], stride: [2, 2], padding: [1, 1, 1, 1] });
  s.node('maxPool', 'p2', ['p3'], { kernel: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] });
  s.conv('c', 'p2', [5, 7, 3, 3], { padding: [1, 1, 1, 1] });
  s.node('relu', 'r', ['c'], {});
  s.node('relu6', 'alone', ['p2'], {});
  s.node('globalAvgPool', 'gap', ['r'], {});
  return s.graph('windows', [{ name: 'x', shape: [3, 13, 17] }], ['gap', 'alone']);
}

/** Every value in int8. */
function quantized(graph: Graph): Graph {
  const names = [...graph.inputs, ...graph.nodes].map(({ name }) => name);
  return withInt8(
    graph,
    new Map(names.map((name, i) => [name, { scale: 0.03 + 0.001 * i, zeroPoint: i % 7 }])),
  );
}

const nets = [smallNet(), branchedNet(), oddNet(), windowsNet(), viewsNet()];
const graphs: [string, Graph][] = nets.flatMap((graph) => [
  [graph.name, graph],
  [`${graph.name} pruned`, withMasks(graph, 0.2)],
  [`${graph.name} nearly empty`, withMasks(graph, 0.04)],
  [`${graph.name} int8`, quantized(graph)],
]);
/** Masks and shared weights of a size at which their adaptive codings are the shortest. */
const s = new Sketch(29);
s.linear('a', 'x', 89, 331);
s.linear('b', 'a', 97, 89);
const large = withCodebooks(withMasks(s.graph('large', [{ name: 'x', shape: [331] }], ['b']), 0.3), 13);

const choices: CompileOptions[] = [
  { batch: 1, winograd: 'always', sparse: 'never' },
  { batch: 1, winograd: 'never', sparse: 'always' },
  { batch: 5, winograd: 'never', sparse: 'never' },
  { batch: 5, sparse: 'always' },
  { batch: 1, sparse: 'never', weights: 'stored' },
];

function results(graph: Graph, backend: Backend, options: CompileOptions): Uint8Array[] {
  const plan = compile(graph, backend, options);
  for (const [name, input] of Object.entries(plan.inputs)) {
    input.set(sampleInput([input.length], name.length));
  }
  plan.run();
  return graph.outputs.map((name) => new Uint8Array(plan.outputs[name].slice().buffer));
}

test('it exports what plans and the file reader call, no less and no more', () => {
  const called = new Set(['heapBase']);
  const [all, heap] = instantiate(module, 1 << 20);
  const recording = new Proxy({} as Kernels, {
    get: (_, name: string) => {
      called.add(name);
      return all[name as keyof Kernels];
    },
  });
  const backend = inferenceBackend(recording, heap);
  decodeWith(encode(smallNet()), backend.decoders);
  decodeWith(encode(large), backend.decoders);
  for (const [, graph] of graphs) for (const options of choices) results(graph, backend, options);
  const functions = WebAssembly.Module.exports(module).filter(({ kind }) => kind === 'function');
  expect(functions.map(({ name }) => name).sort()).toEqual([...called].sort());
});

test.each(graphs)('%s: the bits of the whole module', (_, graph) => {
  for (const options of choices) {
    const want = results(graph, wasmBackend(), options);
    expect(results(graph, createInferenceBackend(module), options)).toEqual(want);
  }
});

describe('the decoders', () => {
  const { decoders } = createInferenceBackend(module);

  test.each([...graphs, ['large', large] as const])('%s: the file is the same graph', (_, graph) => {
    const file = encode(graph);
    expect(decodeWith(file, decoders)).toEqual(decode(file));
  });

  test('any code is the same text', () => {
    const rng = new Rng(5);
    const bytes = (length: number) => Uint8Array.from({ length }, () => 256 * rng.uniform());
    for (const [primer, code, length] of [
      [0, 0, 7],
      [0, 97, 211],
      [89, 3, 53],
      [997, 311, 1009],
      [0, 2003, 4001],
    ]) {
      const args = [bytes(primer), bytes(code), length] as const;
      expect(decoders.text(...args)).toEqual(decodeText(...args));
    }
  });
});

describe('training', () => {
  const backend = createInferenceBackend(module);
  test.each(trainingPrimitives)('%s is refused by name', (name) => {
    expect(() => backend[name]({} as never)).toThrow(BackendError);
    expect(() => backend[name]({} as never)).toThrow(`${name} is for training`);
  });

  test('so are elementwise functions that no op is', () => {
    const args = { x: 64, y: 64, size: 1, alpha: 0 };
    expect(() => backend.unary({ ...args, kind: 'exp' })).toThrow("unary 'exp' is for training");
    expect(() => backend.unary({ ...args, kind: 'tanh' })).not.toThrow();
  });

  test('the two lists have every primitive of the whole backend, once', () => {
    const primitive = (name: string) =>
      !/^(name|heap|prepare|decoders|preparedBytes|scratchBytes)$/.test(name);
    const all = Object.keys(wasmBackend()).filter(primitive);
    expect([...inferencePrimitives, ...trainingPrimitives].sort()).toEqual(all.sort());
  });
});
