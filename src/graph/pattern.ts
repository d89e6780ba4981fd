/** Which zeros a weight has, as measured: scattered, in blocks of 4x1, or n of every m input channels. */
import type { Graph, Param } from './graph.ts';

/** N:M that are looked for, the tightest first. */
const ratios = [
  [1, 4],
  [2, 4],
] as const;

/**
 * The pattern that all zeros of a weight follow: `4x1 blocks` (of output channels within a group, at one input and tap), `1:4`, `2:4`, or
 * undefined where they are scattered or there are none. `2:4` says that of every 4 consecutive input channels at most 2 are kept.
 */
export function zeroPattern(graph: Graph, { name, shape, values }: Param): string | undefined {
  if (shape.length < 2 || values.every((v) => v !== 0)) return undefined;
  const node = graph.nodes.find(({ params }) => params.weight === name);
  const groupRows = shape[0] / (node?.op === 'conv2d' ? node.attrs.groups : 1);
  if (inBlocks(values, shape[0], groupRows)) return '4x1 blocks';
  const found = ratios.find(([n, m]) => keepsAtMost(values, shape, n, m));
  return found?.join(':');
}

/** Whether every block of 4 rows is either all zeros or has none. False for layers of a single row, where every weight is a block. */
function inBlocks(values: Float32Array, rows: number, groupRows: number): boolean {
  if (groupRows < 2) return false;
  const columns = values.length / rows;
  for (let r = 0; r < rows; r++) {
    if ((r % groupRows) % 4 === 0) continue;
    for (let i = r * columns; i < (r + 1) * columns; i++) {
      if ((values[i] === 0) !== (values[i - columns] === 0)) return false;
    }
  }
  return true;
}

/** Whether of every m consecutive input channels at most n are not zero. False for layers of fewer than m. */
function keepsAtMost(values: Float32Array, shape: readonly number[], n: number, m: number): boolean {
  const [rows, channels] = shape;
  if (channels < m) return false;
  const taps = values.length / (rows * channels);
  for (let row = 0; row < rows; row++) {
    for (let tap = 0; tap < taps; tap++) {
      for (let c = 0; c < channels; c += m) {
        let kept = 0;
        for (let i = c; i < Math.min(c + m, channels); i++) {
          if (values[(row * channels + i) * taps + tap] !== 0) kept += 1;
        }
        if (kept > n) return false;
      }
    }
  }
  return true;
}
