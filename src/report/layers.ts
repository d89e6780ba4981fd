/** What compression did to each layer, as numbers: weights before and after, sparsity, error. */
import { weightNames } from '../compress/step.ts';
import { sameShape } from '../core/shape.ts';
import type { Graph, Param } from '../graph/graph.ts';
import { foldBatchNorm } from '../graph/passes/fold-batch-norm.ts';
import { plannedValues } from '../graph/weights.ts';
import type { ProjectModel } from './folder.ts';

export interface Layer {
  /** Name of the weight without its role. */
  name: string;
  param: Param;
  /** What the model computes with: of an int8 weight q * scale. */
  values: Float32Array;
  /** The same layer's weights in the model it was made from; their number may differ. */
  before?: Float32Array;
  /** `before` only where the shape is the same, so that weights correspond. */
  twin?: Float32Array;
}

/** Weights of all conv2d and linear layers beside those of the model this one was made from. */
export function layersOf(model: ProjectModel): Layer[] {
  const parent = model.parent && comparable(model.parent.graph, model.graph);
  return weightNames(model.graph).map((name) => {
    const param = model.graph.params.get(name) as Param;
    const old = parent?.params.get(name);
    const before = old && plannedValues(old);
    return {
      name: name.replace(/\.weight$/, ''),
      param,
      values: plannedValues(param),
      before,
      twin: old && sameShape(old.shape, param.shape) ? before : undefined,
    };
  });
}

/** The parent with its batch norms folded if the model's are, since folding scales weights. */
function comparable(parent: Graph, graph: Graph): Graph {
  const norms = (g: Graph): number => g.nodes.filter((node) => node.op === 'batchNorm').length;
  return norms(graph) < norms(parent) ? foldBatchNorm(parent) : parent;
}

/** Share of zeros, 0..1. */
export const sparsity = (values: Float32Array): number =>
  values.reduce((zeros, v) => zeros + (v === 0 ? 1 : 0), 0) / values.length;

export interface LayerError {
  /** Largest and root mean square difference, as shares of the range of the weights before. */
  max: number;
  rms: number;
  /** Signal to noise, 10 log10(sum w^2 / sum (w - w')^2); infinite if nothing changed. */
  sqnr: number;
}

/** How far the weights are from those before. */
export function errorOf(before: Float32Array, after: Float32Array): LayerError {
  let signal = 0;
  let noise = 0;
  let max = 0;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < before.length; i++) {
    const difference = Math.abs(before[i] - after[i]);
    signal += before[i] ** 2;
    noise += difference ** 2;
    max = Math.max(max, difference);
    low = Math.min(low, before[i]);
    high = Math.max(high, before[i]);
  }
  const range = high - low || 1;
  return {
    max: max / range,
    rms: Math.sqrt(noise / before.length) / range,
    sqnr: 10 * Math.log10(signal / noise),
  };
}

export interface Histogram {
  /** Left edges, the last right edge after them. */
  edges: number[];
  /** Share of the counted values in each bin. */
  shares: number[];
}

/** Values that are not zero, counted in equal bins from -limit to limit. */
export function histogram(values: Float32Array, limit: number, bins = 60): Histogram {
  const shares = new Array<number>(bins).fill(0);
  let count = 0;
  for (const v of values) {
    if (v === 0) continue;
    count += 1;
    shares[Math.min(bins - 1, Math.max(0, Math.floor(((v + limit) / (2 * limit)) * bins)))] += 1;
  }
  return {
    edges: Array.from({ length: bins + 1 }, (_, i) => -limit + (2 * limit * i) / bins),
    shares: shares.map((n) => (count > 0 ? n / count : 0)),
  };
}

/** How many weights each centroid stands for, pruned ones not counted. */
export function members({ codebook, mask }: Param): number[] {
  const counts = new Array<number>(codebook?.centroids.length ?? 0).fill(0);
  codebook?.indices.forEach((index, i) => {
    if (mask?.[i] !== 0) counts[index] += 1;
  });
  return counts;
}
