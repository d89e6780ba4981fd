/**
 * int8 average pooling: y = clamp(round(f32(sum(x - zeroX)) * (multiplier / count)) + zeroY, -128, 127), the division in f32. `count`
 * is the positions of the window inside x, or, with includePad, inside x with its padding (torch's count_include_pad).
 *
 * x is i8 [planes][h][w], y is i8 [planes][ho][wo]; a window is that of f32_avg_pool.
 *
 * Preconditions: window, strides and dilations are at least 1, size too; a window holds at least one position of its
 * plane.
 */
import { qs8_range, requantizeOne } from './requantize';

export function qs8_avg_pool(
  x: usize,
  y: usize,
  planes: i32,
  h: i32,
  w: i32,
  ho: i32,
  wo: i32,
  kh: i32,
  kw: i32,
  strideH: i32,
  strideW: i32,
  padT: i32,
  padL: i32,
  padB: i32,
  padR: i32,
  dilH: i32,
  dilW: i32,
  includePad: bool,
  zeroX: i32,
  zeroY: i32,
  multiplier: f32,
  range: usize,
): void {
  assert(kh > 0 && kw > 0 && strideH > 0 && strideW > 0 && dilH > 0 && dilW > 0);
  qs8_range(range, zeroY, -128, 127);
  for (let plane = 0; plane < planes; plane++) {
    for (let oy = 0; oy < ho; oy++) {
      const top = oy * strideH - padT;
      for (let ox = 0; ox < wo; ox++) {
        const left = ox * strideW - padL;
        let sum = 0;
        let inside = 0;
        let padded = 0;
        for (let ky = 0; ky < kh; ky++) {
          const iy = top + ky * dilH;
          for (let kx = 0; kx < kw; kx++) {
            const ix = left + kx * dilW;
            if (iy < h + padB && ix < w + padR) padded++;
            if (<u32>iy >= <u32>h || <u32>ix >= <u32>w) continue;
            sum += <i32>load<i8>(x + <usize>iy * <usize>w + <usize>ix) - zeroX;
            inside++;
          }
        }
        const count = includePad ? padded : inside;
        store<i8>(y, requantizeOne(sum, multiplier / <f32>count, range));
        y++;
      }
    }
    x += <usize>h * <usize>w;
  }
}

/** y[plane] = the same over all `size` positions of x[plane]. */
export function qs8_global_avg_pool(
  x: usize,
  y: usize,
  planes: i32,
  size: i32,
  zeroX: i32,
  zeroY: i32,
  multiplier: f32,
  range: usize,
): void {
  assert(size > 0);
  qs8_range(range, zeroY, -128, 127);
  const each = multiplier / <f32>size;
  for (let plane = 0; plane < planes; plane++) {
    let sums = i32x4.splat(0);
    let i: usize = 0;
    for (; i + 16 <= <usize>size; i += 16) {
      const pairs = i16x8.extadd_pairwise_i8x16_s(v128.load(x + i));
      sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(pairs));
    }
    let sum = i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1);
    sum += i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3);
    for (; i < <usize>size; i++) sum += <i32>load<i8>(x + i);
    store<i8>(y + <usize>plane, requantizeOne(sum - size * zeroX, each, range));
    x += <usize>size;
  }
}
