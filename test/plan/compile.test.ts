/** Plans against a plain interpreter of the graph, on both backends; memory; batch independence. */
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backend/backend.ts';
import { ArgumentError, GraphError } from '../../src/core/errors.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { compile, type Plan } from '../../src/plan/compile.ts';
import { referenceBackend, wasmBackend } from '../helpers/backends.ts';
import {
  branchedNet,
  oddNet,
  sampleInput,
  smallNet,
  viewsNet,
  withCodebooks,
  withInt8,
  withMasks,
} from '../helpers/graphs.ts';
import { interpret } from '../helpers/interpret.ts';

const backends: [string, () => Backend][] = [
  ['reference', referenceBackend],
  ['wasm', wasmBackend],
];
const graphs: [string, () => Graph][] = [
  ['small', smallNet],
  ['branched', branchedNet],
  ['odd', oddNet],
  ['views', viewsNet],
  ['masked', () => withMasks(smallNet(), 0.2)],
  ['shared and masked', () => withCodebooks(withMasks(branchedNet(), 0.4), 16)],
  ['int8 weights only', () => withInt8(smallNet(), undefined)],
];

function inputsOf(graph: Graph, batch: number, seed = 3): Record<string, Float32Array> {
  return Object.fromEntries(
    graph.inputs.map(({ name, shape }, i) => [name, sampleInput([batch, ...shape], seed + i)]),
  );
}

function runOn(plan: Plan, inputs: Record<string, Float32Array>): Record<string, Float32Array> {
  for (const [name, x] of Object.entries(inputs)) plan.inputs[name].set(x);
  plan.run();
  return Object.fromEntries(Object.entries(plan.outputs).map(([name, y]) => [name, y.slice()]));
}

function expectClose(got: Float32Array, want: Float64Array, tolerance: number): void {
  expect(got.length).toBe(want.length);
  got.forEach((v, i) => {
    expect(
      Math.abs(v - want[i]) / (Math.abs(want[i]) + 1),
      `element ${i}: ${v}, expected ${want[i]}`,
    ).toBeLessThan(tolerance);
  });
}

