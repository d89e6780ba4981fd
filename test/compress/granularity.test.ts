/** Pruning by blocks and N:M: what goes is what the scores say, in whole units, exactly as many as promised; training keeps it so. */
import { describe, expect, test } from 'vitest';
import type { Granularity } from '../../src/compress/granularity.ts';
import { gradualPruning, prune } from '../../src/compress/prune.ts';
import { Rng } from '../../src/core/rng.ts';
import type { Graph, Param } from '../../src/graph/graph.ts';
import { zeroPattern } from '../../src/graph/pattern.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { fit } from '../../src/train/fit.ts';
import { wasmBackend } from '../helpers/backends.ts';
import { stripes } from './data.ts';

/** Output channels that fill blocks of 4, that do not, and groups; input channels that fill groups of 4 and that do not. */
function model(): Graph {
  return sequential(
    'blocks',
    [1, 8, 8],
    [
      { op: 'conv2d', name: 'a', out: 8, kernel: 3, padding: 1 },
      'relu',
      { op: 'conv2d', name: 'b', out: 14, kernel: 3, groups: 2 },
      'relu',
      'flatten',
      { op: 'linear', name: 'f', out: 4 },
    ],
    { rng: new Rng(3) },
  );
}

const magnitudes = (graph: Graph): Map<string, Float32Array> =>
  new Map([...graph.params].map(([name, p]) => [name, p.values.map(Math.abs)]));
const param = (graph: Graph, name: string) => graph.params.get(`${name}.weight`) as Param;
const zeros = ({ values }: Param): number => values.filter((v) => v === 0).length;

/** First rows of the blocks of `b`: two groups of 7 rows. */
const starts = [0, 4, 7, 11];
const heights = [4, 3, 4, 3];

describe('blocks of 4x1', () => {
  test('whole blocks go, within a group, those of the smallest sums by height', () => {
    const graph = model();
    const scores = magnitudes(graph);
    const { graph: pruned, report } = prune(graph, scores, { sparsity: 0.6, granularity: 'block4x1' });
    const { values } = param(pruned, 'b');
    const r = scores.get('b.weight') as Float32Array;
    const gone: number[] = [];
    const kept: number[] = [];
    starts.forEach((first, b) => {
      for (let k = 0; k < 36; k++) {
        const at = Array.from({ length: heights[b] }, (_, i) => (first + i) * 36 + k);
        const zero = at.filter((i) => values[i] === 0).length;
        expect([0, heights[b]]).toContain(zero);
        (zero === 0 ? kept : gone).push(at.reduce((sum, i) => sum + r[i], 0) / heights[b]);
      }
    });
    expect(Math.max(...gone)).toBeLessThanOrEqual(Math.min(...kept));
    expect(report.granularity).toBe('block4x1');
    for (const { size, zeros: count } of report.layers)
      expect(Math.abs(count - 0.6 * size)).toBeLessThanOrEqual(2.5);
    expect(report.layers.map((l) => l.zeros)).toEqual(
      ['a', 'b', 'f'].map((name) => zeros(param(pruned, name))),
    );
  });

  test('what is pruned counts, and a block goes with what is left of it', () => {
    const graph = model();
    const { graph: once } = prune(graph, magnitudes(graph), { sparsity: 0.3, layers: ['a'] });
    const { graph: twice } = prune(once, magnitudes(once), {
      ...{ sparsity: 0.5, layers: ['a'], granularity: 'block4x1' as const },
    });
    const [before, after] = [param(once, 'a'), param(twice, 'a')];
    expect(Math.abs(zeros(after) - 36)).toBeLessThanOrEqual(2);
    before.values.forEach((v, i) => {
      if (v === 0) expect(after.values[i]).toBe(0);
    });
  });

  test('ties go by place; global ranks layers together; alpha is against the mean of blocks', () => {
    const graph = model();
    const ones = new Map([...graph.params].map(([name, p]) => [name, p.values.map(() => 1)]));
    const { graph: half } = prune(graph, ones, { sparsity: 0.5, layers: ['a'], granularity: 'block4x1' });
    expect([...(param(half, 'a').mask as Uint8Array)]).toEqual(
      Array.from({ length: 72 }, (_, i) => (i < 36 ? 0 : 1)),
    );
    const scores = magnitudes(graph);
    (scores.get('f.weight') as Float32Array).fill(0);
    const options = { scope: 'global', granularity: 'block4x1' } as const;
    const { graph: all } = prune(graph, scores, { sparsity: 0.3, ...options });
    expect(zeros(param(all, 'a')) + zeros(param(all, 'b'))).toBe(0);
    const uneven = new Map(ones);
    uneven.set(
      'a.weight',
      Float32Array.from({ length: 72 }, (_, i) => (i % 9 < 3 ? 1 : 4)),
    );
    const below = prune(graph, uneven, { alpha: 0.5, layers: ['a'], granularity: 'block4x1' });
    expect(below.report.layers[0]).toMatchObject({ zeros: 24, threshold: 1.5 });
  });
});

