/**
 * The 2x5 inner-product micro-kernel: ten dot products of vectors that are contiguous along the sum, so that nothing is
 * transposed. sums[r][t] = sum over q < quads and lanes of a[r][q] b[t][q].
 *
 * Packed layout, interleaved by quads (four neighbouring floats):
 *   a, two vectors:   a0[0..3] a1[0..3] | a0[4..7] a1[4..7] | ...
 *   b, five vectors:  b0[0..3] b1[0..3] b2[0..3] b3[0..3] b4[0..3] | b0[4..7] ...
 *
 * Ten accumulators, two registers for a, one for b; for the breaks that are never taken see f32_gemm_5x8. A sum is
 * (lane0 + lane2) + (lane1 + lane3) of its accumulator.
 *
 * Preconditions: quads is at least 1.
 */

/**
 * @param quads vectors' length in quads, >= 1; what lies beyond a vector's end must be zero in a or in b
 * @param sums f32 [2][8]: the five sums of a0, then, from the ninth on, those of a1
 */
export function f32_dot_2x5(quads: i32, a: usize, b: usize, sums: usize): void {
  assert(quads > 0);
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c02 = c00;
  let c03 = c00;
  let c04 = c00;
  let c10 = c00;
  let c11 = c00;
  let c12 = c00;
  let c13 = c00;
  let c14 = c00;
  let a0: v128;
  let a1: v128;
  let r: v128;
  let k = quads;
  while (k > 0) {
    a0 = v128.load(a, 0);
    a1 = v128.load(a, 16);
    r = v128.load(b, 0);
    c00 = f32x4.add(c00, f32x4.mul(a0, r));
    c10 = f32x4.add(c10, f32x4.mul(a1, r));
    r = v128.load(b, 16);
    c01 = f32x4.add(c01, f32x4.mul(a0, r));
    c11 = f32x4.add(c11, f32x4.mul(a1, r));
    if (k == -1) break;
    r = v128.load(b, 32);
    c02 = f32x4.add(c02, f32x4.mul(a0, r));
    c12 = f32x4.add(c12, f32x4.mul(a1, r));
    r = v128.load(b, 48);
    c03 = f32x4.add(c03, f32x4.mul(a0, r));
    c13 = f32x4.add(c13, f32x4.mul(a1, r));
    if (k == -2) break;
    r = v128.load(b, 64);
    c04 = f32x4.add(c04, f32x4.mul(a0, r));
    c14 = f32x4.add(c14, f32x4.mul(a1, r));
    a += 32;
    b += 80;
    k--;
  }
  v128.store(sums, sumLanes(c00, c01, c02, c03));
  v128.store(sums, sumLanes(c10, c11, c12, c13), 32);
  const fifths = sumLanes(c04, c14, c04, c14);
  store<f32>(sums, f32x4.extract_lane(fifths, 0), 16);
  store<f32>(sums, f32x4.extract_lane(fifths, 1), 48);
}

/** Lane i is the sum of the lanes of argument i: (lane0 + lane2) + (lane1 + lane3). */
export function sumLanes(a0: v128, a1: v128, a2: v128, a3: v128): v128 {
  const s01 = f32x4.add(v128.shuffle<f32>(a0, a1, 0, 4, 1, 5), v128.shuffle<f32>(a0, a1, 2, 6, 3, 7));
  const s23 = f32x4.add(v128.shuffle<f32>(a2, a3, 0, 4, 1, 5), v128.shuffle<f32>(a2, a3, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(s01, s23, 0, 1, 4, 5), v128.shuffle<f32>(s01, s23, 2, 3, 6, 7));
}
