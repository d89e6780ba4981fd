/** Which convolutions a plan computes by Winograd's method, and that it is the same convolution. */
import { describe, expect, test } from 'vitest';
import type { Window } from '../../src/backend/backend.ts';
import { ArgumentError } from '../../src/core/errors.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { compile } from '../../src/plan/compile.ts';
import { winogradCost, winogradPays } from '../../src/plan/winograd.ts';
import { referenceBackend, wasmBackend } from '../helpers/backends.ts';
import { branchedNet, Sketch, sampleInput, smallNet, withMasks } from '../helpers/graphs.ts';
import { interpret } from '../helpers/interpret.ts';
import { unit } from '../helpers/primitive.ts';

const window = (ci: number, size: number, co: number, more: Partial<Window> = {}): Window => ({
  ...unit,
  ci,
  h: size,
  w: size,
  co,
  ho: size,
  wo: size,
  kh: 3,
  kw: 3,
  padT: 1,
  padL: 1,
  padB: 1,
  padR: 1,
  ...more,
});

/** 3x3 convolutions of every kind that a plan may or must not give to Winograd's kernel. */
function wideNet(): Graph {
  const s = new Sketch(19);
  const padding = [1, 1, 1, 1] as const;
  s.conv('stem', 'x', [19, 3, 3, 3], { padding: [...padding] });
  s.node('relu', 'stemAct', ['stem'], {});
  s.conv('wide', 'stemAct', [23, 19, 3, 3], { padding: [...padding] });
  s.node('relu6', 'wideAct', ['wide'], {});
  s.conv('strided', 'wideAct', [29, 23, 3, 3], { padding: [...padding], stride: [2, 2] });
  s.conv('dilated', 'strided', [31, 29, 3, 3], { dilation: [2, 2] });
  s.conv('last', 'dilated', [5, 31, 3, 3], { padding: [0, 2, 1, 2] }, false);
  return s.graph('wide', [{ name: 'x', shape: [3, 14, 18] }], ['last']);
}

const primitives = (graph: Graph, winograd: 'auto' | 'never' | 'always') =>
  compile(graph, referenceBackend(), { winograd }).steps.map(({ primitive }) => primitive);

test('the plan gives it what the cost model says, never what it cannot compute', () => {
  expect(primitives(wideNet(), 'auto')).toEqual(['conv2d', 'winogradConv2d', 'conv2d', 'conv2d', 'conv2d']);
  expect(primitives(wideNet(), 'never')).toEqual(Array(5).fill('conv2d'));
  const possible = ['winogradConv2d', 'winogradConv2d', 'conv2d', 'conv2d', 'winogradConv2d'];
  expect(primitives(wideNet(), 'always')).toEqual(possible);
});

describe('the cost model', () => {
  test.each([
    [64, 56, 64, true],
    [128, 28, 128, true],
    [256, 14, 256, true],
    [16, 32, 16, true],
    [64, 8, 64, true],
    [3, 32, 16, true],
    [2, 224, 64, false],
    [1, 28, 32, false],
    [512, 4, 512, false],
  ])('%i channels, %i pixels a side, %i channels: %s', (ci, size, co, pays) => {
    expect(winogradPays('auto', window(ci, size, co))).toBe(pays);
  });

  test.each([{ strideW: 2 }, { strideH: 2 }, { dilH: 2 }, { dilW: 2 }, { groups: 2 }, { kh: 1 }, { kw: 5 }])(
    'not for %o, even if asked',
    (more) => {
      expect(winogradPays('always', window(64, 56, 64, more))).toBe(false);
    },
  );

  test('does not look at the batch', () => {
    const one = window(24, 9, 40);
    expect(winogradCost({ ...one, n: 17 })).toBe(winogradCost(one));
  });
});

test('sparse weights stand against the faster dense kernel', () => {
  const sparse = (kept: number) => primitives(withMasks(wideNet(), kept), 'auto')[1] === 'sparseConv2d';
  expect([sparse(0.4), sparse(0.1)]).toEqual([false, true]);
  expect(primitives(withMasks(wideNet(), 0.4), 'never')[1]).toBe('sparseConv2d');
});

test.each([
  ['wide', wideNet],
  ['small', smallNet],
  ['branched', branchedNet],
])('%s: agrees with the interpreter; a sample gives the same bits in any batch', (_name, make) => {
  const graph = make();
  const batch = 5;
  const x = sampleInput([batch, ...graph.inputs[0].shape], 3);
  const want = interpret(graph, { x }, batch);
  const backend = wasmBackend();
  const run = (n: number, from: number): Float32Array[] => {
    // Few samples of a linear layer are summed in another order than many: compare within batches above three.
    const plan = compile(graph, backend, { batch: n, winograd: 'always' });
    plan.inputs.x.set(x.subarray((from * x.length) / batch, ((from + n) * x.length) / batch));
    plan.run();
    const outputs = graph.outputs.map((name) => plan.outputs[name].slice());
    plan.free();
    return outputs;
  };
  const all = run(batch, 0);
  const four = run(4, 1);
  graph.outputs.forEach((name, i) => {
    const exact = want.get(name) as Float64Array;
    const largest = exact.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
    all[i].forEach((v, j) => {
      expect(Math.abs(v - exact[j]) / largest, `element ${j}`).toBeLessThan(5e-6);
    });
    expect(all[i].slice(all[i].length / batch)).toEqual(four[i]);
  });
});

test('refuses a choice that is none', () => {
  expect(() => compile(smallNet(), referenceBackend(), { winograd: 'maybe' as never })).toThrow(
    ArgumentError,
  );
});
