/**
 * One column of a sparse matrix product, for matrices narrower than 4 columns: f32_spmm_1x32 in scalars, the same
 * order of sums.
 *
 * Parameters, layout and equation are those of f32_spmm_1x32.
 *
 * Preconditions: rows is at least 1; starts ascend.
 */
export function f32_spmm_1x1(
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
  let q = entries + ((<usize>load<u32>(starts)) << 3);
  for (let r = 0; r < rows; r++) {
    starts += 4;
    const end = entries + ((<usize>load<u32>(starts)) << 3);
    let sum: f32 = 0;
    if (bias != 0) {
      sum = load<f32>(bias);
      bias += 4;
    }
    for (; q < end; q += 8) sum += load<f32>(x + <usize>load<u32>(q)) * load<f32>(q, 4);
    store<f32>(y, min(max(sum, lo), hi));
    y += ldy;
  }
}
