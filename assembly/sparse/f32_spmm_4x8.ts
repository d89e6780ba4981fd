/**
 * A strip of 8 columns of a sparse matrix product whose zeros come in blocks of 4 rows:
 *
 *   y[4b + i][j] = clamp(bias[4b + i] + sum over the entries (offset, w0, w1, w2, w3) of block b of wi * x[offset + j])     j < 8
 *
 *   starts  u32 [blocks + 1]    first entry of each block of rows; blocks = ceil(rows / 4)
 *   entries                     offset u32, w0 w1 w2 w3 f32, offset u32, w0 w1 w2 w3 f32, ...       20 bytes each
 *
 *   k: 0  1  2  3  4  5
 *      0  2  0  0 -1  0
 *      0  1  0  0  3  0        entries of the block: (1: 2 1 4 1) (4: -1 3 0 5), offsets in bytes
 *      0  4  0  0  0  0
 *      0  1  0  0  5  0
 *
 * Four rows share the index and the two vectors of x: 7 loads for 8 multiply-adds, where f32_spmm_1x32 has 10. A zero within
 * a block is multiplied like any weight (an infinity times it is NaN). Each result is summed in the order of the entries, whatever the
 * strip. Where rows is not a multiple of 4, the last block's missing rows are neither read from bias nor written to y. bias may
 * be 0 (none); `ldy` is y's row in bytes.
 *
 * Not unrolled: an entry has as much arithmetic as four of f32_spmm_1x32, and two entries at a time were no faster.
 *
 * Preconditions: rows is at least 1; starts ascend.
 */
export function f32_spmm_4x8(
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
  const none = f32x4.splat(0);
  let q = entries + <usize>load<u32>(starts) * 20;
  for (let left = rows; left > 0; left -= 4) {
    starts += 4;
    const end = entries + <usize>load<u32>(starts) * 20;
    let r0c0 = none;
    let r1c0 = none;
    let r2c0 = none;
    let r3c0 = none;
    if (bias != 0) {
      r0c0 = v128.load_splat<f32>(bias);
      if (left > 1) r1c0 = v128.load_splat<f32>(bias, 4);
      if (left > 2) r2c0 = v128.load_splat<f32>(bias, 8);
      if (left > 3) r3c0 = v128.load_splat<f32>(bias, 12);
      bias += 16;
    }
    let r0c1 = r0c0;
    let r1c1 = r1c0;
    let r2c1 = r2c0;
    let r3c1 = r3c0;
    let at: usize, w: v128, x0: v128, x1: v128;
    while (q < end) {
      at = x + <usize>load<u32>(q, 0);
      x0 = v128.load(at, 0);
      x1 = v128.load(at, 16);
      w = v128.load_splat<f32>(q, 4);
      r0c0 = f32x4.add(r0c0, f32x4.mul(x0, w));
      r0c1 = f32x4.add(r0c1, f32x4.mul(x1, w));
      w = v128.load_splat<f32>(q, 8);
      r1c0 = f32x4.add(r1c0, f32x4.mul(x0, w));
      r1c1 = f32x4.add(r1c1, f32x4.mul(x1, w));
      w = v128.load_splat<f32>(q, 12);
      r2c0 = f32x4.add(r2c0, f32x4.mul(x0, w));
      r2c1 = f32x4.add(r2c1, f32x4.mul(x1, w));
      w = v128.load_splat<f32>(q, 16);
      r3c0 = f32x4.add(r3c0, f32x4.mul(x0, w));
      r3c1 = f32x4.add(r3c1, f32x4.mul(x1, w));
      q += 20;
    }
    v128.store(y, f32x4.pmin(f32x4.pmax(r0c0, low), high), 0);
    v128.store(y, f32x4.pmin(f32x4.pmax(r0c1, low), high), 16);
    if (left > 1) {
      v128.store(y + ldy, f32x4.pmin(f32x4.pmax(r1c0, low), high), 0);
      v128.store(y + ldy, f32x4.pmin(f32x4.pmax(r1c1, low), high), 16);
    }
    if (left > 2) {
      v128.store(y + 2 * ldy, f32x4.pmin(f32x4.pmax(r2c0, low), high), 0);
      v128.store(y + 2 * ldy, f32x4.pmin(f32x4.pmax(r2c1, low), high), 16);
    }
    if (left > 3) {
      v128.store(y + 3 * ldy, f32x4.pmin(f32x4.pmax(r3c0, low), high), 0);
      v128.store(y + 3 * ldy, f32x4.pmin(f32x4.pmax(r3c1, low), high), 16);
    }
    y += 4 * ldy;
  }
}
