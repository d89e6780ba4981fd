/**
 * Sparse linear layer of one sample in blocks of 4 outputs:
 *
 *   y[4b + i] = clamp(sum over the entries (offset, w0, w1, w2, w3) of block b of wi * x[offset / 32] + bias[4b + i])
 *
 * Entries as in f32_spmm_4x8, with the offsets of f32_splinear's blocks of 32 samples, 128 bytes an input. The lanes are the
 * block's outputs: one gather serves four weights, which are one load. Four sums, entry i to sum i % 4, hide the latency of the
 * additions; they are added as (s0 + s1) + (s2 + s3).
 *
 * Preconditions: rows is at least 1; starts ascend.
 */
import { biasOfRows, storeRows } from './block_rows';

export function f32_spmv_4x1(
  rows: i32,
  starts: usize,
  entries: usize,
  bias: usize,
  x: usize,
  y: usize,
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
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    for (; q + 80 <= end; q += 80) {
      s0 = f32x4.add(s0, product(x, q));
      s1 = f32x4.add(s1, product(x, q + 20));
      s2 = f32x4.add(s2, product(x, q + 40));
      s3 = f32x4.add(s3, product(x, q + 60));
    }
    if (q < end) {
      s0 = f32x4.add(s0, product(x, q));
      q += 20;
    }
    if (q < end) {
      s1 = f32x4.add(s1, product(x, q));
      q += 20;
    }
    if (q < end) {
      s2 = f32x4.add(s2, product(x, q));
      q += 20;
    }
    let sum = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
    if (bias != 0) {
      sum = f32x4.add(sum, biasOfRows(bias, left));
      bias += 16;
    }
    storeRows(f32x4.pmin(f32x4.pmax(sum, low), high), y, 4, left);
    y += 16;
  }
}

/** An entry's four weights, times its x. */
function product(x: usize, entry: usize): v128 {
  return f32x4.mul(v128.load_splat<f32>(x + <usize>(load<u32>(entry) >> 5)), v128.load(entry, 4));
}
