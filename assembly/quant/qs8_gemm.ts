/**
 * What the int8 GEMM's two users, convolution and linear, share: how rows are cut into panels, how the table of biases and
 * multipliers looks, and the loop over the panels of A for one panel of B.
 *
 * Rows are cut into panels of 5 and of 4, so that every M >= 12 (and most below) is 5a + 4b and no row is computed for
 * nothing. The panels of 5 come first.
 *
 *   m = 14:   | 5 rows | 5 rows | 4 rows |      panel of A: [pairs][5 or 4][2] i16, see qs8_gemm_5x8 and qs8_gemm_4x8
 *
 * Preconditions: pairs, m and columns are at least 1, columns at most 8.
 */
import { qs8_gemm_4x8 } from './qs8_gemm_4x8';
import { qs8_gemm_5x8 } from './qs8_gemm_5x8';

/** How many panels of 5 rows `m` rows are cut into; the rest are panels of 4, the last of which may be incomplete. */
export function qs8_fives(m: i32): i32 {
  const fours = (5 - (m % 5)) % 5;
  return m >= 4 * fours ? (m - 4 * fours) / 5 : 0;
}

/**
 * Table for rows that are output channels: [m][8 x bias i32, 8 x multiplier f32], each repeated over the 8 columns.
 * bias may be 0 (none).
 */
export function qs8_table_rows(table: usize, m: i32, bias: usize, multiplier: usize): void {
  for (let i = 0; i < m; i++) {
    const b = bias != 0 ? v128.load_splat<i32>(bias + ((<usize>i) << 2)) : i32x4.splat(0);
    const f = v128.load_splat<f32>(multiplier + ((<usize>i) << 2));
    v128.store(table, b);
    v128.store(table, b, 16);
    v128.store(table, f, 32);
    v128.store(table, f, 48);
    table += 64;
  }
}

/** Table for columns that are outputs: [n / 8][8 x bias i32, 8 x multiplier f32]; columns past n get zeros. */
export function qs8_table_columns(table: usize, n: i32, bias: usize, multiplier: usize): void {
  memory.fill(table, 0, ((<usize>n + 7) >> 3) << 6);
  for (let j = 0; j < n; j++) {
    const at = table + ((<usize>j >> 3) << 6) + ((<usize>j & 7) << 2);
    const offset = (<usize>j) << 2;
    if (bias != 0) store<i32>(at, load<i32>(bias + offset));
    store<f32>(at, load<f32>(multiplier + offset), 32);
  }
}

/** One panel of B (8 columns) times all m rows of A. `step` is the table's stride between rows: 64, or 0 if rows share it. */
export function qs8_gemm_column(
  pairs: i32,
  a: usize,
  m: i32,
  b: usize,
  c: usize,
  ldc: usize,
  columns: i32,
  table: usize,
  step: usize,
  range: usize,
): void {
  assert(pairs > 0 && m > 0 && columns > 0 && columns <= 8);
  const fives = qs8_fives(m);
  const panel = (<usize>pairs) << 2;
  for (let i = 0; i < fives; i++) {
    qs8_gemm_5x8(pairs, a, b, c, ldc, 5, columns, table, step, range);
    a += 5 * panel;
    c += 5 * ldc;
    table += 5 * step;
  }
  for (let row = 5 * fives; row < m; row += 4) {
    qs8_gemm_4x8(pairs, a, b, c, ldc, min(4, m - row), columns, table, step, range);
    a += 4 * panel;
    c += 4 * ldc;
    table += 4 * step;
  }
}
