/**
 * y[n][o] = clamp(x[n][i] weight[o][i]^T + bias[o]): the product with the weights as its right operand, so that they can
 * be packed once. For few samples f32_gemv is faster: it reads each weight once and packs nothing.
 *
 * Packed weights: block of k after block of k, each as f32_pack_b lays it out (panels of 8 outputs).
 *
 * Preconditions: n, i and o are at least 1; y overlaps no operand.
 */
import { blockOfK, START_LOAD, START_ZERO, TILE_BYTES } from './blocking';
import { f32_gemm_panels } from './f32_gemm_panels';
import { f32_pack_a, f32_pack_a_bytes } from './f32_pack_a';
import { f32_pack_b_bytes, f32_pack_b_transposed } from './f32_pack_b';

/** Bytes of the packed weights. */
export function f32_linear_pack_bytes(o: i32, i: i32): usize {
  return f32_pack_b_bytes(o, i);
}

/** @param weight f32 [o][i] */
export function f32_linear_pack(o: i32, i: i32, weight: usize, to: usize): void {
  const step = blockOfK(i);
  for (let k = 0; k < i; k += step) {
    const kc = min(step, i - k);
    f32_pack_b_transposed(o, kc, weight + ((<usize>k) << 2), (<usize>i) << 2, to);
    to += f32_pack_b_bytes(o, kc);
  }
}

/** Scratch of f32_linear: packed x and a tile. */
export function f32_linear_scratch(n: i32, i: i32): usize {
  return f32_pack_a_bytes(n, i) + TILE_BYTES;
}

/**
 * @param x f32 [n][i]
 * @param packed what f32_linear_pack wrote
 * @param bias f32 [o], or 0
 * @param y f32 [n][o], ldy floats from one sample to the next
 */
export function f32_linear(
  n: i32,
  i: i32,
  o: i32,
  x: usize,
  packed: usize,
  bias: usize,
  y: usize,
  ldy: usize,
  lo: f32,
  hi: f32,
  scratch: usize,
): void {
  assert(x + ((<usize>n * <usize>i) << 2) <= y || y + ((<usize>n * ldy) << 2) <= x);
  assert(n > 0 && i > 0 && o > 0 && ldy >= <usize>o);
  const ldx = (<usize>i) << 2;
  const row = ldy << 2;
  const tile = scratch + f32_pack_a_bytes(n, i);
  f32_pack_a(n, i, x, ldx, false, scratch);
  const step = blockOfK(i);
  const rowsOfX = f32_pack_a_bytes(n, 1);
  for (let k = 0; k < i; k += step) {
    const kc = min(step, i - k);
    const last = k + kc == i;
    const start = k > 0 || bias != 0 ? START_LOAD : START_ZERO;
    f32_gemm_panels(
      n,
      o,
      kc,
      scratch + <usize>k * rowsOfX,
      packed,
      y,
      row,
      start,
      k > 0 ? y : bias,
      k > 0 ? row : 0,
      last ? lo : -Infinity,
      last ? hi : Infinity,
      tile,
    );
    packed += f32_pack_b_bytes(o, kc);
  }
}
