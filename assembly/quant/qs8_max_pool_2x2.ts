/**
 * int8 max pooling, window 2x2, stride 2, no padding: 16 or 8 input columns a step. The maximum of two rows is a vector of column
 * pairs; as i16 lanes, the pair's second byte is the lane shifted right, the first is the lane shifted left and right again.
 *
 * x is i8 [planes][h][w], y is i8 [planes][ho][wo]:
 *
 *   row 2i     a0 b0 a1 b1 ...      y[i][j] = max(aj, bj, cj, dj)
 *   row 2i+1   c0 d0 c1 d1 ...
 *
 * Preconditions: 2 ho <= h and 2 wo <= w.
 */
export function qs8_max_pool_2x2(x: usize, y: usize, planes: i32, h: i32, w: i32, ho: i32, wo: i32): void {
  assert(2 * ho <= h && 2 * wo <= w);
  const pitch = <usize>w;
  for (let plane = 0; plane < planes; plane++) {
    let top = x;
    for (let oy = 0; oy < ho; oy++) {
      let ox: usize = 0;
      for (; ox + 8 <= <usize>wo; ox += 8) {
        const at = top + (ox << 1);
        v128.store64_lane(y + ox, pairMax(i8x16.max_s(v128.load(at), v128.load(at + pitch))), 0);
      }
      if (ox + 4 <= <usize>wo) {
        const at = top + (ox << 1);
        const rows = i8x16.max_s(v128.load64_zero(at), v128.load64_zero(at + pitch));
        v128.store32_lane(y + ox, pairMax(rows), 0);
        ox += 4;
      }
      for (; ox < <usize>wo; ox++) {
        const at = top + (ox << 1);
        const a = max(<i32>load<i8>(at), <i32>load<i8>(at, 1));
        const b = max(<i32>load<i8>(at + pitch), <i32>load<i8>(at + pitch, 1));
        store<i8>(y + ox, <i8>max(a, b));
      }
      y += <usize>wo;
      top += 2 * pitch;
    }
    x += <usize>h * pitch;
  }
}

/** Eight bytes: the larger of each two neighbours. */
function pairMax(v: v128): v128 {
  const words = i16x8.max_s(i16x8.shr_s(v, 8), i16x8.shr_s(i16x8.shl(v, 8), 8));
  return i8x16.narrow_i16x8_s(words, words);
}
