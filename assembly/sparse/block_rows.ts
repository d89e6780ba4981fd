// Four rows as the lanes of a vector, of which the last block of a matrix may have fewer.

/** bias[0..3] where the block has these rows, 0 in other lanes and without a bias. */
export function biasOfRows(bias: usize, rows: i32): v128 {
  if (bias == 0) return f32x4.splat(0);
  if (rows > 3) return v128.load(bias);
  let lanes = v128.load32_zero(bias);
  if (rows > 1) lanes = v128.load_lane<f32>(bias + 4, lanes, 1);
  if (rows > 2) lanes = v128.load_lane<f32>(bias + 8, lanes, 2);
  return lanes;
}

/** Lane i to y + i * ldy, for the rows that the block has. */
export function storeRows(lanes: v128, y: usize, ldy: usize, rows: i32): void {
  v128.store_lane<f32>(y, lanes, 0);
  if (rows > 1) v128.store_lane<f32>(y + ldy, lanes, 1);
  if (rows > 2) v128.store_lane<f32>(y + 2 * ldy, lanes, 2);
  if (rows > 3) v128.store_lane<f32>(y + 3 * ldy, lanes, 3);
}
