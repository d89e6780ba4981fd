/** What steps 5 and 6 share: packing both operands into panels, and the tile that stands in at the edges. See 5_packed. */

/** Bytes of a 5x8 tile. */
export const TILE_BYTES: usize = 5 * 8 * 4;

/** Panels of 5 rows that m rows make; the last may be padded. */
export function panelsOfRows(m: i32): usize {
  return <usize>((m + 4) / 5);
}

/** Bytes of scratch that steps 5 and 6 need: a tile, packed A, packed B. */
export function ladder_scratch(m: i32, n: i32, k: i32): usize {
  return TILE_BYTES + <usize>k * (panelsOfRows(m) * 20 + ((<usize>((n + 7) >> 3)) << 5));
}

/** A f32 [m][k] to panels of 5 rows, the values of one step side by side; rows from m on are zeros. */
export function packRows(m: i32, k: i32, a: usize, to: usize): void {
  const lda = (<usize>k) << 2;
  for (let i = 0; i < m; i += 5) {
    for (let l: usize = 0; l < lda; l += 4) {
      for (let r = 0; r < 5; r++) {
        store<f32>(to, i + r < m ? load<f32>(a + <usize>(i + r) * lda + l) : 0);
        to += 4;
      }
    }
  }
}

/** B f32 [k][n] to panels of 8 columns, the values of one step side by side; columns from n on are zeros. */
export function packColumns(n: i32, k: i32, b: usize, to: usize): void {
  const ldb = (<usize>n) << 2;
  for (let j = 0; j < n; j += 8) {
    let from = b + ((<usize>j) << 2);
    for (let l = 0; l < k; l++) {
      if (j + 8 <= n) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
      } else {
        for (let i = 0; i < 8; i++) {
          store<f32>(to + ((<usize>i) << 2), j + i < n ? load<f32>(from + ((<usize>i) << 2)) : 0);
        }
      }
      from += ldb;
      to += 32;
    }
  }
}

/** The first rows x columns of a tile to c, whose rows are ldc bytes apart. */
export function copyTile(rows: i32, columns: i32, tile: usize, c: usize, ldc: usize): void {
  for (let i = 0; i < rows; i++) {
    for (let j: usize = 0; j < (<usize>columns) << 2; j += 4) store<f32>(c + j, load<f32>(tile + j));
    tile += 32;
    c += ldc;
  }
}
