/**
 * Weight sharing: the weights of a layer become k values, each weight an index into them (Han, Mao and Dally, "Deep
 * Compression", 2016). Clustering a trained layer is 1-D k-means; the centroids are then trained by `fit`, whose leaf for
 * such a parameter is the codebook: the gradient of a centroid is the sum over its members. Zeros stay zeros: a masked
 * weight belongs to no cluster. (Layers that are born shared are built by `src/nn/shared.ts`.)
 */
import type { Backend } from '../backend/backend.ts';
import { ArgumentError } from '../core/errors.ts';
import { Rng } from '../core/rng.ts';
import { either, fields, listOf, obey, oneOf, type Rule, recordOf, whole } from '../core/rules.ts';
import { type Codebook, cloneGraph, type Graph, type Param } from '../graph/graph.ts';
import { assertFinite } from '../graph/weights.ts';
import {
  layerRule,
  needsBackend,
  type StepReport,
  type StepResult,
  selectWeights,
  sizes,
  weightOf,
} from './step.ts';

/**
 * Where k-means starts: `linear` spaces the centroids evenly over [min, max] (best for pruned layers, since it keeps the
 * few large weights); `random` draws k weights; `density` takes evenly spaced quantiles; `kmeans++` draws weights with
 * probability proportional to the squared distance from the nearest centroid so far (Arthur and Vassilvitskii 2007).
 */
export type CentroidStart = 'linear' | 'random' | 'density' | 'kmeans++';

export interface ShareOptions {
  /** Shared values a layer, 2 to 256; by layer (parameter or node name) if a record, which then also selects layers. */
  k: number | Readonly<Record<string, number>>;
  /** Default 'linear'. */
  init?: CentroidStart;
  /** Layers to share, by parameter or node name. Default: all, or those `k` names. */
  layers?: readonly string[];
  /** Stops earlier when no weight changes its cluster. Default 50. */
  iterations?: number;
  /** For the starts that draw. Default 1. */
  seed?: number;
}

export interface ShareReport extends StepReport {
  layers: {
    param: string;
    k: number;
    /** Weights that have a centroid: those not pruned. */
    members: number;
    iterations: number;
    /** Root of the mean squared distance of a weight from its centroid, over that of a weight from 0. */
    relativeError: number;
  }[];
}

/** Rules for the options, given the graph whose layers they name. */
export function shareRules(graph: Graph): Readonly<Record<keyof ShareOptions, Rule>> {
  const layer = layerRule(graph);
  return {
    k: either(whole(2, 256), recordOf(whole(2, 256), layer)),
    init: oneOf('linear', 'random', 'density', 'kmeans++'),
    layers: listOf(layer, 1),
    iterations: whole(1, 10000),
    seed: whole(0),
  };
}

/**
 * Clusters the weights of each layer by k-means with the backend's `kmeansAssign` and `kmeansUpdate`. Deterministic for a
 * seed. A layer with fewer different weights than k gets as many centroids as it has.
 * @throws ArgumentError if an option is unknown or out of range, or no layer is chosen; GraphError if a weight is not finite
 */
export function share(graph: Graph, options: ShareOptions, backend: Backend): StepResult<ShareReport> {
  needsBackend('share', backend);
  obey('share', options, fields(shareRules(graph), ['k']));
  assertFinite(graph);
  const { k, init = 'linear', iterations = 50, seed = 1, layers: asked } = options;
  const perLayer =
    typeof k === 'number'
      ? null
      : new Map(Object.entries(k).map(([name, count]) => [weightOf('share', graph, name), count]));
  const names = selectWeights('share', graph, asked, typeof k === 'number' ? undefined : Object.keys(k));
  const result = cloneGraph(graph);
  const layers: ShareReport['layers'] = [];
  for (const name of names) {
    const count = perLayer ? (perLayer.get(name) as number) : (k as number);
    const param = result.params.get(name) as Param;
    const rng = new Rng(seed).fork(`share:${name}`);
    layers.push(shareParam(param, count, init, iterations, rng, backend));
  }
  return { graph: result, report: { ...sizes('share', graph, result), layers } };
}

