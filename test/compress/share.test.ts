import { describe, expect, test } from 'vitest';
import { prune } from '../../src/compress/prune.ts';
import { type CentroidStart, kMeans, share, startCentroids } from '../../src/compress/share.ts';
import { Rng } from '../../src/core/rng.ts';
import type { Graph, Param } from '../../src/graph/graph.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { referenceBackend } from '../helpers/backends.ts';

const starts: readonly CentroidStart[] = ['linear', 'random', 'density', 'kmeans++'];

function model(): Graph {
  return sequential(
    'small',
    [2, 7, 7],
    [{ op: 'conv2d', name: 'c', out: 5, kernel: 3 }, 'relu', 'flatten', { op: 'linear', name: 'f', out: 7 }],
    { rng: new Rng(5) },
  );
}

function check(param: Param, k: number): void {
  const { centroids, indices } = param.codebook as NonNullable<Param['codebook']>;
  expect(centroids.length).toBeLessThanOrEqual(k);
  for (let i = 0; i < param.values.length; i++) {
    expect(indices[i]).toBeLessThan(centroids.length);
    expect(param.values[i]).toBe(param.mask?.[i] === 0 ? 0 : centroids[indices[i]]);
  }
}

describe('share', () => {
  test.each(starts)('%s: values are codebook entries, the same for the same seed', (init) => {
    const graph = model();
    const once = share(graph, { k: 8, init, seed: 9 }, referenceBackend());
    const twice = share(graph, { k: 8, init, seed: 9 }, referenceBackend());
    expect(once.graph.params).toEqual(twice.graph.params);
    for (const name of ['c.weight', 'f.weight']) check(once.graph.params.get(name) as Param, 8);
    for (const layer of once.report.layers) {
      expect(layer.k).toBe(8);
      expect(layer.relativeError).toBeLessThan(0.25);
    }
    expect(graph.params.get('c.weight')?.codebook).toBeUndefined();
    expect(once.graph.params.get('f.bias')?.codebook).toBeUndefined();
  });

  test('zeros of a pruned layer stay zeros and draw no centroid to themselves', () => {
    const graph = model();
    const scores = new Map([...graph.params].map(([name, p]) => [name, p.values.map(Math.abs)]));
    const pruned = prune(graph, scores, { sparsity: 0.8 }).graph;
    const shared = share(pruned, { k: 4 }, referenceBackend());
    for (const { param, members } of shared.report.layers) {
      const p = shared.graph.params.get(param) as Param;
      check(p, 4);
      expect(p.values.filter((v) => v !== 0).length).toBe(members);
      expect(members).toBe(p.values.length - Math.round(0.8 * p.values.length));
      expect(
        Math.min(...(p.codebook as { centroids: Float32Array }).centroids.map(Math.abs)),
      ).toBeGreaterThan(0);
    }
  });

  test('layers take a k of their own; a record selects them', () => {
    const { graph, report } = share(model(), { k: { f: 5 } }, referenceBackend());
    expect(report.layers.map((l) => [l.param, l.k])).toEqual([['f.weight', 5]]);
    expect(graph.params.get('c.weight')?.codebook).toBeUndefined();
  });

  test('refuses a k outside 2 to 256', () => {
    expect(() => share(model(), { k: 257 }, referenceBackend())).toThrow(
      /share: k: expected a whole number from 2 to 256, got 257/,
    );
  });
});

describe('k-means', () => {
  test('no single move of a weight lowers the error (a fixed point of Lloyd)', () => {
    const rng = new Rng(11);
    const weights = Float32Array.from({ length: 997 }, () => rng.normal());
    for (const init of starts) {
      const start = startCentroids(weights, 13, init, new Rng(2));
      const { codebook } = kMeans(weights, start, 500, referenceBackend());
      weights.forEach((w, i) => {
        const own = Math.abs(w - codebook.centroids[codebook.indices[i]]);
        for (const c of codebook.centroids) expect(own).toBeLessThanOrEqual(Math.abs(w - c));
      });
      codebook.centroids.forEach((c, j) => {
        const members = weights.filter((_, i) => codebook.indices[i] === j);
        const mean = members.reduce((a, b) => a + b, 0) / members.length;
        expect(c).toBeCloseTo(mean, 5);
      });
    }
  });

  test('few different weights become their own centroids', () => {
    const start = startCentroids(Float32Array.of(3, 1, 3, 2, 1), 8, 'linear', new Rng(1));
    expect([...start]).toEqual([1, 2, 3]);
  });
});
