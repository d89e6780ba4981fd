/**
 * Step 6 without its cure: step 5 with four steps of l in one turn of the loop, the same arithmetic in the same order.
 *
 * Idea: fewer turns, less counting and jumping. In C this is faster. Here it is a trap, kept so that it can be measured.
 *
 * Why it is slower: V8 orders the instructions between two jumps itself. It keeps the loads in their order, but moves
 * multiplications and additions down, to the end. In this long straight piece all 28 loads then come first, and the
 * values loaded do not fit into 15 registers: they are written to memory ("spilled") and read back. See 6_barriers.
 * Newer engines do better (Node 24's spills a third as much), but still lose by it.
 *
 * @param scratch ladder_scratch(m, n, k) bytes
 */
import { copyTile, packColumns, packRows, panelsOfRows, TILE_BYTES } from './panels';

export function f32_gemm_6_without_barriers(
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
  let steps = k >> 2;
  while (steps > 0) {
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
    b0 = v128.load(b, 32);
    b1 = v128.load(b, 48);
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
    b0 = v128.load(b, 64);
    b1 = v128.load(b, 80);
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
    b0 = v128.load(b, 96);
    b1 = v128.load(b, 112);
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
    b += 128;
    steps--;
  }
  for (let rest = k & 3; rest > 0; rest--) {
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
