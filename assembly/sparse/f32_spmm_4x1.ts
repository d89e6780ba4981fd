/**
 * One column of a sparse matrix product in blocks of 4 rows, for matrices narrower than 4 columns: the lanes are the block's rows,
 * so that an entry's four weights are one load. The same order of sums as f32_spmm_4x8.
 *
 * Parameters, layout and equation are those of f32_spmm_4x8.
 *
 * Preconditions: rows is at least 1; starts ascend.
 */
import { biasOfRows, storeRows } from './block_rows';

export function f32_spmm_4x1(
  rows: i32,
  starts: usize,
  entries: usize,
  bias: usize,
  x: usize,
  y: usize,
  ldy: usize,
  lo: f32,
  hi: f32,
): void {
  assert(rows > 0);
  const low = f32x4.splat(lo);
  const high = f32x4.splat(hi);
  let q = entries + <usize>load<u32>(starts) * 20;
  for (let left = rows; left > 0; left -= 4) {
    starts += 4;
    const end = entries + <usize>load<u32>(starts) * 20;
    let sum = biasOfRows(bias, left);
    if (bias != 0) bias += 16;
    for (; q < end; q += 20) {
      sum = f32x4.add(sum, f32x4.mul(v128.load_splat<f32>(x + <usize>load<u32>(q)), v128.load(q, 4)));
    }
    storeRows(f32x4.pmin(f32x4.pmax(sum, low), high), y, ldy, left);
    y += 4 * ldy;
  }
}
