/**
 * Sparse matrix in blocks of 4 rows times a dense one of any width, cut into strips of 8 and 4 columns; the last strip of 4 overlaps
 * the one before it where columns are left over, and computes the same values again. Parameters as in f32_spmm_4x8.
 *
 * Preconditions: rows and columns are at least 1.
 */
import { f32_spmm_4x1 } from './f32_spmm_4x1';
import { f32_spmm_4x4 } from './f32_spmm_4x4';
import { f32_spmm_4x8 } from './f32_spmm_4x8';

export function f32_spmm_blocks(
  rows: i32,
  starts: usize,
  entries: usize,
  bias: usize,
  x: usize,
  columns: i32,
  y: usize,
  ldy: usize,
  lo: f32,
  hi: f32,
): void {
  assert(rows > 0 && columns > 0);
  let left = columns;
  for (; left >= 8; left -= 8) {
    f32_spmm_4x8(rows, starts, entries, bias, x, y, ldy, lo, hi);
    x += 32;
    y += 32;
  }
  if (left >= 4) {
    f32_spmm_4x4(rows, starts, entries, bias, x, y, ldy, lo, hi);
    x += 16;
    y += 16;
    left -= 4;
  }
  if (left == 0) return;
  if (columns >= 4) {
    const back = (<usize>(4 - left)) << 2;
    f32_spmm_4x4(rows, starts, entries, bias, x - back, y - back, ldy, lo, hi);
    return;
  }
  for (; left > 0; left--) {
    f32_spmm_4x1(rows, starts, entries, bias, x, y, ldy, lo, hi);
    x += 4;
    y += 4;
  }
}
