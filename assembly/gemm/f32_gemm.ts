/**
 * C[m][n] = clamp(start + op(A) op(B)): the packed product after Goto and van de Geijn, "Anatomy of high-performance
 * matrix multiplication" (2008), with the micro-kernel of BLIS (Van Zee and van de Geijn 2015).
 *
 *   pack all of A (or take it packed)
 *   for each block of k:
 *     for each block of NC columns: pack B's block, then the macro-kernel
 *
 * The packed block of b and the rows of a that meet it stay in the second-level cache.
 *
 * Preconditions: m, n and k are at least 1; rows do not overlap. Not asserted: c overlaps neither a nor b.
 */
import { blockOfK, packedRows, START_LOAD, START_ZERO, TILE_BYTES } from './blocking';
import { f32_gemm_panels } from './f32_gemm_panels';
import { f32_pack_a, f32_pack_a_bytes } from './f32_pack_a';
import { f32_pack_b, f32_pack_b_bytes, f32_pack_b_transposed } from './f32_pack_b';

/** Columns of B packed at a time. */
const NC: i32 = 96;

/** Scratch of f32_gemm: packed A, a block of packed B, a tile. */
export function f32_gemm_scratch(m: i32, n: i32, k: i32): usize {
  return f32_pack_a_bytes(m, k) + f32_gemm_packed_scratch(n, k);
}

/** Scratch of f32_gemm_packed: a block of packed B, a tile. */
export function f32_gemm_packed_scratch(n: i32, k: i32): usize {
  return f32_pack_b_bytes(min(n, NC), blockOfK(k)) + TILE_BYTES;
}

/**
 * @param a f32 [m][k], or [k][m] if transA; its rows begin lda floats apart
 * @param b f32 [k][n], or [n][k] if transB; ldb likewise
 * @param c f32 [m][n]; ldc likewise
 * @param accumulate whether C is added to
 * @param scratch f32_gemm_scratch(m, n, k) bytes
 */
export function f32_gemm(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  lda: usize,
  b: usize,
  ldb: usize,
  c: usize,
  ldc: usize,
  transA: bool,
  transB: bool,
  accumulate: bool,
  scratch: usize,
): void {
  assert(m > 0 && n > 0 && k > 0);
  assert(lda >= <usize>(transA ? m : k) && ldb >= <usize>(transB ? k : n) && ldc >= <usize>n);
  f32_pack_a(m, k, a, lda << 2, transA, scratch);
  const start = accumulate ? START_LOAD : START_ZERO;
  const rest = scratch + f32_pack_a_bytes(m, k);
  const row = ldc << 2;
  f32_gemm_packed(m, n, k, scratch, b, ldb << 2, transB, c, row, start, c, row, -Infinity, Infinity, rest);
}

/**
 * The same from a packed A, with the start and the clamp of the macro-kernel.
 * @param scratch f32_gemm_packed_scratch(n, k) bytes
 */
export function f32_gemm_packed(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  b: usize,
  ldb: usize,
  transB: bool,
  c: usize,
  ldc: usize,
  start: i32,
  s: usize,
  lds: usize,
  lo: f32,
  hi: f32,
  scratch: usize,
): void {
  const step = blockOfK(k);
  const tile = scratch + f32_pack_b_bytes(min(n, NC), step);
  const rowsOfA = (<usize>packedRows(m)) << 2;
  for (let k0 = 0; k0 < k; k0 += step) {
    const kc = min(step, k - k0);
    const last = k0 + kc == k;
    for (let j = 0; j < n; j += NC) {
      const nc = min(NC, n - j);
      const column = (<usize>j) << 2;
      if (transB) f32_pack_b_transposed(nc, kc, b + <usize>j * ldb + ((<usize>k0) << 2), ldb, scratch);
      else f32_pack_b(nc, kc, b + <usize>k0 * ldb + column, ldb, scratch);
      f32_gemm_panels(
        m,
        nc,
        kc,
        a + <usize>k0 * rowsOfA,
        scratch,
        c + column,
        ldc,
        k0 == 0 ? start : START_LOAD,
        k0 == 0 ? (start == START_LOAD ? s + column : s) : c + column,
        k0 == 0 ? lds : ldc,
        last ? lo : -Infinity,
        last ? hi : Infinity,
        tile,
      );
    }
  }
}
