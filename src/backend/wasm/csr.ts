/**
 * Weights stored sparse: what the kernels of assembly/sparse read. Rows, or blocks of 4 rows, each with the entries that are not
 * zero, in the order of their columns.
 *
 *   starts   u32 [rows + 1] or [blocks + 1]       first entry of each
 *   entries  offset u32, w f32                    of a row
 *            offset u32, w0 w1 w2 w3 f32          of a block: a weight that is zero, or a row that is missing, is stored as 0
 */
import type { AnyTypedArray } from '../../core/dtype.ts';
import type { Heap, Ptr } from '../heap.ts';

/** A matrix [rows][columns] of weights, in groups of rows that no block crosses. */
export interface SparseMatrix {
  weights: AnyTypedArray;
  rows: number;
  groups: number;
  /** In blocks of 4 rows. */
  blocks: boolean;
}

/** Rows of an entry: the height of a block. */
const heightOf = ({ blocks }: { blocks: boolean }): number => (blocks ? 4 : 1);

/** Starts of one group. */
export const startsOf = (a: { blocks: boolean }, groupRows: number): number =>
  Math.ceil(groupRows / heightOf(a));

/** Bytes of an entry. */
export const entryBytes = (a: { blocks: boolean }): number => 4 + 4 * heightOf(a);

/** Calls `each` for every entry, in order: first row and rows of its block, and its column. `next` after each block. */
function walk(
  m: SparseMatrix,
  each: (row: number, height: number, column: number) => void,
  next?: () => void,
): void {
  const { weights, rows, groups } = m;
  const columns = weights.length / rows;
  const groupRows = rows / groups;
  for (let group = 0; group < rows; group += groupRows) {
    for (let r = 0; r < groupRows; r += heightOf(m)) {
      const height = Math.min(heightOf(m), groupRows - r);
      const first = (group + r) * columns;
      for (let k = 0; k < columns; k++) {
        let i = 0;
        while (i < height && weights[first + i * columns + k] === 0) i++;
        if (i < height) each(group + r, height, k);
      }
      next?.();
    }
  }
}

export function countEntries(m: SparseMatrix): number {
  let count = 0;
  walk(m, () => {
    count += 1;
  });
  return count;
}

/** @param offsetOf byte offset of the input that column `k` multiplies */
export function writeEntries(
  heap: Heap,
  m: SparseMatrix,
  offsetOf: (k: number) => number,
  starts: Ptr,
  entries: Ptr,
): void {
  const { weights, rows, groups } = m;
  const columns = weights.length / rows;
  const words = entryBytes(m) / 4;
  const size = countEntries(m) * words;
  const offsets = heap.i32(entries, size);
  const values = heap.f32(entries, size);
  const first = heap.i32(starts, groups * startsOf(m, rows / groups) + 1);
  let block = 0;
  let entry = 0;
  first[block++] = 0;
  walk(
    m,
    (row, height, k) => {
      const at = words * entry++;
      offsets[at] = offsetOf(k);
      for (let i = 0; i < words - 1; i++) {
        values[at + 1 + i] = i < height ? weights[(row + i) * columns + k] : 0;
      }
    },
    () => {
      first[block++] = entry;
    },
  );
}
