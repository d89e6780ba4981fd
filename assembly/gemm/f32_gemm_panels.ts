/**
 * The macro-kernel: C[m][n] = clamp(start + A[m][kc] B[kc][n]) for one block of k, from packed panels.
 *
 * A panel of b stays in the first-level cache while all panels of a pass by. Where 4 columns remain, kernels of half the
 * width do. Where it is another number below 8, or where fewer than a panel's rows remain, the micro-kernel works on a
 * temporary tile whose valid part is copied.
 *
 * Preconditions (asserted by the products that call this): m, n and kc are at least 1.
 */
import {
  packedRows,
  SHORT,
  START_LOAD,
  START_SPLAT,
  START_ZERO,
  shortPanels,
  TALL,
  TILE_BYTES,
  tallPanels,
} from './blocking';
import { f32_gemm_4x4 } from './f32_gemm_4x4';
import { f32_gemm_4x8 } from './f32_gemm_4x8';
import { f32_gemm_5x4 } from './f32_gemm_5x4';
import { f32_gemm_5x8 } from './f32_gemm_5x8';

/** Panels of a that meet all of b before the next do: 240 rows of 384 steps are 360 KiB of second-level cache. */
const PANELS: i32 = 48;

/**
 * @param a one block of f32_pack_a
 * @param b one block of f32_pack_b
 * @param c first element, rows ldc bytes apart
 * @param start START_ZERO; START_LOAD, from s (rows lds bytes apart: c itself to accumulate, a row with lds = 0 for a
 *   bias by column); START_SPLAT, from s[row], a bias by row
 * @param tile TILE_BYTES of scratch
 */
export function f32_gemm_panels(
  m: i32,
  n: i32,
  kc: i32,
  a: usize,
  b: usize,
  c: usize,
  ldc: usize,
  start: i32,
  s: usize,
  lds: usize,
  lo: f32,
  hi: f32,
  tile: usize,
): void {
  const talls = tallPanels(m);
  const panels = talls + shortPanels(m);
  // Panels whose rows all exist: a last panel of 4 may have fewer.
  const whole = packedRows(m) == m ? panels : panels - 1;
  // From one row to the next: s moves by rows of a matrix, or by elements of a bias by row.
  const sRow = start == START_SPLAT ? <usize>4 : lds;
  for (let first = 0; first < panels; first += PANELS) {
    const end = min(panels, first + PANELS);
    for (let j = 0; j < n; j += 8) {
      const columns = min(8, n - j);
      const column = (<usize>j) << 2;
      const bp = b + <usize>kc * column;
      for (let panel = first; panel < end; ) {
        const tall = panel < talls;
        const row = tall ? panel * TALL : panel * SHORT + talls;
        const ap = a + ((<usize>kc * <usize>row) << 2);
        const cp = c + <usize>row * ldc + column;
        const sp = s + <usize>row * sRow + (start == START_LOAD ? column : 0);
        if ((columns < 8 && columns != 4) || panel == whole) {
          const height = tall ? TALL : SHORT;
          edge(height, min(height, m - row), columns, kc, ap, bp, cp, ldc, start, sp, lds, lo, hi, tile);
          panel++;
        } else {
          const next = min(end, tall ? talls : whole);
          if (columns == 4) {
            if (tall) f32_gemm_5x4(next - panel, kc, ap, bp, cp, ldc, start, sp, lds, lo, hi);
            else f32_gemm_4x4(next - panel, kc, ap, bp, cp, ldc, start, sp, lds, lo, hi);
          } else if (tall) f32_gemm_5x8(next - panel, kc, ap, bp, cp, ldc, start, sp, lds, lo, hi);
          else f32_gemm_4x8(next - panel, kc, ap, bp, cp, ldc, start, sp, lds, lo, hi);
          panel = next;
        }
      }
    }
  }
}

/** One tile of which only rows x columns exist. */
function edge(
  height: i32,
  rows: i32,
  columns: i32,
  kc: i32,
  a: usize,
  b: usize,
  c: usize,
  ldc: usize,
  start: i32,
  s: usize,
  lds: usize,
  lo: f32,
  hi: f32,
  tile: usize,
): void {
  const width = (<usize>columns) << 2;
  if (start != START_ZERO) {
    memory.fill(tile, 0, TILE_BYTES);
    for (let i: usize = 0; i < <usize>rows; i++) {
      for (let j: usize = 0; j < width; j += 4) {
        const from = start == START_LOAD ? s + i * lds + j : s + (i << 2);
        store<f32>(tile + (i << 5) + j, load<f32>(from));
      }
    }
    start = START_LOAD;
  }
  if (height == TALL) f32_gemm_5x8(1, kc, a, b, tile, 32, start, tile, 32, lo, hi);
  else f32_gemm_4x8(1, kc, a, b, tile, 32, start, tile, 32, lo, hi);
  for (let i: usize = 0; i < <usize>rows; i++) {
    for (let j: usize = 0; j < width; j += 4) store<f32>(c + j, load<f32>(tile + (i << 5) + j));
    c += ldc;
  }
}
