/**
 * When a layer runs on a sparse kernel, and on which. Skipping zeros costs an index a weight and loses register blocking. Blocks of
 * 4 output channels share the index and most loads, but store the zeros within them. So it depends on how many weights
 * are zero, on whether they are zero together, and on the geometry.
 */
import type { Window } from '../backend/backend.ts';

/** `auto` asks the cost model; `never` and `always` (the better of the two sparse kernels) are for measuring and for tests. */
export type SparseChoice = 'auto' | 'never' | 'always';

/** How a layer's weights are stored: all of them, those that are not zero, or blocks of 4x1. */
export type Storage = 'dense' | 'rows' | 'blocks';

/** Times in multiply-accumulates of the dense product of the same layer. */
export interface SparseCost {
  /** Of a stored weight. */
  rows: number;
  blocks: number;
  /** Beside its weights, of an input channel: padding the image; and of an output channel: bias and store. By pixel of a channel. */
  input: number;
  output: number;
  /** Products run over strips of up to 32 pixels; what is left of a map runs in narrow ones, slower by so many pixels' worth. */
  narrow: number;
}

/** Measured (`npm run bench:choices`); they move with the dense kernels. A layer runs sparse where that is below all of its weights. */
export const sparseCosts = {
  /** 1x1 convolution. */
  pointwise: { rows: 1.8, blocks: 1.35, input: 0, output: 0, narrow: 15 },
  /** k x k convolution against implicit im2col. */
  spatial: { rows: 1.65, blocks: 1.35, input: 60, output: 6, narrow: 0 },
  /** Linear layer of few samples: a gather for each entry against a dense product that only reads. */
  linearFew: { rows: 5, blocks: 1.7, input: 0, output: 0, narrow: 0 },
  /** Of four samples on, as columns of a sparse product. */
  linearSome: { rows: 2.4, blocks: 1.6, input: 0, output: 0, narrow: 0 },
  /** Of sixteen samples on. */
  linearMany: { rows: 1.7, blocks: 1.4, input: 0, output: 0, narrow: 0 },
} as const satisfies Record<string, SparseCost>;

export function countNonzero(weights: Float32Array): number {
  if (!weights.includes(0)) return weights.length; // a native search: a fresh process runs the loop slowly
  let count = 0;
  for (let i = 0; i < weights.length; i++) if (weights[i] !== 0) count += 1;
  return count;
}

/** Blocks of 4 rows by 1 column with a weight that is not zero. @param groupRows rows that no block crosses */
export function countBlocks(weights: Float32Array, rows: number, groupRows: number): number {
  const columns = weights.length / rows;
  const kept = new Uint8Array(columns);
  let count = 0;
  for (let r = 0; r < rows; r++) {
    const inGroup = r % groupRows;
    if (inGroup % 4 === 0) kept.fill(0);
    for (let k = 0; k < columns; k++) if (weights[r * columns + k] !== 0) kept[k] = 1;
    if (inGroup % 4 === 3 || inGroup === groupRows - 1) for (let k = 0; k < columns; k++) count += kept[k];
  }
  return count;
}

/**
 * How a convolution of this geometry should store these weights. A depthwise one is never sparse by itself: its kernel is
 * bound by memory.
 * @param speedup of the dense kernel it stands against over implicit im2col
 */
export function convStorage(
  choice: SparseChoice,
  geometry: Window,
  weights: Float32Array,
  speedup: number,
): Storage {
  const { kh, kw, co, ci, ho, wo, groups } = geometry;
  if (choice === 'auto' && groups > 1 && groups === ci) return 'dense';
  const cost = kh === 1 && kw === 1 ? sparseCosts.pointwise : sparseCosts.spatial;
  const fixed = cost.input * ci + cost.output * co;
  return cheapest(choice, cost, weights, co, co / groups, fixed, speedup * (1 + cost.narrow / (ho * wo)));
}

/** How a linear layer over so many samples should store these weights, [outputs][inputs]. */
export function linearStorage(
  choice: SparseChoice,
  samples: number,
  outputs: number,
  weights: Float32Array,
): Storage {
  const { linearFew, linearSome, linearMany } = sparseCosts;
  const cost = samples < 4 ? linearFew : samples < 16 ? linearSome : linearMany;
  return cheapest(choice, cost, weights, outputs, outputs, 0, 1);
}

/** @param fixed part of the sparse kernels' time @param factor on all of it */
function cheapest(
  choice: SparseChoice,
  cost: SparseCost,
  weights: Float32Array,
  rows: number,
  groupRows: number,
  fixed: number,
  factor: number,
): Storage {
  if (choice === 'never') return 'dense';
  const nonzero = countNonzero(weights);
  // Even if all blocks were full: spares dense models the second count.
  const least = (Math.min(cost.rows, cost.blocks) * nonzero + fixed) * factor;
  if (choice === 'auto' && least >= weights.length) return 'dense';
  const sparse = {
    rows: cost.rows * nonzero + fixed,
    blocks: cost.blocks * 4 * countBlocks(weights, rows, groupRows) + fixed,
  };
  const better = sparse.blocks < sparse.rows ? 'blocks' : 'rows';
  return choice === 'always' || sparse[better] * factor < weights.length ? better : 'dense';
}
