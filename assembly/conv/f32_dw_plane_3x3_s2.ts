/**
 * Depthwise 3x3, stride 2, dilation 1: four neighbouring columns of outputs at a time, from the top of the plane to its bottom, as
 * f32_dw_plane_3x3. Nine columns serve four outputs; shuffles separate the even from the odd ones.
 *
 *   image columns    0 1 2 3 4 5 6 7 8      output j reads columns 2j, 2j + 1, 2j + 2
 *   image row 2r     ky = 2 of output row r - 1, which is then complete, and ky = 0 of output row r
 *   image row 2r+1   ky = 1 of output row r
 *
 * Preconditions: ho is at least 1, wo at least 2 (a row of one would spill over two rows); all rows are readable up to 1 column beyond twice wo rounded up to 4.
 */
import { storePart } from './lanes';

/** @param image rows 1 to 2 ho - 1. @param bottom row 2 ho. All else as for f32_dw_plane_3x3. */
export function f32_dw_plane_3x3_s2(
  ho: i32,
  wo: i32,
  top: usize,
  image: usize,
  bottom: usize,
  row: usize,
  weight: usize,
  terms: usize,
  clamps: bool,
  y: usize,
  out: usize,
): void {
  assert(ho > 0 && wo > 1);
  const w00 = v128.load_splat<f32>(weight, 0);
  const w01 = v128.load_splat<f32>(weight, 4);
  const w02 = v128.load_splat<f32>(weight, 8);
  const w10 = v128.load_splat<f32>(weight, 12);
  const w11 = v128.load_splat<f32>(weight, 16);
  const w12 = v128.load_splat<f32>(weight, 20);
  const w20 = v128.load_splat<f32>(weight, 24);
  const w21 = v128.load_splat<f32>(weight, 28);
  const w22 = v128.load_splat<f32>(weight, 32);
  let left = wo;
  while (left > 0) {
    let p = image;
    let q = y;
    let v = v128.load(top);
    let u = v128.load(top, 16);
    let e = v128.shuffle<f32>(v, u, 0, 2, 4, 6);
    let a = f32x4.add(v128.load(terms), f32x4.mul(e, w00));
    a = f32x4.add(a, f32x4.mul(v128.shuffle<f32>(v, u, 1, 3, 5, 7), w01));
    a = f32x4.add(a, f32x4.mul(v128.shuffle<f32>(e, v128.load_splat<f32>(top + 32), 1, 2, 3, 4), w02));
    let b: v128;
    let rest = ho;
    while (true) {
      v = v128.load(p);
      u = v128.load(p, 16);
      e = v128.shuffle<f32>(v, u, 0, 2, 4, 6);
      a = f32x4.add(a, f32x4.mul(e, w10));
      a = f32x4.add(a, f32x4.mul(v128.shuffle<f32>(v, u, 1, 3, 5, 7), w11));
      a = f32x4.add(a, f32x4.mul(v128.shuffle<f32>(e, v128.load_splat<f32>(p + 32), 1, 2, 3, 4), w12));
      if (--rest == 0) break;
      p += row;
      v = v128.load(p);
      u = v128.load(p, 16);
      e = v128.shuffle<f32>(v, u, 0, 2, 4, 6);
      b = f32x4.add(v128.load(terms), f32x4.mul(e, w00));
      a = f32x4.add(a, f32x4.mul(e, w20));
      e = v128.shuffle<f32>(e, v128.load_splat<f32>(p + 32), 1, 2, 3, 4);
      u = v128.shuffle<f32>(v, u, 1, 3, 5, 7);
      b = f32x4.add(b, f32x4.mul(u, w01));
      a = f32x4.add(a, f32x4.mul(u, w21));
      b = f32x4.add(b, f32x4.mul(e, w02));
      a = f32x4.add(a, f32x4.mul(e, w22));
      if (clamps) a = f32x4.pmin(f32x4.pmax(a, v128.load(terms, 16)), v128.load(terms, 32));
      v128.store(q, a);
      p += row;
      q += out;
      a = b;
    }
    v = v128.load(bottom);
    u = v128.load(bottom, 16);
    e = v128.shuffle<f32>(v, u, 0, 2, 4, 6);
    a = f32x4.add(a, f32x4.mul(e, w20));
    a = f32x4.add(a, f32x4.mul(v128.shuffle<f32>(v, u, 1, 3, 5, 7), w21));
    a = f32x4.add(a, f32x4.mul(v128.shuffle<f32>(e, v128.load_splat<f32>(bottom + 32), 1, 2, 3, 4), w22));
    if (clamps) a = f32x4.pmin(f32x4.pmax(a, v128.load(terms, 16)), v128.load(terms, 32));
    // Rows of fewer than four spill into the next row, which is written after them; the last one must not.
    storePart(q, a, wo);
    left -= 4;
    // The last four outputs end where the row ends and may overlap the four before.
    const step: usize = left > 0 && left < 4 ? (<usize>left) << 2 : 16;
    top += 2 * step;
    image += 2 * step;
    bottom += 2 * step;
    y += step;
  }
}
