/**
 * A strip of 4 columns of a sparse matrix product in blocks of 4 rows: f32_spmm_4x8 with half the accumulators.
 *
 * Parameters, layout and equation are those of f32_spmm_4x8.
 *
 * Preconditions: rows is at least 1; starts ascend.
 */
export function f32_spmm_4x4(
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
    let at: usize, w: v128, x0: v128;
    while (q < end) {
      at = x + <usize>load<u32>(q, 0);
      x0 = v128.load(at, 0);
      w = v128.load_splat<f32>(q, 4);
      r0c0 = f32x4.add(r0c0, f32x4.mul(x0, w));
      w = v128.load_splat<f32>(q, 8);
      r1c0 = f32x4.add(r1c0, f32x4.mul(x0, w));
      w = v128.load_splat<f32>(q, 12);
      r2c0 = f32x4.add(r2c0, f32x4.mul(x0, w));
      w = v128.load_splat<f32>(q, 16);
      r3c0 = f32x4.add(r3c0, f32x4.mul(x0, w));
      q += 20;
    }
    v128.store(y, f32x4.pmin(f32x4.pmax(r0c0, low), high), 0);
    if (left > 1) {
      v128.store(y + ldy, f32x4.pmin(f32x4.pmax(r1c0, low), high), 0);
    }
    if (left > 2) {
      v128.store(y + 2 * ldy, f32x4.pmin(f32x4.pmax(r2c0, low), high), 0);
    }
    if (left > 3) {
      v128.store(y + 3 * ldy, f32x4.pmin(f32x4.pmax(r3c0, low), high), 0);
    }
    y += 4 * ldy;
  }
}
