/**
 * What pruning removes at a time: single weights; blocks of 4 output channels at one input and tap, which share an index on the sparse kernels;
 * or all but n of every m consecutive input channels (N:M, Mishra et al., "Accelerating sparse deep neural networks", 2021).
 */
import { also, either, exactlyOne, fields, isRecord, oneOf, type Rule, whole } from '../core/rules.ts';
import type { Graph, Param } from '../graph/graph.ts';

/** `{ n: 2, m: 4 }`: of every 4 consecutive input channels, at each tap and output channel, at most 2 stay. */
export type Granularity = 'weight' | 'block4x1' | { readonly n: number; readonly m: number };

/** Granularities whose share of zeros is free. */
export const unitRule: Rule = oneOf('weight', 'block4x1');

export const granularityRule: Rule = either(
  unitRule,
  also(fields({ n: whole(1, 15), m: whole(2, 16) }, ['n', 'm']), (value, path) => {
    const { n, m } = value as { n: number; m: number };
    return n < m ? null : { path: `${path}.n`, expected: `below m (${m})`, got: n };
  }),
);

/** `sparsity` or `alpha`; with N:M neither, since n and m say how many weights go, nor a scope, since each group is by itself. */
export const amountRule: Rule = (value, path) => {
  const options = value as Record<string, unknown>;
  if (!isRecord(options.granularity)) return exactlyOne('sparsity', 'alpha')(value, path);
  const also = ['sparsity', 'alpha', 'scope'].find((key) => Object.hasOwn(options, key));
  return also === undefined
    ? null
    : { path: also, expected: 'none beside a granularity of n:m', got: JSON.stringify(options[also]) };
};

/** `weight`, `block4x1`, `2:4`. */
export function granularityName(granularity: Granularity): string {
  return typeof granularity === 'string' ? granularity : `${granularity.n}:${granularity.m}`;
}

/** Blocks of 4x1 of a weight parameter: rows of its matrix [rows][columns], and those that no block crosses. */
export interface BlockShape {
  rows: number;
  columns: number;
  groupRows: number;
}

/** The shape of the blocks of a weight: those of a grouped convolution stay within a group. */
export function blockShape(graph: Graph, { name, shape, values }: Param): BlockShape {
  const node = graph.nodes.find(({ params }) => params.weight === name);
  const groups = node?.op === 'conv2d' ? node.attrs.groups : 1;
  return { rows: shape[0], columns: values.length / shape[0], groupRows: shape[0] / groups };
}

/** Calls `each` with the first weight of every block and its height, in order. Its others follow `columns` apart. */
export function forBlocks(
  { rows, columns, groupRows }: BlockShape,
  each: (first: number, height: number) => void,
): void {
  for (let group = 0; group < rows; group += groupRows) {
    for (let r = 0; r < groupRows; r += 4) {
      for (let k = 0; k < columns; k++) each((group + r) * columns + k, Math.min(4, groupRows - r));
    }
  }
}

/** A block that still has weights. */
interface Block {
  mask: Uint8Array;
  first: number;
  height: number;
  columns: number;
  /** Weights not pruned yet. */
  alive: number;
  /** Importance: the sum over its weights, by the height, so that the last, smaller block of a layer competes fairly. */
  score: number;
}

/** The blocks of a parameter that are not pruned yet. `mask` and `scores` have a number a weight. */
function blocksOf(shape: BlockShape, mask: Uint8Array, scores: Float32Array): Block[] {
  const blocks: Block[] = [];
  const { columns } = shape;
  forBlocks(shape, (first, height) => {
    let alive = 0;
    let sum = 0;
    for (let i = 0; i < height; i++) {
      const at = first + i * columns;
      if (mask[at] === 0) continue;
      alive += 1;
      sum += scores[at];
    }
    if (alive > 0) blocks.push({ mask, first, height, columns, alive, score: sum / height });
  });
  return blocks;
}

function remove({ mask, first, height, columns }: Block): void {
  for (let i = 0; i < height; i++) mask[first + i * columns] = 0;
}

/** A parameter as blocks are pruned in it. */
export interface BlockLayer {
  shape: BlockShape;
  mask: Uint8Array;
  scores: Float32Array;
}

/**
 * Prunes the blocks of lowest score, of all layers together, until `target` more weights are zero, as nearly as whole blocks allow. Among
 * equal scores the earlier block goes first.
 * @returns the largest score that went, -Infinity if none did
 */
export function pruneLowestBlocks(layers: readonly BlockLayer[], target: number): number {
  const blocks = layers.flatMap(({ shape, mask, scores }) => blocksOf(shape, mask, scores));
  blocks.sort((a, b) => a.score - b.score);
  let threshold = Number.NEGATIVE_INFINITY;
  let left = target;
  for (const block of blocks) {
    if (left < block.alive / 2) break;
    remove(block);
    left -= block.alive;
    threshold = block.score;
  }
  return threshold;
}

/** Prunes the blocks whose score is below alpha times the mean score of blocks. @returns that threshold */
export function pruneBlocksBelow(layers: readonly BlockLayer[], alpha: number): number {
  const blocks = layers.flatMap(({ shape, mask, scores }) => blocksOf(shape, mask, scores));
  const mean = blocks.reduce((sum, { score }) => sum + score, 0) / Math.max(1, blocks.length);
  for (const block of blocks) if (block.score < alpha * mean) remove(block);
  return alpha * mean;
}

/**
 * Leaves the n most important of every m consecutive input channels, at each tap of each output channel. What is pruned already
 * stays so and counts among those that go. Of a last group of fewer than m channels at most n stay. Among equal scores the lower index goes first.
 * @param shape of the weights: [out][in] or [out][in][kh][kw]
 * @returns the largest score that went, -Infinity if none did
 */
export function pruneWithinGroups(
  shape: readonly number[],
  mask: Uint8Array,
  scores: Float32Array,
  { n, m }: { n: number; m: number },
): number {
  const [rows, channels] = shape;
  const taps = mask.length / (rows * channels);
  let threshold = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < rows; row++) {
    for (let tap = 0; tap < taps; tap++) {
      for (let c = 0; c < channels; c += m) {
        const group: number[] = [];
        for (let i = c; i < Math.min(c + m, channels); i++) {
          const at = (row * channels + i) * taps + tap;
          if (mask[at] !== 0) group.push(at);
        }
        group.sort((a, b) => scores[a] - scores[b]);
        for (const at of group.slice(0, Math.max(0, group.length - n))) {
          mask[at] = 0;
          threshold = Math.max(threshold, scores[at]);
        }
      }
    }
  }
  return threshold;
}
