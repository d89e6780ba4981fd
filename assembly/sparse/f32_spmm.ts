/**
 * Sparse matrix times a dense one of any width, cut into strips of 32, 16, 8 and 4 columns; the last strip of 4 overlaps the one
 * before it where columns are left over, and computes the same values again. Parameters as in f32_spmm_1x32.
 *
 *   columns = 55:   |------- 32 -------|--- 16 ---| 4 |4 (the last 4, of which 1 was done)|
 *
 * Preconditions: rows and columns are at least 1.
 */
import { f32_spmm_1x1 } from './f32_spmm_1x1';
import { f32_spmm_1x4 } from './f32_spmm_1x4';
import { f32_spmm_1x8 } from './f32_spmm_1x8';
import { f32_spmm_1x16 } from './f32_spmm_1x16';
import { f32_spmm_1x32 } from './f32_spmm_1x32';

export function f32_spmm(
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
  for (; left >= 32; left -= 32) {
    f32_spmm_1x32(rows, starts, entries, bias, x, y, ldy, lo, hi);
    x += 128;
    y += 128;
  }
  if (left >= 16) {
    f32_spmm_1x16(rows, starts, entries, bias, x, y, ldy, lo, hi);
    x += 64;
    y += 64;
    left -= 16;
  }
  if (left >= 8) {
    f32_spmm_1x8(rows, starts, entries, bias, x, y, ldy, lo, hi);
    x += 32;
    y += 32;
    left -= 8;
  }
  if (left >= 4) {
    f32_spmm_1x4(rows, starts, entries, bias, x, y, ldy, lo, hi);
    x += 16;
    y += 16;
    left -= 4;
  }
  if (left == 0) return;
  if (columns >= 4) {
    const back = (<usize>(4 - left)) << 2;
    f32_spmm_1x4(rows, starts, entries, bias, x - back, y - back, ldy, lo, hi);
    return;
  }
  for (; left > 0; left--) {
    f32_spmm_1x1(rows, starts, entries, bias, x, y, ldy, lo, hi);
    x += 4;
    y += 4;
  }
}
