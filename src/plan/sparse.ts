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

/** Time of a stored weight over that of a weight in the dense product of the same layer. */
export interface SparseCost {
  rows: number;
  blocks: number;
}

/** Measured; they move with the dense kernels. A layer runs sparse where density * cost is below 1. */
export const sparseCosts = {
  /** 1x1 convolution. */
  pointwise: { rows: 1.8, blocks: 1.35 },
  /** k x k convolution against implicit im2col. */
  spatial: { rows: 2, blocks: 1.6 },
  /** Linear layer of few samples: a gather for each entry against a dense product that only reads. */
  linearFew: { rows: 5, blocks: 1.4 },
  /** Of four samples on, as columns of a sparse product. */
  linearSome: { rows: 2.4, blocks: 1.6 },
  /** Of sixteen samples on. */
  linearMany: { rows: 1.7, blocks: 1.4 },
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
  const { kh, kw, co, ci, groups } = geometry;
  if (choice === 'auto' && groups > 1 && groups === ci) return 'dense';
  const cost = kh === 1 && kw === 1 ? sparseCosts.pointwise : sparseCosts.spatial;
  return cheapest(choice, cost, weights, co, co / groups, speedup);
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
  return cheapest(choice, cost, weights, outputs, outputs, 1);
}

function cheapest(
  choice: SparseChoice,
  cost: SparseCost,
  weights: Float32Array,
  rows: number,
  groupRows: number,
  speedup: number,
): Storage {
  if (choice === 'never') return 'dense';
  const nonzero = countNonzero(weights);
  // Even if all blocks were full: spares dense models the second count.
  const least = Math.min(cost.rows, cost.blocks) * nonzero * speedup;
  if (choice === 'auto' && least >= weights.length) return 'dense';
  const sparse = {
    rows: cost.rows * nonzero,
    blocks: cost.blocks * 4 * countBlocks(weights, rows, groupRows),
  };
  const better = sparse.blocks < sparse.rows ? 'blocks' : 'rows';
  return choice === 'always' || sparse[better] * speedup < weights.length ? better : 'dense';
}
