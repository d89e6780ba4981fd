/**
 * A strip of 4 columns of a sparse matrix product: f32_spmm_1x32 with 1 accumulator.
 *
 * Parameters, layout and equation are those of f32_spmm_1x32.
 *
 * Preconditions: rows is at least 1; starts ascend.
 */
export function f32_spmm_1x4(
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
  let q = entries + ((<usize>load<u32>(starts)) << 3);
  for (let r = 0; r < rows; r++) {
    const count = <i32>(load<u32>(starts, 4) - load<u32>(starts));
    starts += 4;
    let c0 = f32x4.splat(0);
    if (bias != 0) {
      c0 = v128.load_splat<f32>(bias);
      bias += 4;
    }
    let at: usize, w: v128;
    let k = count / 4;
    while (k > 0) {
      at = x + <usize>load<u32>(q, 0);
      w = v128.load_splat<f32>(q, 4);
      c0 = f32x4.add(c0, f32x4.mul(v128.load(at, 0), w));
      if (k == -1) break;
      at = x + <usize>load<u32>(q, 8);
      w = v128.load_splat<f32>(q, 12);
      c0 = f32x4.add(c0, f32x4.mul(v128.load(at, 0), w));
      if (k == -2) break;
      at = x + <usize>load<u32>(q, 16);
      w = v128.load_splat<f32>(q, 20);
      c0 = f32x4.add(c0, f32x4.mul(v128.load(at, 0), w));
      if (k == -3) break;
      at = x + <usize>load<u32>(q, 24);
      w = v128.load_splat<f32>(q, 28);
      c0 = f32x4.add(c0, f32x4.mul(v128.load(at, 0), w));
      q += 32;
      k--;
    }
    k = count % 4;
    while (k > 0) {
      at = x + <usize>load<u32>(q, 0);
      w = v128.load_splat<f32>(q, 4);
      c0 = f32x4.add(c0, f32x4.mul(v128.load(at, 0), w));
      q += 8;
      k--;
    }
    v128.store(y, f32x4.pmin(f32x4.pmax(c0, low), high), 0);
    y += ldy;
  }
}
