/**
 * Packs a block of the right operand B[kc][n] into panels of 8 columns, k-major; columns beyond n are zeros.
 *
 *   columns 0-7        columns 8-15
 *   [kc][8 floats]     [kc][8 floats]     ...
 *
 * Preconditions (asserted by the products that call this): n and kc are at least 1; `to` has f32_pack_b_bytes(n, kc) bytes.
 */

/** Bytes the packed block takes. */
export function f32_pack_b_bytes(n: i32, kc: i32): usize {
  return (<usize>((n + 7) & ~7) * <usize>kc) << 2;
}

/** @param b first element: f32 [kc][n], rows ldb bytes apart */
export function f32_pack_b(n: i32, kc: i32, b: usize, ldb: usize, to: usize): void {
  for (; n >= 8; n -= 8) {
    let p = b;
    for (let k = 0; k < kc; k++) {
      v128.store(to, v128.load(p));
      v128.store(to, v128.load(p, 16), 16);
      p += ldb;
      to += 32;
    }
    b += 32;
  }
  if (n == 0) return;
  const zero = f32x4.splat(0);
  for (let k = 0; k < kc; k++) {
    v128.store(to, zero);
    v128.store(to, zero, 16);
    for (let j: usize = 0; j < (<usize>n) << 2; j += 4) store<f32>(to + j, load<f32>(b + j));
    b += ldb;
    to += 32;
  }
}

/** @param b first element of the transposed operand: f32 [n][kc], rows ldb bytes apart */
export function f32_pack_b_transposed(n: i32, kc: i32, b: usize, ldb: usize, to: usize): void {
  for (let j = 0; j < n; j += 8) {
    transposeHalf(min(4, n - j), kc, b, ldb, to);
    transposeHalf(min(4, n - j - 4), kc, b + 4 * ldb, ldb, to + 16);
    b += 8 * ldb;
    to += (<usize>kc) << 5;
  }
}

/** Four columns of a panel: `rows` rows of kc floats to kc times 4 floats, 32 bytes apart; missing rows become zeros. */
function transposeHalf(rows: i32, kc: i32, b: usize, ldb: usize, to: usize): void {
  const zero = f32x4.splat(0);
  const end = b + ((<usize>kc) << 2);
  while (b + 16 <= end) {
    let p = b;
    const r0 = rows > 0 ? v128.load(p) : zero;
    p += ldb;
    const r1 = rows > 1 ? v128.load(p) : zero;
    p += ldb;
    const r2 = rows > 2 ? v128.load(p) : zero;
    p += ldb;
    const r3 = rows > 3 ? v128.load(p) : zero;
    const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<i64>(t0, t2, 0, 2));
    v128.store(to, v128.shuffle<i64>(t0, t2, 1, 3), 32);
    v128.store(to, v128.shuffle<i64>(t1, t3, 0, 2), 64);
    v128.store(to, v128.shuffle<i64>(t1, t3, 1, 3), 96);
    b += 16;
    to += 128;
  }
  while (b < end) {
    let p = b;
    for (let i = 0; i < 4; i++) {
      store<f32>(to + ((<usize>i) << 2), i < rows ? load<f32>(p) : 0);
      p += ldb;
    }
    b += 4;
    to += 32;
  }
}
