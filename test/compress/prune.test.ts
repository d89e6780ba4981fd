import { describe, expect, test } from 'vitest';
import { cubicSparsity, gradualPruning, prune } from '../../src/compress/prune.ts';
import { Rng } from '../../src/core/rng.ts';
import type { Graph, Param } from '../../src/graph/graph.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { fit } from '../../src/train/fit.ts';
import { wasmBackend } from '../helpers/backends.ts';
import { stripes } from './data.ts';

function model(): Graph {
  return sequential(
    'small',
    [2, 7, 7],
    [
      { op: 'conv2d', name: 'c', out: 5, kernel: 3 },
      'batchNorm',
      'relu',
      'flatten',
      { op: 'linear', name: 'f', out: 3 },
    ],
    { rng: new Rng(3) },
  );
}

const magnitudes = (graph: Graph): Map<string, Float32Array> =>
  new Map([...graph.params].map(([name, p]) => [name, p.values.map(Math.abs)]));
const zeros = (p: Param | undefined): number => (p as Param).values.filter((v) => v === 0).length;

describe('prune', () => {
  test('an exact sparsity is exact, and the smallest magnitudes go', () => {
    const graph = model();
    const { graph: pruned, report } = prune(graph, magnitudes(graph), { sparsity: 0.37 });
    for (const name of ['c.weight', 'f.weight']) {
      const before = graph.params.get(name) as Param;
      const after = pruned.params.get(name) as Param;
      expect(zeros(after)).toBe(Math.round(0.37 * before.values.length));
      const gone = before.values.filter((_, i) => after.values[i] === 0).map(Math.abs);
      const kept = after.values.filter((v) => v !== 0).map(Math.abs);
      expect(Math.max(...gone)).toBeLessThanOrEqual(Math.min(...kept));
      expect([...(after.mask as Uint8Array)]).toEqual([...after.values].map((v) => (v === 0 ? 0 : 1)));
    }
    expect(report.layers.map((l) => l.zeros)).toEqual([33, 139]);
    expect(graph.params.get('c.weight')?.mask).toBeUndefined();
  });

  test('ties are broken by index, so that the count stays exact', () => {
    const graph = model();
    const scores = magnitudes(graph);
    (scores.get('c.weight') as Float32Array).fill(1);
    const { graph: pruned } = prune(graph, scores, { sparsity: 0.5, layers: ['c'] });
    const mask = pruned.params.get('c.weight')?.mask as Uint8Array;
    expect([...mask]).toEqual(Array.from({ length: 90 }, (_, i) => (i < 45 ? 0 : 1)));
    expect(pruned.params.get('f.weight')?.mask).toBeUndefined();
  });

  test('the threshold is alpha times the mean importance, in a layer or globally', () => {
    const graph = model();
    const scores = magnitudes(graph);
    for (const scope of ['layer', 'global'] as const) {
      const { graph: pruned } = prune(graph, scores, { alpha: 0.8, scope });
      for (const name of ['c.weight', 'f.weight']) {
        const own = scores.get(name) as Float32Array;
        const all =
          scope === 'layer'
            ? [...own]
            : [...(scores.get('c.weight') as Float32Array), ...(scores.get('f.weight') as Float32Array)];
        const threshold = (0.8 * all.reduce((a, b) => a + b, 0)) / all.length;
        const mask = pruned.params.get(name)?.mask as Uint8Array;
        expect([...mask]).toEqual([...own].map((r) => (r < threshold ? 0 : 1)));
      }
    }
  });

  test('global sparsity counts over all layers and spares biases and batch norm', () => {
    const graph = model();
    const { graph: pruned, report } = prune(graph, magnitudes(graph), { sparsity: 0.9, scope: 'global' });
    expect(zeros(pruned.params.get('c.weight')) + zeros(pruned.params.get('f.weight'))).toBe(
      Math.round(0.9 * (90 + 375)),
    );
    expect(report.sparsity).toBeCloseTo(0.9, 2);
    for (const [name, param] of pruned.params) {
      if (!name.endsWith('.weight')) expect(param).toEqual(graph.params.get(name));
    }
  });

  test('a second pruning keeps what the first removed, whatever its scores', () => {
    const graph = model();
    const first = prune(graph, magnitudes(graph), { sparsity: 0.5 }).graph;
    const reversed = new Map([...magnitudes(graph)].map(([name, r]) => [name, r.map((v) => -v)]));
    const second = prune(first, reversed, { sparsity: 0.7 }).graph;
    const mask = first.params.get('f.weight')?.mask as Uint8Array;
    const later = second.params.get('f.weight')?.mask as Uint8Array;
    expect(mask.every((kept, i) => kept === 1 || later[i] === 0)).toBe(true);
    expect(zeros(second.params.get('f.weight'))).toBe(Math.round(0.7 * 375));
  });

  test('layers have sparsities of their own', () => {
    const graph = model();
    const { report } = prune(graph, magnitudes(graph), { sparsity: { c: 0.2, 'f.weight': 0.8 } });
    expect(report.layers.map((l) => l.zeros)).toEqual([18, 300]);
  });

  test.each([
    [{}, /prune: sparsity: expected exactly one of sparsity, alpha, got 'none'/],
    [{ sparsity: 0.5, alpha: 1 }, /exactly one of sparsity, alpha, got 'sparsity, alpha'/],
    [{ sparsity: 1.2 }, /prune: sparsity: expected a number from 0 to 1, got 1.2/],
    [{ alpha: Number.NaN }, /prune: alpha/],
    [
      { sparsity: 0.5, layers: ['nowhere'] },
      /prune: layers\[0\]: expected one of c.weight, f.weight, c, f, got 'nowhere'/,
    ],
  ])('refuses %o', (options, message) => {
    const graph = model();
    expect(() => prune(graph, magnitudes(graph), options)).toThrow(message);
  });

  test('refuses scores that are missing or not numbers', () => {
    const graph = model();
    expect(() => prune(graph, new Map(), { sparsity: 0.5 })).toThrow(
      /scores of c.weight: expected a Float32Array of 90 numbers, one a weight, got undefined/,
    );
    const scores = magnitudes(graph);
    (scores.get('f.weight') as Float32Array)[7] = Number.NaN;
    expect(() => prune(graph, scores, { sparsity: 0.5 })).toThrow(/f.weight.*NaN at 7/);
  });
});

