/**
 * f32_dw_plane for 3x3, stride 1, dilation 1: four rows of four outputs at a time, a column of weights after the other, so
 * that a column's three weights, the six image vectors under them and four accumulators stay in registers. Rows have
 * four or more outputs.
 *
 * A block of 4 x 4 outputs reads 6 x 6 values:
 *
 *   image columns   0 1 2 3 4 5       output j reads columns j, j + 1, j + 2
 *   rows 0..5       six vectors a column of weights
 *
 * Eight rows at a time, where there are so many, are f32_dw_strip_3x3's.
 *
 * Preconditions: wo >= 4; the image has ho rounded up to 4, and 2 more, rows.
 */
import { f32_dw_strip_3x3 } from './f32_dw_strip_3x3';

/** Whether a depthwise convolution is one for the 3x3 kernels: dilation 1, a stride of 1 or 2, rows of four or more outputs. */
export function f32_dw_is_3x3(
  wo: i32,
  kh: i32,
  kw: i32,
  strideH: i32,
  strideW: i32,
  dilH: i32,
  dilW: i32,
): bool {
  return kh == 3 && kw == 3 && strideH == strideW && strideW <= 2 && dilH == 1 && dilW == 1 && wo >= 4;
}

/** Rows of outputs computed together: the image has as many rows as ho rounded up to this needs. */
export const DW_ROWS: i32 = 4;

/** @param image f32, rows wp apart. See f32_dw_plane. */
export function f32_dw_plane_3x3(
  ho: i32,
  wo: i32,
  image: usize,
  wp: i32,
  weight: usize,
  start: f32,
  y: usize,
  lo: f32,
  hi: f32,
): void {
  assert(ho > 0 && wo >= 4);
  const row = (<usize>wp) << 2;
  const out = (<usize>wo) << 2;
  let oy = 0;
  for (; oy + 8 <= ho; oy += 8) {
    f32_dw_strip_3x3(wo, image, wp, weight, start, y, lo, hi);
    image += 8 * row;
    y += 8 * out;
  }
  for (; oy < ho; oy += DW_ROWS) {
    const rows = ho - oy;
    let p = image;
    let q = y;
    let left = wo;
    while (left > 0) {
      let a = f32x4.splat(start);
      let b = a;
      let c = a;
      let d = a;
      // A loop, not unrolled: unrolled, V8 would load the three columns first and spill.
      let w = weight;
      let column = p;
      const end = p + 12;
      do {
        const w0 = v128.load_splat<f32>(w);
        const w1 = v128.load_splat<f32>(w, 12);
        const w2 = v128.load_splat<f32>(w, 24);
        let r = column;
        let v = v128.load(r);
        a = f32x4.add(a, f32x4.mul(v, w0));
        r += row;
        v = v128.load(r);
        a = f32x4.add(a, f32x4.mul(v, w1));
        b = f32x4.add(b, f32x4.mul(v, w0));
        r += row;
        v = v128.load(r);
        a = f32x4.add(a, f32x4.mul(v, w2));
        b = f32x4.add(b, f32x4.mul(v, w1));
        c = f32x4.add(c, f32x4.mul(v, w0));
        r += row;
        v = v128.load(r);
        b = f32x4.add(b, f32x4.mul(v, w2));
        c = f32x4.add(c, f32x4.mul(v, w1));
        d = f32x4.add(d, f32x4.mul(v, w0));
        r += row;
        v = v128.load(r);
        c = f32x4.add(c, f32x4.mul(v, w2));
        d = f32x4.add(d, f32x4.mul(v, w1));
        r += row;
        v = v128.load(r);
        d = f32x4.add(d, f32x4.mul(v, w2));
        w += 4;
        column += 4;
      } while (column < end);
      if (lo > -Infinity || hi < Infinity) {
        const low = f32x4.splat(lo);
        const high = f32x4.splat(hi);
        a = f32x4.pmin(f32x4.pmax(a, low), high);
        b = f32x4.pmin(f32x4.pmax(b, low), high);
        c = f32x4.pmin(f32x4.pmax(c, low), high);
        d = f32x4.pmin(f32x4.pmax(d, low), high);
      }
      v128.store(q, a);
      if (rows > 1) v128.store(q + out, b);
      if (rows > 2) v128.store(q + 2 * out, c);
      if (rows > 3) v128.store(q + 3 * out, d);
      left -= 4;
      // The last four outputs end where the row ends and may overlap the four before.
      const step: usize = left > 0 && left < 4 ? (<usize>left) << 2 : 16;
      p += step;
      q += step;
    }
    image += <usize>DW_ROWS * row;
    y += <usize>DW_ROWS * out;
  }
}
