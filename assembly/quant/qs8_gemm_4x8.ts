/**
 * int8 GEMM micro-kernel: 4 rows x 8 columns of C in eight i32x4 registers.
 *
 *   C[r][j] = requantize(bias + sum over k of A[r][k] * B[k][j])         r < rows <= 4, j < columns <= 8
 *
 * Both operands are i16 (int8 less its zero point needs 9 bits) with pairs of k side by side, because i32x4.dot_i16x8_s
 * multiplies pairs and adds each:
 *
 *   A panel, a pair of k:  r0k0 r0k1 r1k0 r1k1 ... r3k0 r3k1          16 bytes
 *   B panel, a pair of k:  j0k0 j0k1 j1k0 j1k1 ... j7k0 j7k1          32 bytes
 *
 * |A[r][k]| <= 128 and |B[k][j]| <= 255 (or the other way round): sums stay below 2^31 for k * 255 * 128 + |bias| < 2^31, that is
 * k <= 65,000 with a bias up to 25 million. Wrapping in between is harmless, only the last sum counts.
 *
 * `table`: 8 biases (i32) and 8 multipliers (f32) a row, `step` bytes apart, or shared by all rows if step is 0. `range`: 64 bytes,
 * see requantize.ts. c is i8 with `ldc` bytes a row. Rows past `rows` are computed and stored first, onto the last row, which then
 * overwrites them: no branch, no padding of C.
 *
 * The breaks are never taken: V8 moves arithmetic to the end of a basic block but keeps loads in order, so that long unrolled
 * blocks spill. A branch on k that it cannot fold ends the block. See qs8_gemm_5x8, whose 4-row twin this is: M = 5a + 4b then wastes no row.
 *
 * Preconditions: pairs is at least 1, rows are 1 to 4, columns 1 to 8.
 */
import { requantize, store8 } from './requantize';