/** Gives one parameter a codebook and sets its values by it. */
function shareParam(
  param: Param,
  k: number,
  init: CentroidStart,
  iterations: number,
  rng: Rng,
  backend: Backend,
): ShareReport['layers'][number] {
  const { values, mask } = param;
  const members = mask ? values.filter((_, i) => mask[i] !== 0) : values.slice();
  const indices = new Uint8Array(values.length);
  if (members.length === 0) {
    param.codebook = { centroids: new Float32Array(1), indices };
    return { param: param.name, k: 1, members: 0, iterations: 0, relativeError: 0 };
  }
  const clustered = kMeans(members, startCentroids(members, k, init, rng), iterations, backend);
  const { codebook } = clustered;
  let next = 0;
  let error = 0;
  let power = 0;
  for (let i = 0; i < values.length; i++) {
    if (mask && mask[i] === 0) continue;
    indices[i] = codebook.indices[next++];
    const shared = codebook.centroids[indices[i]];
    error += (values[i] - shared) ** 2;
    power += values[i] ** 2;
    values[i] = shared;
  }
  param.codebook = { centroids: codebook.centroids, indices };
  return {
    param: param.name,
    k: codebook.centroids.length,
    members: members.length,
    iterations: clustered.iterations,
    relativeError: power === 0 ? 0 : Math.sqrt(error / power),
  };
}

/**
 * Lloyd's iterations in one dimension: assign each weight to its nearest centroid (the lower index on a tie), move each
 * centroid to the mean of its members, until no weight changes or `iterations` are done. A centroid without members
 * stays where it is.
 * @param weights [n], n >= 1
 * @param start centroids to begin with, 1 to 256
 */
export function kMeans(
  weights: Float32Array,
  start: Float32Array,
  iterations: number,
  backend: Backend,
): { codebook: Codebook; iterations: number } {
  const { heap } = backend;
  const size = weights.length;
  const k = start.length;
  const x = heap.alloc(4 * size);
  const centroids = heap.alloc(4 * k);
  const indices = heap.alloc(size);
  const counts = heap.alloc(4 * k);
  try {
    heap.f32(x, size).set(weights);
    heap.f32(centroids, k).set(start);
    backend.kmeansAssign({ x, centroids, indices, size, k });
    let before = heap.u8(indices, size).slice();
    let done = 0;
    while (done < iterations) {
      backend.kmeansUpdate({ x, mask: 0, indices, centroids, counts, size, k });
      backend.kmeansAssign({ x, centroids, indices, size, k });
      done += 1;
      const now = heap.u8(indices, size);
      if (now.every((index, i) => index === before[i])) break;
      before = now.slice();
    }
    const codebook = { centroids: heap.f32(centroids, k).slice(), indices: heap.u8(indices, size).slice() };
    return { codebook, iterations: done };
  } finally {
    for (const ptr of [x, centroids, indices, counts]) heap.free(ptr);
  }
}

/**
 * At most k different centroids to start from, ascending.
 * @param weights [n], n >= 1
 */
export function startCentroids(
  weights: Float32Array,
  k: number,
  init: CentroidStart,
  rng: Rng,
): Float32Array {
  const sorted = weights.slice().sort();
  let distinct = 1;
  for (let i = 1; i < sorted.length; i++) if (sorted[i] !== sorted[i - 1]) distinct += 1;
  if (distinct <= k) return sorted.filter((v, i) => i === 0 || v !== sorted[i - 1]);
  const last = sorted.length - 1;
  switch (init) {
    case 'linear': {
      const step = (sorted[last] - sorted[0]) / (k - 1);
      return Float32Array.from({ length: k }, (_, j) => (j === k - 1 ? sorted[last] : sorted[0] + j * step));
    }
    case 'density':
      return Float32Array.from({ length: k }, (_, j) => sorted[Math.floor(((j + 0.5) / k) * sorted.length)]);
    case 'random': {
      const drawn = new Set<number>();
      for (const i of rng.permutation(sorted.length)) {
        drawn.add(sorted[i]);
        if (drawn.size === k) break;
      }
      return Float32Array.from(drawn).sort();
    }
    case 'kmeans++':
      return plusPlus(sorted, k, rng);
    default:
      throw new ArgumentError('share', 'init', 'linear, random, density or kmeans++', init);
  }
}

/** k-means++: each further centroid is drawn with probability proportional to its squared distance from those so far. */
function plusPlus(weights: Float32Array, k: number, rng: Rng): Float32Array {
  const centroids = new Float32Array(k);
  centroids[0] = weights[rng.below(weights.length)];
  const distance = new Float64Array(weights.length).fill(Number.POSITIVE_INFINITY);
  for (let j = 1; j < k; j++) {
    let sum = 0;
    for (let i = 0; i < weights.length; i++) {
      const d = weights[i] - centroids[j - 1];
      distance[i] = Math.min(distance[i], d * d);
      sum += distance[i];
    }
    let left = rng.uniform() * sum;
    let i = 0;
    while (i < weights.length - 1 && left >= distance[i]) left -= distance[i++];
    centroids[j] = weights[i];
  }
  return centroids.sort();
}