test('the cubic schedule starts and ends where it should and slows down', () => {
  expect(cubicSparsity(0, 0.1, 0.9)).toBeCloseTo(0.1, 12);
  expect(cubicSparsity(0.5, 0, 0.8)).toBeCloseTo(0.7, 12);
  expect(cubicSparsity(1, 0.1, 0.9)).toBe(0.9);
  expect(cubicSparsity(7, 0.1, 0.9)).toBe(0.9);
  expect(cubicSparsity(-1, 0.1, 0.9)).toBeCloseTo(0.1, 12);
});

describe('gradual pruning', () => {
  const start = (): Graph =>
    sequential(
      'stripes',
      [1, 8, 8],
      [
        { op: 'conv2d', name: 'c', out: 5, kernel: 3 },
        'relu',
        'flatten',
        { op: 'linear', name: 'f', out: 4 },
      ],
      { rng: new Rng(3) },
    );

  test('follows the cubic schedule, never gives back, and ends exact', async () => {
    const graph = start();
    const prune = gradualPruning(graph, { sparsity: { f: 0.8 }, begin: 0.25, end: 0.75, every: 4 });
    const zerosAt: number[] = [];
    let before: Uint8Array | null = null;
    const fitted = await fit(graph, stripes(512), {
      epochs: 2,
      batch: 16,
      optimizer: { kind: 'sgd', lr: 0.02, momentum: 0.9 },
      backend: wasmBackend(),
      onStep(context) {
        prune(context);
        const mask = context.parameters.mask('f.weight');
        const values = context.parameters.values('f.weight');
        const gone = (list: Uint8Array | null): number[] =>
          Array.from(list ?? [], (kept, i) => (kept === 0 ? i : -1)).filter((i) => i >= 0);
        for (const i of gone(before)) expect(mask?.[i]).toBe(0);
        for (const i of gone(mask)) expect(values[i]).toBe(0);
        before = mask;
        zerosAt.push(gone(mask).length);
      },
    });
    const size = 4 * 5 * 36;
    const wanted = Array.from({ length: 64 }, (_, i) => {
      const step = Math.min(48, 16 + 4 * Math.floor((i + 1 - 16) / 4));
      return i + 1 < 16 ? 0 : Math.round(size * cubicSparsity((step - 16) / 32, 0, 0.8));
    });
    expect(zerosAt).toEqual(wanted);
    expect(zeros(fitted.graph.params.get('f.weight'))).toBe(Math.round(0.8 * size));
    expect(fitted.graph.params.get('c.weight')?.mask).toBeUndefined();
  });

  test.each([
    [{ sparsity: 1.5 }, /gradualPruning: sparsity/],
    [{ sparsity: { c: 1.5 } }, /gradualPruning: sparsity/],
    [{ sparsity: 0.5, initial: 1.7 }, /gradualPruning: initial: expected a number from 0 to 1, got 1.7/],
    [{ sparsity: 0.5, begin: 0.6, end: 0.4 }, /gradualPruning: begin: expected at most end \(0.4\), got 0.6/],
    [{ sparsity: 0.5, every: 0 }, /gradualPruning: every/],
  ])('refuses %o', (options, message) => {
    expect(() => gradualPruning(start(), options)).toThrow(message);
  });
});
