/**
 * One plane of depthwise convolution: y[ho][wo] = clamp(start + sum over ky, kx of weight[ky][kx] image[oy * strideH + ky
 * * dilH][ox * strideW + kx * dilW]). The image has its padding, and enough columns beyond that the last four outputs of
 * a row may all be computed, wherever the row ends.
 *
 * Preconditions: ho, wo, window, strides and dilations are at least 1; rows of the image hold reach(wo rounded up to 4)
 * columns.
 */
import { loadPart, loadStrided, storePart } from './lanes';

/**
 * @param image f32, rows wp apart
 * @param weight f32 [kh][kw]
 * @param start every output's first term
 * @param accumulate whether y's old value is the first term instead
 */
export function f32_dw_plane(
  ho: i32,
  wo: i32,
  kh: i32,
  kw: i32,
  strideH: i32,
  strideW: i32,
  dilH: i32,
  dilW: i32,
  image: usize,
  wp: i32,
  weight: usize,
  start: f32,
  accumulate: bool,
  y: usize,
  lo: f32,
  hi: f32,
): void {
  assert(ho > 0 && wo > 0 && kh > 0 && kw > 0 && strideH > 0 && strideW > 0 && dilH > 0 && dilW > 0);
  const low = f32x4.splat(lo);
  const high = f32x4.splat(hi);
  const row = (<usize>wp) << 2;
  const tapColumn = (<usize>dilW) << 2;
  for (let oy = 0; oy < ho; oy++) {
    let p = image + <usize>oy * <usize>strideH * row;
    for (let ox = 0; ox < wo; ox += 4) {
      let acc = accumulate ? loadPart(y, wo - ox) : f32x4.splat(start);
      let w = weight;
      let rowOfTap = p;
      for (let ky = 0; ky < kh; ky++) {
        let tap = rowOfTap;
        for (let kx = 0; kx < kw; kx++) {
          acc = f32x4.add(acc, f32x4.mul(v128.load_splat<f32>(w), loadStrided(tap, strideW)));
          w += 4;
          tap += tapColumn;
        }
        rowOfTap += row * <usize>dilH;
      }
      storePart(y, f32x4.pmin(f32x4.pmax(acc, low), high), wo - ox);
      y += (<usize>min(4, wo - ox)) << 2;
      p += (<usize>strideW) << 4;
    }
  }
}
