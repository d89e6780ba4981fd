/**
 * Sparse linear layer over a batch: y[n][o] = clamp(bias[o] + sum over i of x[n][i] * weight[o][i]), zeros of weight left out.
 *
 * Samples are the columns of the sparse product, 32 at a time: x is transposed into a block [inputs][32] (the entries' offsets are
 * input * 128 bytes; with `blocks` they are those of f32_spmm_4x8), the strips write `out` [outputs][32], and that is transposed back.
 *
 * Preconditions: n, inputs and outputs are at least 1; `block` has inputs * 128 bytes, `out` outputs * 128.
 */
import { f32_spmm } from './f32_spmm';
import { f32_spmm_blocks } from './f32_spmm_blocks';

export function f32_splinear(
  x: usize,
  n: i32,
  inputs: i32,
  outputs: i32,
  starts: usize,
  entries: usize,
  bias: usize,
  y: usize,
  lo: f32,
  hi: f32,
  blocks: bool,
  block: usize,
  out: usize,
): void {
  assert(n > 0 && inputs > 0 && outputs > 0);
  const xRow = (<usize>inputs) << 2;
  const yRow = (<usize>outputs) << 2;
  for (let first = 0; first < n; first += 32) {
    const count = min(32, n - first);
    transpose(x + <usize>first * xRow, xRow, count, inputs, block, 128);
    if (blocks) f32_spmm_blocks(outputs, starts, entries, bias, block, count, out, 128, lo, hi);
    else f32_spmm(outputs, starts, entries, bias, block, count, out, 128, lo, hi);
    transpose(out, 128, outputs, count, y + <usize>first * yRow, yRow);
  }
}

/** to[j][i] = from[i][j] for i < rows, j < columns; row strides in bytes. */
function transpose(from: usize, fromRow: usize, rows: i32, columns: i32, to: usize, toRow: usize): void {
  let i = 0;
  for (; i + 4 <= rows; i += 4) {
    const r0 = from + <usize>i * fromRow;
    const r1 = r0 + fromRow;
    const r2 = r1 + fromRow;
    const r3 = r2 + fromRow;
    let t = to + ((<usize>i) << 2);
    let j = 0;
    for (; j + 4 <= columns; j += 4) {
      const at = (<usize>j) << 2;
      const v0 = v128.load(r0 + at);
      const v1 = v128.load(r1 + at);
      const v2 = v128.load(r2 + at);
      const v3 = v128.load(r3 + at);
      const a = v128.shuffle<i32>(v0, v1, 0, 4, 1, 5);
      const b = v128.shuffle<i32>(v0, v1, 2, 6, 3, 7);
      const c = v128.shuffle<i32>(v2, v3, 0, 4, 1, 5);
      const d = v128.shuffle<i32>(v2, v3, 2, 6, 3, 7);
      v128.store(t, v128.shuffle<i64>(a, c, 0, 2));
      v128.store(t + toRow, v128.shuffle<i64>(a, c, 1, 3));
      v128.store(t + 2 * toRow, v128.shuffle<i64>(b, d, 0, 2));
      v128.store(t + 3 * toRow, v128.shuffle<i64>(b, d, 1, 3));
      t += 4 * toRow;
    }
    for (; j < columns; j++) {
      const at = (<usize>j) << 2;
      store<f32>(t, load<f32>(r0 + at));
      store<f32>(t, load<f32>(r1 + at), 4);
      store<f32>(t, load<f32>(r2 + at), 8);
      store<f32>(t, load<f32>(r3 + at), 12);
      t += toRow;
    }
  }
  for (; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const value = load<f32>(from + <usize>i * fromRow + ((<usize>j) << 2));
      store<f32>(to + <usize>j * toRow + ((<usize>i) << 2), value);
    }
  }
}
