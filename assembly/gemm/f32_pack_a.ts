/**
 * Packs the left operand A[m][k] into panels for the micro-kernels.
 *
 * Layout: block of k after block of k (blockOfK); within a block the panels of 5 rows, then those of 4; within a panel
 * k-major. Rows below m in the last panel are zeros.
 *
 *   rows 0-4          rows 5-9               rows m-4..m-1
 *   [kc][5 floats]    [kc][5 floats]   ...   [kc][4 floats]      next block of k: the same again
 *
 * Preconditions: m and k are at least 1.
 */
import { blockOfK, packedRows, SHORT, shortPanels, TALL, tallPanels } from './blocking';

/** Bytes the packed matrix takes. */
export function f32_pack_a_bytes(m: i32, k: i32): usize {
  return (<usize>packedRows(m) * <usize>k) << 2;
}

/**
 * @param a f32 [m][k], rows lda bytes apart; [k][m] if transposed
 * @param to f32_pack_a_bytes(m, k) bytes
 */
export function f32_pack_a(m: i32, k: i32, a: usize, lda: usize, transposed: bool, to: usize): void {
  assert(m > 0 && k > 0);
  const step = blockOfK(k);
  for (let k0 = 0; k0 < k; k0 += step) {
    const kc = min(step, k - k0);
    let row = 0;
    for (let panel = tallPanels(m); panel > 0; panel--) {
      if (transposed) to = copyRows(TALL, TALL, kc, a + <usize>k0 * lda + ((<usize>row) << 2), lda, to);
      else to = transpose5(kc, a + <usize>row * lda + ((<usize>k0) << 2), lda, to);
      row += TALL;
    }
    for (let panel = shortPanels(m); panel > 0; panel--) {
      const rows = min(SHORT, m - row);
      if (transposed) to = copyRows(SHORT, rows, kc, a + <usize>k0 * lda + ((<usize>row) << 2), lda, to);
      else to = transpose4(rows, kc, a + <usize>row * lda + ((<usize>k0) << 2), lda, to);
      row += SHORT;
    }
  }
}

/** kc times `rows` neighbouring floats, padded with zeros to `width`. Returns the end of what it wrote. */
function copyRows(width: i32, rows: i32, kc: i32, a: usize, lda: usize, to: usize): usize {
  for (let k = 0; k < kc; k++) {
    if (rows >= 4) {
      v128.store(to, v128.load(a));
      if (width == 5) store<f32>(to, load<f32>(a, 16), 16);
    } else {
      v128.store(to, f32x4.splat(0));
      for (let i = 0; i < rows; i++) store<f32>(to + ((<usize>i) << 2), load<f32>(a + ((<usize>i) << 2)));
    }
    to += (<usize>width) << 2;
    a += lda;
  }
  return to;
}

/** Five rows of kc floats to kc times 5 floats. */
function transpose5(kc: i32, a: usize, lda: usize, to: usize): usize {
  const end = a + ((<usize>kc) << 2);
  while (a + 16 <= end) {
    let p = a;
    const r0 = v128.load(p);
    p += lda;
    const r1 = v128.load(p);
    p += lda;
    const r2 = v128.load(p);
    p += lda;
    const r3 = v128.load(p);
    p += lda;
    const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<i64>(t0, t2, 0, 2));
    store<f32>(to, load<f32>(p), 16);
    v128.store(to, v128.shuffle<i64>(t0, t2, 1, 3), 20);
    store<f32>(to, load<f32>(p, 4), 36);
    v128.store(to, v128.shuffle<i64>(t1, t3, 0, 2), 40);
    store<f32>(to, load<f32>(p, 8), 56);
    v128.store(to, v128.shuffle<i64>(t1, t3, 1, 3), 60);
    store<f32>(to, load<f32>(p, 12), 76);
    a += 16;
    to += 80;
  }
  while (a < end) {
    let p = a;
    for (let i = 0; i < 5; i++) {
      store<f32>(to, load<f32>(p));
      p += lda;
      to += 4;
    }
    a += 4;
  }
  return to;
}

/** `rows` <= 4 rows of kc floats to kc times 4 floats; missing rows become zeros. */
function transpose4(rows: i32, kc: i32, a: usize, lda: usize, to: usize): usize {
  const zero = f32x4.splat(0);
  const end = a + ((<usize>kc) << 2);
  while (a + 16 <= end) {
    let p = a;
    const r0 = v128.load(p);
    p += lda;
    const r1 = rows > 1 ? v128.load(p) : zero;
    p += lda;
    const r2 = rows > 2 ? v128.load(p) : zero;
    p += lda;
    const r3 = rows > 3 ? v128.load(p) : zero;
    const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<i64>(t0, t2, 0, 2));
    v128.store(to, v128.shuffle<i64>(t0, t2, 1, 3), 16);
    v128.store(to, v128.shuffle<i64>(t1, t3, 0, 2), 32);
    v128.store(to, v128.shuffle<i64>(t1, t3, 1, 3), 48);
    a += 16;
    to += 64;
  }
  while (a < end) {
    let p = a;
    for (let i = 0; i < 4; i++) {
      store<f32>(to, i < rows ? load<f32>(p) : 0);
      p += lda;
      to += 4;
    }
    a += 4;
  }
  return to;
}
