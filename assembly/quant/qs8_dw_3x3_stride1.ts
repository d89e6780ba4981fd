/**
 * Depthwise 3x3, horizontal stride 1: 16 or 8 neighbouring outputs of a row.
 *
 * i32x4.dot_i16x8_s adds products of neighbours, and neighbours are what a row of the window needs: with x0 x1 | x2 x3 | ... as loaded
 * at the row and x2 x3 | x4 x5 | ... as loaded two values on,
 *
 *   even outputs   y0 = w0 x0 + w1 x1 + w2 x2      dot(x0 x1, w0 w1) + dot(x2 x3, w2 0)
 *   odd outputs    y1 = w0 x1 + w1 x2 + w2 x3      dot(x0 x1, 0 w0) + dot(x2 x3, w1 w2)
 *
 * so nothing has to be shuffled before the products; even and odd accumulators are interleaved at the end. `weight`: three rows of four
 * pairs of i16 in that order, (w0 w1) (0 w0) (w2 0) (w1 w2). `row`: i16, where the window's first row
 * starts; `pitch`: bytes to its next. The loop over rows stays a loop: unrolled, V8 hoists more loads than there are registers.
 *
 * Preconditions: the three rows are readable 16 (or 8) values and 4 more beyond the first.
 */
import { narrow, requantize } from './requantize';

/** Sixteen outputs. */
export function qs8_dw_3x3_stride1_16(
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
    const a0 = v128.load(row);
    const b0 = v128.load(row, 16);
    const a1 = v128.load(row, 4);
    const b1 = v128.load(row, 20);
    const w0 = v128.load_splat<i32>(weight);
    c0 = i32x4.add(c0, i32x4.dot_i16x8_s(a0, w0));
    c2 = i32x4.add(c2, i32x4.dot_i16x8_s(b0, w0));
    const w1 = v128.load_splat<i32>(weight, 4);
    c1 = i32x4.add(c1, i32x4.dot_i16x8_s(a0, w1));
    c3 = i32x4.add(c3, i32x4.dot_i16x8_s(b0, w1));
    const w2 = v128.load_splat<i32>(weight, 8);
    c0 = i32x4.add(c0, i32x4.dot_i16x8_s(a1, w2));
    c2 = i32x4.add(c2, i32x4.dot_i16x8_s(b1, w2));
    const w3 = v128.load_splat<i32>(weight, 12);
    c1 = i32x4.add(c1, i32x4.dot_i16x8_s(a1, w3));
    c3 = i32x4.add(c3, i32x4.dot_i16x8_s(b1, w3));
    row += pitch;
    weight += 16;
  }
  const low0 = requantize(i32x4.shuffle(c0, c1, 0, 4, 1, 5), table + 32, range);
  const high0 = requantize(i32x4.shuffle(c0, c1, 2, 6, 3, 7), table + 32, range);
  const low2 = requantize(i32x4.shuffle(c2, c3, 0, 4, 1, 5), table + 32, range);
  const high2 = requantize(i32x4.shuffle(c2, c3, 2, 6, 3, 7), table + 32, range);
  return narrow(low0, high0, low2, high2, range);
}

/** Eight outputs, in the lower half. */
export function qs8_dw_3x3_stride1_8(
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
    const a0 = v128.load(row);
    const a1 = v128.load(row, 4);
    const w0 = v128.load_splat<i32>(weight);
    c0 = i32x4.add(c0, i32x4.dot_i16x8_s(a0, w0));
    const w1 = v128.load_splat<i32>(weight, 4);
    c1 = i32x4.add(c1, i32x4.dot_i16x8_s(a0, w1));
    const w2 = v128.load_splat<i32>(weight, 8);
    c0 = i32x4.add(c0, i32x4.dot_i16x8_s(a1, w2));
    const w3 = v128.load_splat<i32>(weight, 12);
    c1 = i32x4.add(c1, i32x4.dot_i16x8_s(a1, w3));
    row += pitch;
    weight += 16;
  }
  const low0 = requantize(i32x4.shuffle(c0, c1, 0, 4, 1, 5), table + 32, range);
  const high0 = requantize(i32x4.shuffle(c0, c1, 2, 6, 3, 7), table + 32, range);
  return narrow(low0, high0, low0, high0, range);
}
