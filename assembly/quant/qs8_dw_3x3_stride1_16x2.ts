/**
 * Depthwise 3x3, stride 1: 16 neighbouring outputs of two rows, one below the other. The rows between them are loaded once for both, and
 * what requantization needs once for all. How even and odd outputs come about: qs8_dw_3x3_stride1.
 *
 *   input row 0      first row, weights of row 0
 *   input rows 1, 2  first row, weights of rows 1, 2; second row, weights of rows 0, 1
 *   input row 3      second row, weights of row 2
 *
 * The break is never taken: it ends a basic block, before which V8 would gather twelve loads (qs8_gemm_5x8).
 *
 * Preconditions: four rows are readable 20 values each; table's multipliers are one channel's, all the same.
 */
import { narrow } from './requantize';

/** Writes the two rows to y and y + ldy. */
export function qs8_dw_3x3_stride1_16x2(
  row: usize,
  pitch: usize,
  weight: usize,
  table: usize,
  range: usize,
  y: usize,
  ldy: usize,
): void {
  assert(pitch > 0 && ldy >= 16);
  const bias = v128.load(table);
  let c0 = bias;
  let c1 = bias;
  let c2 = bias;
  let c3 = bias;
  let d0 = bias;
  let d1 = bias;
  let d2 = bias;
  let d3 = bias;
  let a: v128, b: v128, w: v128;
  a = v128.load(row);
  b = v128.load(row, 16);
  w = v128.load_splat<i32>(weight);
  c0 = i32x4.add(c0, i32x4.dot_i16x8_s(a, w));
  c2 = i32x4.add(c2, i32x4.dot_i16x8_s(b, w));
  w = v128.load_splat<i32>(weight, 4);
  c1 = i32x4.add(c1, i32x4.dot_i16x8_s(a, w));
  c3 = i32x4.add(c3, i32x4.dot_i16x8_s(b, w));
  a = v128.load(row, 4);
  b = v128.load(row, 20);
  w = v128.load_splat<i32>(weight, 8);
  c0 = i32x4.add(c0, i32x4.dot_i16x8_s(a, w));
  c2 = i32x4.add(c2, i32x4.dot_i16x8_s(b, w));
  w = v128.load_splat<i32>(weight, 12);
  c1 = i32x4.add(c1, i32x4.dot_i16x8_s(a, w));
  c3 = i32x4.add(c3, i32x4.dot_i16x8_s(b, w));
  for (let r = 0; r < 2; r++) {
    row += pitch;
    a = v128.load(row);
    b = v128.load(row, 16);
    w = v128.load_splat<i32>(weight);
    d0 = i32x4.add(d0, i32x4.dot_i16x8_s(a, w));
    d2 = i32x4.add(d2, i32x4.dot_i16x8_s(b, w));
    w = v128.load_splat<i32>(weight, 4);
    d1 = i32x4.add(d1, i32x4.dot_i16x8_s(a, w));
    d3 = i32x4.add(d3, i32x4.dot_i16x8_s(b, w));
    w = v128.load_splat<i32>(weight, 16);
    c0 = i32x4.add(c0, i32x4.dot_i16x8_s(a, w));
    c2 = i32x4.add(c2, i32x4.dot_i16x8_s(b, w));
    w = v128.load_splat<i32>(weight, 20);
    c1 = i32x4.add(c1, i32x4.dot_i16x8_s(a, w));
    c3 = i32x4.add(c3, i32x4.dot_i16x8_s(b, w));
    if (r == -1) break;
    a = v128.load(row, 4);
    b = v128.load(row, 20);
    w = v128.load_splat<i32>(weight, 8);
    d0 = i32x4.add(d0, i32x4.dot_i16x8_s(a, w));
    d2 = i32x4.add(d2, i32x4.dot_i16x8_s(b, w));
    w = v128.load_splat<i32>(weight, 12);
    d1 = i32x4.add(d1, i32x4.dot_i16x8_s(a, w));
    d3 = i32x4.add(d3, i32x4.dot_i16x8_s(b, w));
    w = v128.load_splat<i32>(weight, 24);
    c0 = i32x4.add(c0, i32x4.dot_i16x8_s(a, w));
    c2 = i32x4.add(c2, i32x4.dot_i16x8_s(b, w));
    w = v128.load_splat<i32>(weight, 28);
    c1 = i32x4.add(c1, i32x4.dot_i16x8_s(a, w));
    c3 = i32x4.add(c3, i32x4.dot_i16x8_s(b, w));
    weight += 16;
  }
  row += pitch;
  a = v128.load(row);
  b = v128.load(row, 16);
  w = v128.load_splat<i32>(weight);
  d0 = i32x4.add(d0, i32x4.dot_i16x8_s(a, w));
  d2 = i32x4.add(d2, i32x4.dot_i16x8_s(b, w));
  w = v128.load_splat<i32>(weight, 4);
  d1 = i32x4.add(d1, i32x4.dot_i16x8_s(a, w));
  d3 = i32x4.add(d3, i32x4.dot_i16x8_s(b, w));
  a = v128.load(row, 4);
  b = v128.load(row, 20);
  w = v128.load_splat<i32>(weight, 8);
  d0 = i32x4.add(d0, i32x4.dot_i16x8_s(a, w));
  d2 = i32x4.add(d2, i32x4.dot_i16x8_s(b, w));
  w = v128.load_splat<i32>(weight, 12);
  d1 = i32x4.add(d1, i32x4.dot_i16x8_s(a, w));
  d3 = i32x4.add(d3, i32x4.dot_i16x8_s(b, w));
  const multiplier = v128.load(table, 32);
  const magic = v128.load(range);
  const lowest = v128.load(range, 16);
  const zero = v128.load(range, 32);
  const cq0 = finish(i32x4.shuffle(c0, c1, 0, 4, 1, 5), multiplier, magic, lowest, zero);
  const cq1 = finish(i32x4.shuffle(c0, c1, 2, 6, 3, 7), multiplier, magic, lowest, zero);
  const cq2 = finish(i32x4.shuffle(c2, c3, 0, 4, 1, 5), multiplier, magic, lowest, zero);
  const cq3 = finish(i32x4.shuffle(c2, c3, 2, 6, 3, 7), multiplier, magic, lowest, zero);
  v128.store(y, narrow(cq0, cq1, cq2, cq3, range));
  const dq0 = finish(i32x4.shuffle(d0, d1, 0, 4, 1, 5), multiplier, magic, lowest, zero);
  const dq1 = finish(i32x4.shuffle(d0, d1, 2, 6, 3, 7), multiplier, magic, lowest, zero);
  const dq2 = finish(i32x4.shuffle(d2, d3, 0, 4, 1, 5), multiplier, magic, lowest, zero);
  const dq3 = finish(i32x4.shuffle(d2, d3, 2, 6, 3, 7), multiplier, magic, lowest, zero);
  v128.store(y + ldy, narrow(dq0, dq1, dq2, dq3, range));
}

/** requantize, with what it loads in registers. */
function finish(acc: v128, multiplier: v128, magic: v128, lowest: v128, zero: v128): v128 {
  const bits = f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(acc), multiplier), magic);
  return i32x4.sub(i32x4.max_s(bits, lowest), zero);
}
