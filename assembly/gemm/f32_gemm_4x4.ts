/**
 * The 4x4 micro-kernel: C[4][4] = start + A[4][k] B[k][4] for `panels` panels of A. It stands in for f32_gemm_4x8 where
 * only the first four columns of a panel of b exist, so that half a panel costs little more than half the time. Same
 * packed layout, same order of summation, same bits.
 *
 * 4 accumulators, fewer than the 6 additions that a core has under way at once, so it reaches some five sixths of the
 * rate. The `if (steps == -1) break` are explained in f32_gemm_5x8.
 *
 * Packed layout, that of f32_gemm_4x8; the columns marked - are there, and not read:
 *   a, a panel of 4 rows, k-major:    k=0: a00 a10 a20 a30 | k=1: a01 a11 a21 a31 | ...
 *   b, a panel of 8 columns, k-major: k=0: b00 b01 b02 b03 - - - - | k=1: b10 b11 b12 b13 - - - - | ...
 *
 * Preconditions: panels and k are at least 1; the tile of 4 rows of 4 elements at c is wholly writable.
 */
import { START_SPLAT, START_ZERO } from './blocking';

/** Parameters as those of f32_gemm_4x8; rows of c and s are 4 elements long. */
export function f32_gemm_4x4(
  panels: i32,
  k: i32,
  a: usize,
  b: usize,
  c: usize,
  ldc: usize,
  start: i32,
  s: usize,
  lds: usize,
  lo: f32,
  hi: f32,
): void {
  assert(panels > 0 && k > 0);
  const clamps = lo > -Infinity || hi < Infinity;
  for (; panels > 0; panels--) {
    let c0 = f32x4.splat(0);
    let c1 = f32x4.splat(0);
    let c2 = f32x4.splat(0);
    let c3 = f32x4.splat(0);
    if (start == START_SPLAT) {
      c0 = v128.load_splat<f32>(s, 0);
      c1 = v128.load_splat<f32>(s, 4);
      c2 = v128.load_splat<f32>(s, 8);
      c3 = v128.load_splat<f32>(s, 12);
      s += 16;
    } else if (start != START_ZERO) {
      c0 = v128.load(s);
      s += lds;
      c1 = v128.load(s);
      s += lds;
      c2 = v128.load(s);
      s += lds;
      c3 = v128.load(s);
      s += lds;
    }
    let b0: v128;
    let bk = b;
    let steps = k >> 2;
    while (steps > 0) {
      b0 = v128.load(bk, 0);
      c0 = f32x4.add(c0, f32x4.mul(v128.load_splat<f32>(a, 0), b0));
      c1 = f32x4.add(c1, f32x4.mul(v128.load_splat<f32>(a, 4), b0));
      c2 = f32x4.add(c2, f32x4.mul(v128.load_splat<f32>(a, 8), b0));
      c3 = f32x4.add(c3, f32x4.mul(v128.load_splat<f32>(a, 12), b0));
      a += 16;
      if (steps == -1) break;
      b0 = v128.load(bk, 32);
      c0 = f32x4.add(c0, f32x4.mul(v128.load_splat<f32>(a, 0), b0));
      c1 = f32x4.add(c1, f32x4.mul(v128.load_splat<f32>(a, 4), b0));
      c2 = f32x4.add(c2, f32x4.mul(v128.load_splat<f32>(a, 8), b0));
      c3 = f32x4.add(c3, f32x4.mul(v128.load_splat<f32>(a, 12), b0));
      a += 16;
      if (steps == -2) break;
      b0 = v128.load(bk, 64);
      c0 = f32x4.add(c0, f32x4.mul(v128.load_splat<f32>(a, 0), b0));
      c1 = f32x4.add(c1, f32x4.mul(v128.load_splat<f32>(a, 4), b0));
      c2 = f32x4.add(c2, f32x4.mul(v128.load_splat<f32>(a, 8), b0));
      c3 = f32x4.add(c3, f32x4.mul(v128.load_splat<f32>(a, 12), b0));
      a += 16;
      if (steps == -3) break;
      b0 = v128.load(bk, 96);
      c0 = f32x4.add(c0, f32x4.mul(v128.load_splat<f32>(a, 0), b0));
      c1 = f32x4.add(c1, f32x4.mul(v128.load_splat<f32>(a, 4), b0));
      c2 = f32x4.add(c2, f32x4.mul(v128.load_splat<f32>(a, 8), b0));
      c3 = f32x4.add(c3, f32x4.mul(v128.load_splat<f32>(a, 12), b0));
      a += 16;
      bk += 128;
      steps--;
    }
    for (let rest = k & 3; rest > 0; rest--) {
      b0 = v128.load(bk, 0);
      c0 = f32x4.add(c0, f32x4.mul(v128.load_splat<f32>(a, 0), b0));
      c1 = f32x4.add(c1, f32x4.mul(v128.load_splat<f32>(a, 4), b0));
      c2 = f32x4.add(c2, f32x4.mul(v128.load_splat<f32>(a, 8), b0));
      c3 = f32x4.add(c3, f32x4.mul(v128.load_splat<f32>(a, 12), b0));
      a += 16;
      bk += 32;
    }
    if (clamps) {
      const low = f32x4.splat(lo);
      const high = f32x4.splat(hi);
      c0 = f32x4.pmin(f32x4.pmax(c0, low), high);
      c1 = f32x4.pmin(f32x4.pmax(c1, low), high);
      c2 = f32x4.pmin(f32x4.pmax(c2, low), high);
      c3 = f32x4.pmin(f32x4.pmax(c3, low), high);
    }
    v128.store(c, c0);
    c += ldc;
    v128.store(c, c1);
    c += ldc;
    v128.store(c, c2);
    c += ldc;
    v128.store(c, c3);
    c += ldc;
  }
}
