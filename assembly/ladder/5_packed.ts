/**
 * Step 5, packing: both operands are first copied into the order in which the tile of step 4 reads them.
 *
 * Idea: sort once, read often. A becomes panels of 5 rows, B panels of 8 columns; within a panel the values of one l lie
 * side by side:
 *
 *   A, rows 0-4:      l=0: a00 a10 a20 a30 a40 | l=1: a01 a11 a21 a31 a41 | ...      20 bytes a step
 *   B, columns 0-7:   l=0: b00 b01 ... b07     | l=1: b10 b11 ... b17     | ...      32 bytes a step
 *
 * Why it helps: the tile reads two straight lines instead of six places that are whole rows apart. One pointer and
 * constant offsets address all of it, no cache line is used in part, and the sums stay in their registers. Packing
 * costs a copy of m k + k n values for m n k multiply-adds. A panel of B (16 KiB at k = 512) stays in the first-level
 * cache while all panels of A pass by.
 *
 * Edges: missing rows and columns are packed as zeros, computed on a tile in scratch, and the part that exists is copied.
 *
 * @param scratch ladder_scratch(m, n, k) bytes
 */
import { copyTile, packColumns, packRows, panelsOfRows, TILE_BYTES } from './panels';

export function f32_gemm_5_packed(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  b: usize,
  c: usize,
  scratch: usize,
): void {
  assert(m > 0 && n > 0 && k > 0);
  const ldc = (<usize>n) << 2;
  const panelOfA = <usize>k * 20;
  const panelOfB = (<usize>k) << 5;
  const bottom = scratch + TILE_BYTES;
  const right = bottom + panelsOfRows(m) * panelOfA;
  packRows(m, k, a, bottom);
  packColumns(n, k, b, right);
  let bp = right;
  for (let j = 0; j < n; j += 8) {
    let ap = bottom;
    for (let i = 0; i < m; i += 5) {
      const to = c + <usize>i * ldc + ((<usize>j) << 2);
      if (i + 5 <= m && j + 8 <= n) tile(k, ap, bp, to, ldc);
      else {
        tile(k, ap, bp, scratch, 32);
        copyTile(min(5, m - i), min(8, n - j), scratch, to, ldc);
      }
      ap += panelOfA;
    }
    bp += panelOfB;
  }
}

/** C[5][8] at c, rows ldc bytes apart, from a panel of each. */
function tile(k: i32, a: usize, b: usize, c: usize, ldc: usize): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = f32x4.splat(0);
  let c11 = c10;
  let c20 = f32x4.splat(0);
  let c21 = c20;
  let c30 = f32x4.splat(0);
  let c31 = c30;
  let c40 = f32x4.splat(0);
  let c41 = c40;
  let b0: v128, b1: v128, r: v128;
  for (let steps = k; steps > 0; steps--) {
    b0 = v128.load(b, 0);
    b1 = v128.load(b, 16);
    r = v128.load_splat<f32>(a, 0);
    c00 = f32x4.add(c00, f32x4.mul(r, b0));
    c01 = f32x4.add(c01, f32x4.mul(r, b1));
    r = v128.load_splat<f32>(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(r, b0));
    c11 = f32x4.add(c11, f32x4.mul(r, b1));
    r = v128.load_splat<f32>(a, 8);
    c20 = f32x4.add(c20, f32x4.mul(r, b0));
    c21 = f32x4.add(c21, f32x4.mul(r, b1));
    r = v128.load_splat<f32>(a, 12);
    c30 = f32x4.add(c30, f32x4.mul(r, b0));
    c31 = f32x4.add(c31, f32x4.mul(r, b1));
    r = v128.load_splat<f32>(a, 16);
    c40 = f32x4.add(c40, f32x4.mul(r, b0));
    c41 = f32x4.add(c41, f32x4.mul(r, b1));
    a += 20;
    b += 32;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  c += ldc;
  v128.store(c, c10);
  v128.store(c, c11, 16);
  c += ldc;
  v128.store(c, c20);
  v128.store(c, c21, 16);
  c += ldc;
  v128.store(c, c30);
  v128.store(c, c31, 16);
  c += ldc;
  v128.store(c, c40);
  v128.store(c, c41, 16);
}
