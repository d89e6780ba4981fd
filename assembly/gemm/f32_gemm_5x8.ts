/**
 * The 5x8 micro-kernel: the innermost loop of every dense f32 product. C[5][8] = start + A[5][k] B[k][8],
 * for `panels` panels of A that lie one behind the other, all against the same panel of B.
 *
 * Packed layout, both operands read front to back:
 *   a, a panel of 5 rows, k-major:    k=0: a00 a10 a20 a30 a40 | k=1: a01 a11 a21 a31 a41 | ...
 *   b, a panel of 8 columns, k-major: k=0: b00 b01 ... b07 | k=1: b10 b11 ... b17 | ...
 *
 * Registers: 10 accumulators (5 rows of two f32x4), two for a row of b, one for the splat of a; WebAssembly engines on
 * x86-64 have 15. V8 keeps loads in order but sinks arithmetic to the end of a basic block, which would hoist the loads
 * of all unrolled steps and spill; the `if (steps == -1) break`, never taken as steps counts down to 0, end the block. Each has
 * a constant of its own so that they are not folded into one. `a` moves every step because a splat load's constant
 * offset costs an instruction.
 *
 * Edges: none. Callers point c at a temporary tile where less than 5 x 8 is wanted.
 *
 * Preconditions: panels and k are at least 1; the tile at c is wholly writable.
 */
import { START_SPLAT, START_ZERO } from './blocking';

/**
 * @param panels panels of a, >= 1, each for the next 5 rows of c
 * @param k steps, >= 1
 * @param c first element of the tile, rows ldc bytes apart
 * @param start what the accumulators begin with: START_ZERO; START_LOAD, the 8 elements at s + row * lds; START_SPLAT,
 *   the one element at s + row * 4
 * @param lo @param hi bounds applied at the end; -Infinity and Infinity for none. NaN stays NaN.
 */