describe.each(backends)('%s', (_backend, create) => {
  describe.each(graphs)('%s', (_graph, make) => {
    test.each([
      [1, 'auto'],
      [3, 'auto'],
      [2, 'always'],
      [2, 'never'],
    ] as const)('batch %i, sparse %s: agrees with the interpreter', (batch, sparse) => {
      const graph = make();
      const inputs = inputsOf(graph, batch);
      const want = interpret(graph, inputs, batch);
      const got = runOn(compile(graph, create(), { batch, sparse }), inputs);
      expect(Object.keys(got)).toEqual([...graph.outputs]);
      for (const name of graph.outputs) expectClose(got[name], want.get(name) as Float64Array, 2e-5);
    });
  });

  // Up to three samples a linear layer sums in another order than above (matrix-vector against matrix product).
  test.each([
    [5, 4, 0],
    [3, 1, 0],
    [5, 1, 1e-6],
  ])('a sample gives the same in a batch of %i as in one of %i', (many, few, tolerance) => {
    for (const make of [smallNet, branchedNet]) {
      const graph = make();
      const inputs = inputsOf(graph, many);
      const wanted = runOn(compile(graph, create(), { batch: many }), inputs);
      const plan = compile(graph, create(), { batch: few });
      const size = inputs.x.length / many;
      for (let n = 0; n + few <= many; n++) {
        const got = runOn(plan, { x: inputs.x.slice(n * size, (n + few) * size) });
        for (const name of graph.outputs) {
          const length = got[name].length / few;
          const want = wanted[name].slice(n * length, (n + few) * length);
          if (tolerance === 0) expect(got[name]).toEqual(want);
          else expectClose(got[name], Float64Array.from(want), tolerance);
        }
      }
    }
  });

  test('runs give the same result again, and inputs stay as written', () => {
    const graph = branchedNet();
    const plan = compile(graph, create(), { batch: 2 });
    const inputs = inputsOf(graph, 2);
    const first = runOn(plan, inputs);
    plan.run();
    expect(plan.inputs.x).toEqual(inputs.x);
    for (const name of graph.outputs) expect(plan.outputs[name]).toEqual(first[name]);
  });

  test('10,000 runs allocate nothing', () => {
    const backend = create();
    const graph = smallNet();
    const plan = compile(graph, backend, { batch: 1 });
    const x = sampleInput(graph.inputs[0].shape);
    const once = (): void => {
      plan.inputs.x.set(x);
      plan.run();
    };
    for (let i = 0; i < 500; i++) once();
    const reserved = backend.heap.bytesReserved;
    const store = backend.heap.store.buffer;
    const before = process.memoryUsage();
    for (let i = 0; i < 10_000; i++) once();
    const after = process.memoryUsage();
    expect(backend.heap.bytesReserved).toBe(reserved);
    expect(backend.heap.store.buffer).toBe(store);
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(1 << 20);
    expect(after.rss - before.rss).toBeLessThan(24 << 20);
  });

  test('free gives all memory back: compiling again needs no more', () => {
    const backend = create();
    const graph = branchedNet();
    compile(graph, backend, { batch: 2 }).free();
    const reserved = backend.heap.bytesReserved;
    for (let i = 0; i < 5; i++) compile(graph, backend, { batch: 2 }).free();
    expect(backend.heap.bytesReserved).toBe(reserved);
  });

  test('views are made anew when the heap has grown', () => {
    const backend = create();
    const graph = smallNet();
    const plan = compile(graph, backend);
    const inputs = inputsOf(graph, 1);
    const first = runOn(plan, inputs);
    backend.heap.alloc(64 << 20);
    expect(runOn(plan, inputs)).toEqual(first);
  });
});

test('folds, fuses and shares memory', () => {
  const plan = compile(smallNet(), referenceBackend());
  expect(plan.steps.map(({ primitive }) => primitive)).toEqual([
    'conv2d',
    'maxPool',
    'conv2d',
    'linear',
    'linear',
  ]);
  expect(plan.steps.map(({ node }) => node)).toEqual(['r1', 'p1', 'r2', 'r3', 'fc2']);
  // x 572, r1 2860, p1 600, r2 280, r3 68, fc2 40 bytes, each rounded to a cache line; only neighbours are alive at once.
  expect(plan.arenaBytes).toBeLessThanOrEqual(576 + 2880 + 640 + 64);
});

test('sparse kernels where zeros are many, dense ones elsewhere', () => {
  const primitives = (graph: Graph, sparse: 'auto' | 'never' | 'always') =>
    compile(graph, referenceBackend(), { sparse }).steps.map(({ primitive }) => primitive);
  const pruned = withMasks(smallNet(), 0.1);
  // Its convolutions have so few channels that padding the image for the sparse kernel costs more than all products.
  expect(primitives(pruned, 'auto').filter((p) => p.startsWith('sparse'))).toEqual([
    'sparseLinear',
    'sparseLinear',
  ]);
  expect(primitives(smallNet(), 'auto').filter((p) => p.startsWith('sparse'))).toHaveLength(0);
  expect(primitives(pruned, 'never').filter((p) => p.startsWith('sparse'))).toHaveLength(0);
  expect(primitives(smallNet(), 'always').filter((p) => p.startsWith('sparse'))).toHaveLength(4);
});

test('refuses a batch and a sparse choice that are none, and a broken graph', () => {
  expect(() => compile(smallNet(), referenceBackend(), { batch: 0 })).toThrow(ArgumentError);
  expect(() => compile(smallNet(), referenceBackend(), { sparse: 'maybe' as never })).toThrow(ArgumentError);
  expect(() => compile({ ...smallNet(), outputs: ['nothing'] }, referenceBackend())).toThrow(GraphError);
});
