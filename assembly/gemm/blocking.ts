/**
 * How a product is cut into blocks. The cut, and with it the order of summation, depends on the shape alone.
 *
 * - rows of C go into panels of 5 and 4 rows, m = 5a + 4b, so that few rows are padding;
 * - columns of C go into panels of 8;
 * - the sum over k is cut into equal blocks of at most KC steps: a panel of b (KC * 8 floats, 12 KiB) and one of a then
 *   stay in the first-level cache.
 */

/** What a micro-kernel's accumulators begin with. */
export const START_ZERO: i32 = 0;
export const START_LOAD: i32 = 1;
export const START_SPLAT: i32 = 2;

/** Most steps of k in one block. */
const KC: i32 = 384;

/** Rows of a tall panel. */
export const TALL: i32 = 5;
/** Rows of a short panel. */
export const SHORT: i32 = 4;

/** Bytes a temporary 5x8 tile takes. */
export const TILE_BYTES: usize = 5 * 8 * 4;

/** How many panels of 4 rows m rows have: the fewest that leave a multiple of 5; all if there is no such number (1, 2, 3, 6, 7, 11). */
export function shortPanels(m: i32): i32 {
  const fours = (5 - (m % 5)) % 5;
  return fours * SHORT <= m ? fours : (m + 3) / 4;
}

/** How many panels of 5 rows m rows have. */
export function tallPanels(m: i32): i32 {
  const rest = m - shortPanels(m) * SHORT;
  return rest > 0 ? rest / TALL : 0;
}

/** Rows of the packed matrix: m, and padding where m is not 5a + 4b. */
export function packedRows(m: i32): i32 {
  return tallPanels(m) * TALL + shortPanels(m) * SHORT;
}

/** Steps of every block of k but the last, which may be shorter. */
export function blockOfK(k: i32): i32 {
  const blocks = (k + KC - 1) / KC;
  return ((k + blocks - 1) / blocks + 3) & ~3;
}
