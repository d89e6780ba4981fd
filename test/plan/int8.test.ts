/** The integer plan against an interpreter that fake-quantizes, and bit for bit between the backends. */
import { describe, expect, test } from 'vitest';
import { GraphError } from '../../src/core/errors.ts';
import type { ActivationQuantization, Graph } from '../../src/graph/graph.ts';
import { foldBatchNorm } from '../../src/graph/passes/fold-batch-norm.ts';
import { fuseActivations } from '../../src/graph/passes/fuse-activation.ts';
import { compile, type Plan } from '../../src/plan/compile.ts';
import { layerConstants, lookupTable } from '../../src/plan/int8.ts';
import { referenceBackend, wasmBackend } from '../helpers/backends.ts';
import { branchedNet, oddNet, Sketch, sampleInput, smallNet, withInt8 } from '../helpers/graphs.ts';
import { interpret } from '../helpers/interpret.ts';

/** Ops that pass their input's scale on. */
const MOVES = new Set(['maxPool', 'flatten', 'pad']);

/** Folded and fused, with a scale for each value (but `not`) from its range on a batch, as calibration does. */
function calibrated(graph: Graph, not: readonly string[] = []): Graph {
  const lowered = fuseActivations(foldBatchNorm(graph));
  const batch = 8;
  const inputs = Object.fromEntries(
    lowered.inputs.map(({ name, shape }, i) => [name, sampleInput([batch, ...shape], 31 + i)]),
  );
  const values = interpret(lowered, inputs, batch);
  const activations = new Map<string, ActivationQuantization>();
  for (const { name } of lowered.inputs) activations.set(name, range(values.get(name) as Float64Array));
  for (const node of lowered.nodes) {
    if (not.includes(node.name)) continue;
    const passed = MOVES.has(node.op) ? activations.get(node.inputs[0]) : undefined;
    activations.set(node.name, passed ?? range(values.get(node.name) as Float64Array));
  }
  not.forEach((name) => {
    activations.delete(name);
  });
  return withInt8(lowered, activations);
}

function range(values: Float64Array): ActivationQuantization {
  const low = values.reduce((a, b) => Math.min(a, b), 0);
  const high = values.reduce((a, b) => Math.max(a, b), 0);
  const scale = Math.fround((high - low) / 255);
  return { scale, zeroPoint: Math.round(-128 - low / scale) };
}

function run(plan: Plan, graph: Graph, seed: number): Record<string, Float32Array> {
  graph.inputs.forEach(({ name, shape }, i) => {
    plan.inputs[name].set(sampleInput([plan.batch, ...shape], seed + i));
  });
  plan.run();
  return Object.fromEntries(Object.entries(plan.outputs).map(([name, y]) => [name, y.slice()]));
}

const graphs: [string, () => Graph][] = [
  ['small', () => calibrated(smallNet())],
  ['small, logits in f32', () => calibrated(smallNet(), ['fc2'])],
  ['small, a hole in the middle', () => calibrated(smallNet(), ['r2', 'f'])],
  ['branched, softmax in f32', () => calibrated(branchedNet(), ['probabilities'])],
  ['branched, some f32', () => calibrated(branchedNet(), ['pw', 'gap', 'probabilities'])],
  ['odd', () => calibrated(oddNet())],
  ['odd, input a in f32', () => calibrated(oddNet(), ['a', 'bn'])],
];

describe.each(graphs)('%s', (_name, make) => {
  test('agrees with fake quantization to a step or two', () => {
    const graph = make();
    const batch = 4;
    const got = run(compile(graph, referenceBackend(), { batch }), graph, 3);
    const inputs = Object.fromEntries(
      graph.inputs.map(({ name, shape }, i) => [name, sampleInput([batch, ...shape], 3 + i)]),
    );
    const want = interpret(graph, inputs, batch);
    for (const name of graph.outputs) {
      const exact = want.get(name) as Float64Array;
      const step = graph.activations?.get(name)?.scale ?? range(exact).scale;
      let off = 0;
      got[name].forEach((v, i) => {
        const steps = Math.abs(v - exact[i]) / step;
        expect(steps, `${name}[${i}]: ${v}, expected ${exact[i]}`).toBeLessThan(3.01);
        if (steps > 0.51) off += 1;
      });
      // A rounding that falls the other way is rare.
      expect(off / exact.length).toBeLessThan(0.15);
    }
  });

  test('both backends give the same bits, in any batch', () => {
    const graph = make();
    const ints = (n: string): boolean => graph.activations?.has(n) === true;
    // What is computed in f32 on the way may round differently; a graph that is int8 throughout may not.
    const whole = [...graph.inputs, ...graph.nodes].every((v) => ints(v.name)) || _name.includes('logits');
    const wasm = run(compile(graph, wasmBackend(), { batch: 5 }), graph, 9);
    const reference = run(compile(graph, referenceBackend(), { batch: 5 }), graph, 9);
    for (const name of graph.outputs) {
      if (whole && ints(name)) expect(wasm[name]).toEqual(reference[name]);
      const step = graph.activations?.get(name)?.scale ?? 1e-4;
      wasm[name].forEach((v, i) => {
        expect(Math.abs(v - reference[name][i])).toBeLessThan(2.01 * step);
      });
    }
    const one = compile(graph, wasmBackend(), { batch: 1 });
    graph.inputs.forEach(({ name, shape }, i) => {
      const x = sampleInput([5, ...shape], 9 + i);
      one.inputs[name].set(x.subarray(0, x.length / 5));
    });
    one.run();
    for (const name of graph.outputs) {
      if (whole && ints(name)) {
        expect(one.outputs[name]).toEqual(wasm[name].slice(0, wasm[name].length / 5));
      }
    }
  });
});

