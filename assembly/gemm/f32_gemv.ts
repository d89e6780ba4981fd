/**
 * y[n][o] = clamp(x[n][i] weight[o][i]^T + bias[o]) for few samples: bound by the memory the weights come from, so each
 * row of weights is read once, as it is stored, and serves all samples while it is in cache.
 *
 * Four rows at a time, a multiply and an add for each vector. Every output has two accumulators of four lanes (steps
 * 0-3 and 4-7 of every 8), summed as ((acc0 + acc1) by lanes, then (lane0 + lane2) + (lane1 + lane3)); the i % 8 last
 * products are added one after the other.
 *
 * Preconditions: n, i and o are at least 1; y overlaps no operand.
 */

import { sumLanes } from './f32_dot_2x5';

/** Outputs computed together. */
const ROWS: i32 = 4;

/**
 * @param x f32 [n][i]
 * @param weight f32 [o][i]
 * @param bias f32 [o], or 0
 * @param y f32 [n][o]
 */
export function f32_gemv(
  n: i32,
  i: i32,
  o: i32,
  x: usize,
  weight: usize,
  bias: usize,
  y: usize,
  lo: f32,
  hi: f32,
): void {
  assert(x + ((<usize>n * <usize>i) << 2) <= y || y + ((<usize>n * <usize>o) << 2) <= x);
  assert(n > 0 && i > 0 && o > 0);
  const ld = (<usize>i) << 2;
  const low = f32x4.splat(lo);
  const high = f32x4.splat(hi);
  for (let row = 0; row < o; row += ROWS) {
    const rows = min(ROWS, o - row);
    const at = (<usize>row) << 2;
    // Rows that are not there repeat the last one that is.
    const w0 = weight + <usize>row * ld;
    const w1 = w0 + (rows > 1 ? ld : 0);
    const w2 = w1 + (rows > 2 ? ld : 0);
    const w3 = w2 + (rows > 3 ? ld : 0);
    let offset = f32x4.splat(0);
    if (bias != 0) {
      offset = f32x4.splat(load<f32>(bias + at));
      if (rows > 1) offset = f32x4.replace_lane(offset, 1, load<f32>(bias + at, 4));
      if (rows > 2) offset = f32x4.replace_lane(offset, 2, load<f32>(bias + at, 8));
      if (rows > 3) offset = f32x4.replace_lane(offset, 3, load<f32>(bias + at, 12));
    }
    for (let sample = 0; sample < n; sample++) {
      const out = y + <usize>sample * ((<usize>o) << 2) + at;
      const sum = f32x4.add(dot4(i, x + <usize>sample * ld, w0, w1, w2, w3), offset);
      const result = f32x4.pmin(f32x4.pmax(sum, low), high);
      if (rows == 4) v128.store(out, result);
      else {
        store<f32>(out, f32x4.extract_lane(result, 0));
        if (rows > 1) store<f32>(out, f32x4.extract_lane(result, 1), 4);
        if (rows > 2) store<f32>(out, f32x4.extract_lane(result, 2), 8);
      }
    }
  }
}

/** Four dot products of k terms, one a lane. */
function dot4(k: i32, x: usize, w0: usize, w1: usize, w2: usize, w3: usize): v128 {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  let b3 = a0;
  for (; k >= 8; k -= 8) {
    const p = v128.load(x);
    const q = v128.load(x, 16);
    a0 = f32x4.add(a0, f32x4.mul(p, v128.load(w0)));
    b0 = f32x4.add(b0, f32x4.mul(q, v128.load(w0, 16)));
    a1 = f32x4.add(a1, f32x4.mul(p, v128.load(w1)));
    b1 = f32x4.add(b1, f32x4.mul(q, v128.load(w1, 16)));
    a2 = f32x4.add(a2, f32x4.mul(p, v128.load(w2)));
    b2 = f32x4.add(b2, f32x4.mul(q, v128.load(w2, 16)));
    a3 = f32x4.add(a3, f32x4.mul(p, v128.load(w3)));
    b3 = f32x4.add(b3, f32x4.mul(q, v128.load(w3, 16)));
    x += 32;
    w0 += 32;
    w1 += 32;
    w2 += 32;
    w3 += 32;
  }
  a0 = f32x4.add(a0, b0);
  a1 = f32x4.add(a1, b1);
  a2 = f32x4.add(a2, b2);
  a3 = f32x4.add(a3, b3);
  let sum = sumLanes(a0, a1, a2, a3);
  for (; k > 0; k--) {
    let w = f32x4.splat(load<f32>(w0));
    w = f32x4.replace_lane(w, 1, load<f32>(w1));
    w = f32x4.replace_lane(w, 2, load<f32>(w2));
    w = f32x4.replace_lane(w, 3, load<f32>(w3));
    sum = f32x4.add(sum, f32x4.mul(w, v128.load_splat<f32>(x)));
    x += 4;
    w0 += 4;
    w1 += 4;
    w2 += 4;
    w3 += 4;
  }
  return sum;
}
