/**
 * A strip of 32 columns of a sparse matrix product, unstructured zeros:
 *
 *   y[r][j] = clamp(bias[r] + sum over the entries (offset, w) of row r of w * x[offset + j])          j < 32
 *
 * The sparse matrix is CSR with the column index already turned into what the kernel needs, the byte offset of a row of x:
 *
 *   starts  u32 [rows + 1]    first entry of each row
 *   entries                   offset u32, w f32, offset u32, w f32, ...
 *
 * Eight f32x4 accumulators hold one row's 32 results while its entries stream by: one load of an offset and one of a weight for
 * 32 multiply-adds, no store until the row is done (the scheme of Elsen et al., "Fast Sparse ConvNets", 2020). Each result is
 * summed in the order of the entries, whatever the width of the strip. bias may be 0 (none); `ldy` is y's row in bytes.
 *
 * The breaks are never taken; they keep V8 from hoisting the loads of the unrolled block (see qs8_gemm_5x8).
 *
 * Preconditions: rows is at least 1; starts ascend.
 */
export function f32_spmm_1x32(
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
    let c1 = c0;
    let c2 = c0;
    let c3 = c0;
    let c4 = c0;
    let c5 = c0;
    let c6 = c0;
    let c7 = c0;
    let at: usize, w: v128;
    let k = count / 2;
    while (k > 0) {
      at = x + <usize>load<u32>(q, 0);
      w = v128.load_splat<f32>(q, 4);
      c0 = f32x4.add(c0, f32x4.mul(v128.load(at, 0), w));
      c1 = f32x4.add(c1, f32x4.mul(v128.load(at, 16), w));
      c2 = f32x4.add(c2, f32x4.mul(v128.load(at, 32), w));
      c3 = f32x4.add(c3, f32x4.mul(v128.load(at, 48), w));
      if (k == -1) break;
      c4 = f32x4.add(c4, f32x4.mul(v128.load(at, 64), w));
      c5 = f32x4.add(c5, f32x4.mul(v128.load(at, 80), w));
      c6 = f32x4.add(c6, f32x4.mul(v128.load(at, 96), w));
      c7 = f32x4.add(c7, f32x4.mul(v128.load(at, 112), w));
      if (k == -2) break;
      at = x + <usize>load<u32>(q, 8);
      w = v128.load_splat<f32>(q, 12);
      c0 = f32x4.add(c0, f32x4.mul(v128.load(at, 0), w));
      c1 = f32x4.add(c1, f32x4.mul(v128.load(at, 16), w));
      c2 = f32x4.add(c2, f32x4.mul(v128.load(at, 32), w));
      c3 = f32x4.add(c3, f32x4.mul(v128.load(at, 48), w));
      if (k == -3) break;
      c4 = f32x4.add(c4, f32x4.mul(v128.load(at, 64), w));
      c5 = f32x4.add(c5, f32x4.mul(v128.load(at, 80), w));
      c6 = f32x4.add(c6, f32x4.mul(v128.load(at, 96), w));
      c7 = f32x4.add(c7, f32x4.mul(v128.load(at, 112), w));
      q += 16;
      k--;
    }
    k = count % 2;
    while (k > 0) {
      at = x + <usize>load<u32>(q, 0);
      w = v128.load_splat<f32>(q, 4);
      c0 = f32x4.add(c0, f32x4.mul(v128.load(at, 0), w));
      c1 = f32x4.add(c1, f32x4.mul(v128.load(at, 16), w));
      c2 = f32x4.add(c2, f32x4.mul(v128.load(at, 32), w));
      c3 = f32x4.add(c3, f32x4.mul(v128.load(at, 48), w));
      if (k == -4) break;
      c4 = f32x4.add(c4, f32x4.mul(v128.load(at, 64), w));
      c5 = f32x4.add(c5, f32x4.mul(v128.load(at, 80), w));
      c6 = f32x4.add(c6, f32x4.mul(v128.load(at, 96), w));
      c7 = f32x4.add(c7, f32x4.mul(v128.load(at, 112), w));
      q += 8;
      k--;
    }
    v128.store(y, f32x4.pmin(f32x4.pmax(c0, low), high), 0);
    v128.store(y, f32x4.pmin(f32x4.pmax(c1, low), high), 16);
    v128.store(y, f32x4.pmin(f32x4.pmax(c2, low), high), 32);
    v128.store(y, f32x4.pmin(f32x4.pmax(c3, low), high), 48);
    v128.store(y, f32x4.pmin(f32x4.pmax(c4, low), high), 64);
    v128.store(y, f32x4.pmin(f32x4.pmax(c5, low), high), 80);
    v128.store(y, f32x4.pmin(f32x4.pmax(c6, low), high), 96);
    v128.store(y, f32x4.pmin(f32x4.pmax(c7, low), high), 112);
    y += ldy;
  }
}