export function f32_gemm_5x8(
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
    if (start == START_SPLAT) {
      c00 = v128.load_splat<f32>(s, 0);
      c01 = c00;
      c10 = v128.load_splat<f32>(s, 4);
      c11 = c10;
      c20 = v128.load_splat<f32>(s, 8);
      c21 = c20;
      c30 = v128.load_splat<f32>(s, 12);
      c31 = c30;
      c40 = v128.load_splat<f32>(s, 16);
      c41 = c40;
      s += 20;
    } else if (start != START_ZERO) {
      c00 = v128.load(s);
      c01 = v128.load(s, 16);
      s += lds;
      c10 = v128.load(s);
      c11 = v128.load(s, 16);
      s += lds;
      c20 = v128.load(s);
      c21 = v128.load(s, 16);
      s += lds;
      c30 = v128.load(s);
      c31 = v128.load(s, 16);
      s += lds;
      c40 = v128.load(s);
      c41 = v128.load(s, 16);
      s += lds;
    }
    let b0: v128;
    let b1: v128;
    let r: v128;
    let bk = b;
    let steps = k >> 2;
    while (steps > 0) {
      b0 = v128.load(bk, 0);
      b1 = v128.load(bk, 16);
      r = v128.load_splat<f32>(a, 0);
      c00 = f32x4.add(c00, f32x4.mul(r, b0));
      c01 = f32x4.add(c01, f32x4.mul(r, b1));
      r = v128.load_splat<f32>(a, 4);
      c10 = f32x4.add(c10, f32x4.mul(r, b0));
      c11 = f32x4.add(c11, f32x4.mul(r, b1));
      if (steps == -1) break;
      r = v128.load_splat<f32>(a, 8);
      c20 = f32x4.add(c20, f32x4.mul(r, b0));
      c21 = f32x4.add(c21, f32x4.mul(r, b1));
      r = v128.load_splat<f32>(a, 12);
      c30 = f32x4.add(c30, f32x4.mul(r, b0));
      c31 = f32x4.add(c31, f32x4.mul(r, b1));
      if (steps == -2) break;
      r = v128.load_splat<f32>(a, 16);
      c40 = f32x4.add(c40, f32x4.mul(r, b0));
      c41 = f32x4.add(c41, f32x4.mul(r, b1));
      a += 20;
      if (steps == -3) break;
      b0 = v128.load(bk, 32);
      b1 = v128.load(bk, 48);
      r = v128.load_splat<f32>(a, 0);
      c00 = f32x4.add(c00, f32x4.mul(r, b0));
      c01 = f32x4.add(c01, f32x4.mul(r, b1));
      r = v128.load_splat<f32>(a, 4);
      c10 = f32x4.add(c10, f32x4.mul(r, b0));
      c11 = f32x4.add(c11, f32x4.mul(r, b1));
      if (steps == -4) break;
      r = v128.load_splat<f32>(a, 8);
      c20 = f32x4.add(c20, f32x4.mul(r, b0));
      c21 = f32x4.add(c21, f32x4.mul(r, b1));
      r = v128.load_splat<f32>(a, 12);
      c30 = f32x4.add(c30, f32x4.mul(r, b0));
      c31 = f32x4.add(c31, f32x4.mul(r, b1));
      if (steps == -5) break;
      r = v128.load_splat<f32>(a, 16);
      c40 = f32x4.add(c40, f32x4.mul(r, b0));
      c41 = f32x4.add(c41, f32x4.mul(r, b1));
      a += 20;
      if (steps == -6) break;
      b0 = v128.load(bk, 64);
      b1 = v128.load(bk, 80);
      r = v128.load_splat<f32>(a, 0);
      c00 = f32x4.add(c00, f32x4.mul(r, b0));
      c01 = f32x4.add(c01, f32x4.mul(r, b1));
      r = v128.load_splat<f32>(a, 4);
      c10 = f32x4.add(c10, f32x4.mul(r, b0));
      c11 = f32x4.add(c11, f32x4.mul(r, b1));
      if (steps == -7) break;
      r = v128.load_splat<f32>(a, 8);
      c20 = f32x4.add(c20, f32x4.mul(r, b0));
      c21 = f32x4.add(c21, f32x4.mul(r, b1));
      r = v128.load_splat<f32>(a, 12);
      c30 = f32x4.add(c30, f32x4.mul(r, b0));
      c31 = f32x4.add(c31, f32x4.mul(r, b1));
      if (steps == -8) break;
      r = v128.load_splat<f32>(a, 16);
      c40 = f32x4.add(c40, f32x4.mul(r, b0));
      c41 = f32x4.add(c41, f32x4.mul(r, b1));
      a += 20;
      if (steps == -9) break;
      b0 = v128.load(bk, 96);
      b1 = v128.load(bk, 112);
      r = v128.load_splat<f32>(a, 0);
      c00 = f32x4.add(c00, f32x4.mul(r, b0));
      c01 = f32x4.add(c01, f32x4.mul(r, b1));
      r = v128.load_splat<f32>(a, 4);
      c10 = f32x4.add(c10, f32x4.mul(r, b0));
      c11 = f32x4.add(c11, f32x4.mul(r, b1));
      if (steps == -10) break;
      r = v128.load_splat<f32>(a, 8);
      c20 = f32x4.add(c20, f32x4.mul(r, b0));
      c21 = f32x4.add(c21, f32x4.mul(r, b1));
      r = v128.load_splat<f32>(a, 12);
      c30 = f32x4.add(c30, f32x4.mul(r, b0));
      c31 = f32x4.add(c31, f32x4.mul(r, b1));
      if (steps == -11) break;
      r = v128.load_splat<f32>(a, 16);
      c40 = f32x4.add(c40, f32x4.mul(r, b0));
      c41 = f32x4.add(c41, f32x4.mul(r, b1));
      a += 20;
      bk += 128;
      steps--;
    }
    let rest = k & 3;
    while (rest > 0) {
      b0 = v128.load(bk, 0);
      b1 = v128.load(bk, 16);
      r = v128.load_splat<f32>(a, 0);
      c00 = f32x4.add(c00, f32x4.mul(r, b0));
      c01 = f32x4.add(c01, f32x4.mul(r, b1));
      r = v128.load_splat<f32>(a, 4);
      c10 = f32x4.add(c10, f32x4.mul(r, b0));
      c11 = f32x4.add(c11, f32x4.mul(r, b1));
      if (rest == -1) break;
      r = v128.load_splat<f32>(a, 8);
      c20 = f32x4.add(c20, f32x4.mul(r, b0));
      c21 = f32x4.add(c21, f32x4.mul(r, b1));
      r = v128.load_splat<f32>(a, 12);
      c30 = f32x4.add(c30, f32x4.mul(r, b0));
      c31 = f32x4.add(c31, f32x4.mul(r, b1));
      if (rest == -2) break;
      r = v128.load_splat<f32>(a, 16);
      c40 = f32x4.add(c40, f32x4.mul(r, b0));
      c41 = f32x4.add(c41, f32x4.mul(r, b1));
      a += 20;
      bk += 32;
      rest--;
    }
    if (clamps) {
      const low = f32x4.splat(lo);
      const high = f32x4.splat(hi);
      c00 = f32x4.pmin(f32x4.pmax(c00, low), high);
      c01 = f32x4.pmin(f32x4.pmax(c01, low), high);
      c10 = f32x4.pmin(f32x4.pmax(c10, low), high);
      c11 = f32x4.pmin(f32x4.pmax(c11, low), high);
      c20 = f32x4.pmin(f32x4.pmax(c20, low), high);
      c21 = f32x4.pmin(f32x4.pmax(c21, low), high);
      c30 = f32x4.pmin(f32x4.pmax(c30, low), high);
      c31 = f32x4.pmin(f32x4.pmax(c31, low), high);
      c40 = f32x4.pmin(f32x4.pmax(c40, low), high);
      c41 = f32x4.pmin(f32x4.pmax(c41, low), high);
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
    c += ldc;
  }
}