const primitives = (graph: Graph): string[] =>
  compile(graph, referenceBackend()).steps.map(({ primitive }) => primitive);

test('int8 from input to output where everything is listed', () => {
  expect(primitives(calibrated(smallNet()))).toEqual([
    'quantize',
    'qconv2d',
    'qmaxPool',
    'qconv2d',
    'qlinear',
    'qlinear',
    'dequantize',
  ]);
});

test('a node whose result is not listed runs in f32 between dequantize and quantize', () => {
  expect(primitives(calibrated(smallNet(), ['r2', 'f']))).toEqual([
    'quantize',
    'qconv2d',
    'qmaxPool',
    'dequantize',
    'conv2d',
    'linear',
    'quantize',
    'qlinear',
    'dequantize',
  ]);
});

test('weights quantized, activations not: f32 kernels on the dequantized weights', () => {
  expect(primitives(withInt8(smallNet(), undefined)).some((p) => p.startsWith('q'))).toBe(false);
});

test('concat brings inputs of another scale to its own by table', () => {
  const steps = primitives(calibrated(branchedNet(), ['probabilities']));
  expect(steps.filter((p) => p === 'copyRows')).toHaveLength(3);
  expect(steps).toContain('qadd');
  expect(steps.filter((p) => p === 'qlookup').length).toBeGreaterThanOrEqual(3);
});

test('int8 uses a quarter of the arena, roughly', () => {
  const f32 = compile(branchedNet(), referenceBackend(), { batch: 4 }).arenaBytes;
  const int8 = compile(calibrated(branchedNet()), referenceBackend(), { batch: 4 }).arenaBytes;
  expect(int8).toBeLessThan(0.6 * f32);
});

describe('layerConstants', () => {
  const x = { scale: 0.5, zeroPoint: 0 };
  const y = { scale: 0.25, zeroPoint: 0 };

  test('bias and multiplier by the book, half to even', () => {
    const { bias, multiplier } = layerConstants(
      'n',
      Int8Array.of(1, -2, 3, 4),
      Float32Array.of(0.5, 0.125),
      Float32Array.of(0.625, -0.03125),
      x,
      y,
    );
    expect([...bias]).toEqual([2, 0]); // 0.625 / 0.25 = 2.5, -0.03125 / 0.0625 = -0.5
    expect([...multiplier]).toEqual([1, 0.25]);
  });

  test('a channel of zeros keeps its bias whatever its weight scale', () => {
    const { bias, multiplier } = layerConstants(
      'n',
      Int8Array.of(0, 0),
      Float32Array.of(1e-20),
      Float32Array.of(3),
      x,
      y,
    );
    expect(bias[0] * multiplier[0] * y.scale).toBeCloseTo(3, 6);
  });

  test('refuses sums of weights that can leave int32', () => {
    const k = 70_000;
    expect(() =>
      layerConstants(
        'n',
        new Int8Array(k).fill(127),
        Float32Array.of(1),
        undefined,
        { scale: 1, zeroPoint: 127 },
        y,
      ),
    ).toThrow(GraphError);
    expect(() =>
      layerConstants('n', new Int8Array(k).fill(100), Float32Array.of(1), undefined, x, y),
    ).not.toThrow();
  });

  test('a bias beyond int32 saturates where that shows as saturation, else is refused', () => {
    const far = layerConstants('n', Int8Array.of(1), Float32Array.of(1e-3), Float32Array.of(1e9), x, y);
    expect(far.bias[0] * far.multiplier[0]).toBeGreaterThan(512);
    expect(() =>
      layerConstants('n', Int8Array.of(1), Float32Array.of(1e-12), Float32Array.of(5), x, y),
    ).toThrow(/bias/);
  });
});

test('tables hold what dequantize, f32 and quantize give, and are the same on both backends where f32 is', () => {
  const from = { scale: Math.fround(0.05), zeroPoint: 10 };
  const to = { scale: Math.fround(0.02), zeroPoint: -100 };
  for (const kind of [undefined, 'relu', 'relu6', 'leakyRelu', 'hardSwish'] as const) {
    const table = lookupTable(referenceBackend(), kind, 0.125, from, to);
    expect(lookupTable(wasmBackend(), kind, 0.125, from, to)).toEqual(table);
    const real = (q: number): number => (q - 10) * 0.05;
    const f = { relu: (v: number) => Math.max(0, v), relu6: (v: number) => Math.min(6, Math.max(0, v)) };
    if (kind === 'relu' || kind === 'relu6') {
      table.forEach((q, i) => {
        const want = Math.min(127, Math.max(-128, f[kind](real(i - 128)) / 0.02 - 100));
        expect(Math.abs(q - want)).toBeLessThanOrEqual(0.501);
      });
    }
  }
});

test('refuses scales and zero points that are none', () => {
  const graph = withInt8(smallNet(), new Map([['x', { scale: Number.NaN, zeroPoint: 0 }]]));
  expect(() => compile(graph, referenceBackend())).toThrow(GraphError);
  const s = new Sketch();
  s.node('relu', 'r', ['x'], {});
  const odd = {
    ...s.graph('g', [{ name: 'x', shape: [2] }], ['r']),
    activations: new Map([['x', { scale: 1, zeroPoint: 0.5 }]]),
  };
  expect(() => compile(odd, referenceBackend())).toThrow(GraphError);
});
