/**
 * Depthwise 3x3, horizontal stride 2: 16 or 8 neighbouring outputs of a row.
 *
 * Output j reads x[2j], x[2j + 1], x[2j + 2]: the pairs that a load at the row holds, times (w0 w1), and those that a load two values on
 * holds, times (w2 0). `weight` as for stride 1 (qs8_dw_3x3_stride1), of which only the pairs for even outputs are read.
 *
 * Preconditions: the three rows are readable 32 (or 16) values and 4 more beyond the first.
 */
import { narrow, requantize } from './requantize';

/** Sixteen outputs. */
export function qs8_dw_3x3_stride2_16(
  row: usize,
  pitch: usize,
  weight: usize,
  table: usize,
  range: usize,
): v128 {
  assert(pitch > 0);
  let c0 = v128.load(table);
  let c1 = c0;
  let c2 = c0;
  let c3 = c0;
  for (let r = 0; r < 3; r++) {
    const w0 = v128.load_splat<i32>(weight);
    c0 = i32x4.add(c0, i32x4.dot_i16x8_s(v128.load(row), w0));
    c1 = i32x4.add(c1, i32x4.dot_i16x8_s(v128.load(row, 16), w0));
    c2 = i32x4.add(c2, i32x4.dot_i16x8_s(v128.load(row, 32), w0));
    c3 = i32x4.add(c3, i32x4.dot_i16x8_s(v128.load(row, 48), w0));
    const w1 = v128.load_splat<i32>(weight, 8);
    c0 = i32x4.add(c0, i32x4.dot_i16x8_s(v128.load(row, 4), w1));
    c1 = i32x4.add(c1, i32x4.dot_i16x8_s(v128.load(row, 20), w1));
    c2 = i32x4.add(c2, i32x4.dot_i16x8_s(v128.load(row, 36), w1));
    c3 = i32x4.add(c3, i32x4.dot_i16x8_s(v128.load(row, 52), w1));
    row += pitch;
    weight += 16;
  }
  c0 = requantize(c0, table + 32, range);
  c1 = requantize(c1, table + 32, range);
  c2 = requantize(c2, table + 32, range);
  c3 = requantize(c3, table + 32, range);
  return narrow(c0, c1, c2, c3, range);
}

/** Eight outputs, in the lower half. */
export function qs8_dw_3x3_stride2_8(
  row: usize,
  pitch: usize,
  weight: usize,
  table: usize,
  range: usize,
): v128 {
  assert(pitch > 0);
  let c0 = v128.load(table);
  let c1 = c0;
  for (let r = 0; r < 3; r++) {
    const w0 = v128.load_splat<i32>(weight);
    c0 = i32x4.add(c0, i32x4.dot_i16x8_s(v128.load(row), w0));
    c1 = i32x4.add(c1, i32x4.dot_i16x8_s(v128.load(row, 16), w0));
    const w1 = v128.load_splat<i32>(weight, 8);
    c0 = i32x4.add(c0, i32x4.dot_i16x8_s(v128.load(row, 4), w1));
    c1 = i32x4.add(c1, i32x4.dot_i16x8_s(v128.load(row, 20), w1));
    row += pitch;
    weight += 16;
  }
  c0 = requantize(c0, table + 32, range);
  c1 = requantize(c1, table + 32, range);
  return narrow(c0, c1, c0, c1, range);
}
