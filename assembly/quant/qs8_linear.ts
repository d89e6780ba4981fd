/**
 * int8 linear layer over a batch as a GEMM: rows are samples, columns are outputs.
 *
 *   y[n][o] = requantize(bias[o] + sum over i of (x[n][i] - zeroX) * weight[o][i])
 *
 * `weight`: i8 panels of 8 outputs, pairs of inputs interleaved, [o / 8][pairs][8][2]: half the bytes of i16, which is what a
 * single sample (qs8_gemv) has to stream. Here each panel is widened into `panel` (first-level cache, 32 * pairs bytes) and
 * used by all rows of a block; the rows, packed once per block into `rows` (4 * pairs bytes a row, up to a multiple of 4), come
 * from the second level. `blockRows` is a multiple of 20, so that only the last block has an incomplete panel.
 *
 * Preconditions: n, inputs and outputs are at least 1; blockRows is a multiple of 20.
 */
import { qs8_fives, qs8_gemm_column } from './qs8_gemm';
import { qs8_pack_rows } from './qs8_pack_rows';

export function qs8_linear(
  x: usize,
  n: i32,
  inputs: i32,
  zeroX: i32,
  weight: usize,
  outputs: i32,
  y: usize,
  table: usize,
  range: usize,
  rows: usize,
  blockRows: i32,
  panel: usize,
): void {
  assert(n > 0 && inputs > 0 && outputs > 0 && blockRows % 20 == 0);
  const pairs = (inputs + 1) >> 1;
  for (let first = 0; first < n; first += blockRows) {
    const m = min(blockRows, n - first);
    packBlock(x + <usize>first * <usize>inputs, m, inputs, zeroX, rows);
    let w = weight;
    let c = y + <usize>first * <usize>outputs;
    let t = table;
    for (let o = 0; o < outputs; o += 8) {
      widen(w, pairs, panel);
      w += (<usize>pairs) << 4;
      qs8_gemm_column(pairs, rows, m, panel, c, <usize>outputs, min(8, outputs - o), t, 0, range);
      c += 8;
      t += 64;
    }
  }
}

/** A panel of 8 outputs, i8 to i16. */
function widen(w: usize, pairs: i32, panel: usize): void {
  let i = 0;
  for (; i + 4 <= pairs; i += 4) {
    v128.store(panel, v128.load_ext<i8>(w));
    v128.store(panel, v128.load_ext<i8>(w, 8), 16);
    v128.store(panel, v128.load_ext<i8>(w, 16), 32);
    v128.store(panel, v128.load_ext<i8>(w, 24), 48);
    v128.store(panel, v128.load_ext<i8>(w, 32), 64);
    v128.store(panel, v128.load_ext<i8>(w, 40), 80);
    v128.store(panel, v128.load_ext<i8>(w, 48), 96);
    v128.store(panel, v128.load_ext<i8>(w, 56), 112);
    w += 64;
    panel += 128;
  }
  for (; i < pairs; i++) {
    v128.store(panel, v128.load_ext<i8>(w));
    v128.store(panel, v128.load_ext<i8>(w, 8), 16);
    w += 16;
    panel += 32;
  }
}

function packBlock(x: usize, m: i32, inputs: i32, zeroX: i32, rows: usize): void {
  const bytes = (<usize>((inputs + 1) >> 1)) << 2;
  const fives = qs8_fives(m);
  for (let i = 0; i < fives; i++) {
    qs8_pack_rows(x, 5, 5, inputs, zeroX, rows);
    x += 5 * <usize>inputs;
    rows += 5 * bytes;
  }
  for (let row = 5 * fives; row < m; row += 4) {
    qs8_pack_rows(x, 4, min(4, m - row), inputs, zeroX, rows);
    x += 4 * <usize>inputs;
    rows += 4 * bytes;
  }
}