export function qs8_gemm_4x8(
  pairs: i32,
  a: usize,
  b: usize,
  c: usize,
  ldc: usize,
  rows: i32,
  columns: i32,
  table: usize,
  step: usize,
  range: usize,
): void {
  assert(pairs > 0 && rows > 0 && rows <= 4 && columns > 0 && columns <= 8);
  let t = table;
  let c00 = v128.load(t);
  let c01 = v128.load(t, 16);
  t += step;
  let c10 = v128.load(t);
  let c11 = v128.load(t, 16);
  t += step;
  let c20 = v128.load(t);
  let c21 = v128.load(t, 16);
  t += step;
  let c30 = v128.load(t);
  let c31 = v128.load(t, 16);
  let w: v128, b0: v128, b1: v128;
  let k = pairs / 4;
  while (k > 0) {
    b0 = v128.load(b, 0);
    b1 = v128.load(b, 16);
    w = v128.load_splat<i32>(a, 0);
    c00 = i32x4.add(c00, i32x4.dot_i16x8_s(w, b0));
    c01 = i32x4.add(c01, i32x4.dot_i16x8_s(w, b1));
    w = v128.load_splat<i32>(a, 4);
    c10 = i32x4.add(c10, i32x4.dot_i16x8_s(w, b0));
    c11 = i32x4.add(c11, i32x4.dot_i16x8_s(w, b1));
    if (k == -1) break;
    w = v128.load_splat<i32>(a, 8);
    c20 = i32x4.add(c20, i32x4.dot_i16x8_s(w, b0));
    c21 = i32x4.add(c21, i32x4.dot_i16x8_s(w, b1));
    w = v128.load_splat<i32>(a, 12);
    c30 = i32x4.add(c30, i32x4.dot_i16x8_s(w, b0));
    c31 = i32x4.add(c31, i32x4.dot_i16x8_s(w, b1));
    a += 16;
    if (k == -2) break;
    b0 = v128.load(b, 32);
    b1 = v128.load(b, 48);
    w = v128.load_splat<i32>(a, 0);
    c00 = i32x4.add(c00, i32x4.dot_i16x8_s(w, b0));
    c01 = i32x4.add(c01, i32x4.dot_i16x8_s(w, b1));
    w = v128.load_splat<i32>(a, 4);
    c10 = i32x4.add(c10, i32x4.dot_i16x8_s(w, b0));
    c11 = i32x4.add(c11, i32x4.dot_i16x8_s(w, b1));
    if (k == -3) break;
    w = v128.load_splat<i32>(a, 8);
    c20 = i32x4.add(c20, i32x4.dot_i16x8_s(w, b0));
    c21 = i32x4.add(c21, i32x4.dot_i16x8_s(w, b1));
    w = v128.load_splat<i32>(a, 12);
    c30 = i32x4.add(c30, i32x4.dot_i16x8_s(w, b0));
    c31 = i32x4.add(c31, i32x4.dot_i16x8_s(w, b1));
    a += 16;
    if (k == -4) break;
    b0 = v128.load(b, 64);
    b1 = v128.load(b, 80);
    w = v128.load_splat<i32>(a, 0);
    c00 = i32x4.add(c00, i32x4.dot_i16x8_s(w, b0));
    c01 = i32x4.add(c01, i32x4.dot_i16x8_s(w, b1));
    w = v128.load_splat<i32>(a, 4);
    c10 = i32x4.add(c10, i32x4.dot_i16x8_s(w, b0));
    c11 = i32x4.add(c11, i32x4.dot_i16x8_s(w, b1));
    if (k == -5) break;
    w = v128.load_splat<i32>(a, 8);
    c20 = i32x4.add(c20, i32x4.dot_i16x8_s(w, b0));
    c21 = i32x4.add(c21, i32x4.dot_i16x8_s(w, b1));
    w = v128.load_splat<i32>(a, 12);
    c30 = i32x4.add(c30, i32x4.dot_i16x8_s(w, b0));
    c31 = i32x4.add(c31, i32x4.dot_i16x8_s(w, b1));
    a += 16;
    if (k == -6) break;
    b0 = v128.load(b, 96);
    b1 = v128.load(b, 112);
    w = v128.load_splat<i32>(a, 0);
    c00 = i32x4.add(c00, i32x4.dot_i16x8_s(w, b0));
    c01 = i32x4.add(c01, i32x4.dot_i16x8_s(w, b1));
    w = v128.load_splat<i32>(a, 4);
    c10 = i32x4.add(c10, i32x4.dot_i16x8_s(w, b0));
    c11 = i32x4.add(c11, i32x4.dot_i16x8_s(w, b1));
    if (k == -7) break;
    w = v128.load_splat<i32>(a, 8);
    c20 = i32x4.add(c20, i32x4.dot_i16x8_s(w, b0));
    c21 = i32x4.add(c21, i32x4.dot_i16x8_s(w, b1));
    w = v128.load_splat<i32>(a, 12);
    c30 = i32x4.add(c30, i32x4.dot_i16x8_s(w, b0));
    c31 = i32x4.add(c31, i32x4.dot_i16x8_s(w, b1));
    a += 16;
    b += 128;
    k--;
  }
  k = pairs % 4;
  while (k > 0) {
    b0 = v128.load(b, 0);
    b1 = v128.load(b, 16);
    w = v128.load_splat<i32>(a, 0);
    c00 = i32x4.add(c00, i32x4.dot_i16x8_s(w, b0));
    c01 = i32x4.add(c01, i32x4.dot_i16x8_s(w, b1));
    w = v128.load_splat<i32>(a, 4);
    c10 = i32x4.add(c10, i32x4.dot_i16x8_s(w, b0));
    c11 = i32x4.add(c11, i32x4.dot_i16x8_s(w, b1));
    if (k == -8) break;
    w = v128.load_splat<i32>(a, 8);
    c20 = i32x4.add(c20, i32x4.dot_i16x8_s(w, b0));
    c21 = i32x4.add(c21, i32x4.dot_i16x8_s(w, b1));
    w = v128.load_splat<i32>(a, 12);
    c30 = i32x4.add(c30, i32x4.dot_i16x8_s(w, b0));
    c31 = i32x4.add(c31, i32x4.dot_i16x8_s(w, b1));
    a += 16;
    b += 32;
    k--;
  }

  store8(
    c + <usize>min(3, rows - 1) * ldc,
    columns,
    requantize(c30, t + 32, range),
    requantize(c31, t + 48, range),
    range,
  );
  t -= step;
  store8(
    c + <usize>min(2, rows - 1) * ldc,
    columns,
    requantize(c20, t + 32, range),
    requantize(c21, t + 48, range),
    range,
  );
  t -= step;
  store8(
    c + <usize>min(1, rows - 1) * ldc,
    columns,
    requantize(c10, t + 32, range),
    requantize(c11, t + 48, range),
    range,
  );
  t -= step;
  store8(c, columns, requantize(c00, t + 32, range), requantize(c01, t + 48, range), range);
}