describe('N:M', () => {
  test.each([
    [2, 4],
    [1, 4],
    [1, 2],
    [3, 5],
  ])('%i:%i: the most important of each group of input channels stay', (n, m) => {
    const graph = model();
    const scores = magnitudes(graph);
    const { graph: pruned, report } = prune(graph, scores, { granularity: { n, m } });
    expect(report.granularity).toBe(`${n}:${m}`);
    for (const [name, rows, channels, taps] of [
      ['a', 8, 1, 9],
      ['b', 14, 4, 9],
      ['f', 4, 504, 1],
    ] as const) {
      const { values } = param(pruned, name);
      const r = scores.get(`${name}.weight`) as Float32Array;
      for (let row = 0; row < rows; row++) {
        for (let tap = 0; tap < taps; tap++) {
          for (let c = 0; c < channels; c += m) {
            const length = Math.min(m, channels - c);
            const at = Array.from({ length }, (_, i) => (row * channels + c + i) * taps + tap);
            const best = [...at].sort((i, j) => r[j] - r[i]).slice(0, n);
            expect(at.filter((i) => values[i] !== 0)).toEqual(best.sort((i, j) => i - j));
          }
        }
      }
    }
  });

  test('says alone how much goes', () => {
    const graph = model();
    const broken = (options: object) => () => prune(graph, magnitudes(graph), options as never);
    const granularity = { n: 2, m: 4 };
    expect(broken({ granularity, sparsity: 0.5 })).toThrow(
      /sparsity: expected none beside a granularity of n:m/,
    );
    expect(broken({ granularity, scope: 'global' })).toThrow(/scope: expected none beside/);
    expect(broken({ granularity: { n: 4, m: 4 } })).toThrow(/granularity\.n: expected below m \(4\)/);
    expect(broken({ granularity: 'block', sparsity: 0.5 })).toThrow(/granularity: expected .*block4x1/);
    expect(broken({ granularity: 'block4x1' })).toThrow(/exactly one of sparsity, alpha/);
    expect(() => gradualPruning(graph, { sparsity: 0.5, granularity } as never)).toThrow(
      /granularity: expected one of weight, block4x1/,
    );
  });
});

test.each([
  ['block4x1', '4x1 blocks'],
  [{ n: 2, m: 4 }, '2:4'],
  [{ n: 1, m: 4 }, '1:4'],
  ['weight', undefined],
] as [Granularity, string | undefined][])(
  '%j: training keeps the pattern, and it is found in the weights',
  async (granularity, pattern) => {
    const graph = model();
    const amount = typeof granularity === 'string' ? { sparsity: 0.7 } : {};
    const { graph: pruned } = prune(graph, magnitudes(graph), { granularity, ...amount });
    const { graph: trained } = await fit(pruned, stripes(20, 5), {
      ...{ epochs: 1, batch: 5, seed: 1, optimizer: { kind: 'sgd', lr: 0.05, momentum: 0.9 } },
      backend: wasmBackend(),
    });
    for (const name of ['b', 'f']) {
      expect(zeroPattern(trained, param(trained, name))).toBe(pattern);
      expect(param(trained, name).mask).toEqual(param(pruned, name).mask);
      expect(zeros(param(trained, name))).toBe(zeros(param(pruned, name)));
    }
    expect(zeroPattern(graph, param(graph, 'b'))).toBeUndefined();
  },
);

test('gradual pruning by blocks ends at its sparsity, in blocks', async () => {
  const graph = model();
  const options = { sparsity: 0.8, begin: 0, end: 0.7, every: 2, granularity: 'block4x1' } as const;
  const { graph: trained } = await fit(graph, stripes(40, 5), {
    ...{ epochs: 2, batch: 5, seed: 1, optimizer: { kind: 'sgd', lr: 0.05, momentum: 0.9 } },
    backend: wasmBackend(),
    onStep: gradualPruning(graph, options),
  });
  for (const name of ['a', 'b', 'f']) {
    const p = param(trained, name);
    expect(Math.abs(zeros(p) - 0.8 * p.values.length)).toBeLessThanOrEqual(2.5);
    expect(zeroPattern(trained, p)).toBe('4x1 blocks');
  }
});
