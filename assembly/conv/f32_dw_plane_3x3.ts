/**
 * f32_dw_plane for 3x3, stride 1, dilation 1: two rows of four outputs at a time, so that each of the four image rows
 * under them is loaded once, with the nine weights in registers.
 */
import { loadPart, storePart } from './lanes';

/** @param image f32, rows wp apart, with one row more than the outputs reach if ho is odd. See f32_dw_plane. */
export function f32_dw_plane_3x3(
  ho: i32,
  wo: i32,
  image: usize,
  wp: i32,
  weight: usize,
  start: f32,
  accumulate: bool,
  y: usize,
  lo: f32,
  hi: f32,
): void {
  const low = f32x4.splat(lo);
  const high = f32x4.splat(hi);
  const row = (<usize>wp) << 2;
  const out = (<usize>wo) << 2;
  const w00 = v128.load_splat<f32>(weight, 0);
  const w01 = v128.load_splat<f32>(weight, 4);
  const w02 = v128.load_splat<f32>(weight, 8);
  const w10 = v128.load_splat<f32>(weight, 12);
  const w11 = v128.load_splat<f32>(weight, 16);
  const w12 = v128.load_splat<f32>(weight, 20);
  const w20 = v128.load_splat<f32>(weight, 24);
  const w21 = v128.load_splat<f32>(weight, 28);
  const w22 = v128.load_splat<f32>(weight, 32);
  for (let oy = 0; oy < ho; oy += 2) {
    const both = oy + 1 < ho;
    let p = image;
    let q = y;
    let left = wo;
    while (left > 0) {
      let a = f32x4.splat(start);
      let b = a;
      if (accumulate) {
        a = loadPart(q, left);
        if (both) b = loadPart(q + out, left);
      }
      let r = p;
      let v = v128.load(r);
      a = f32x4.add(a, f32x4.mul(v, w00));
      v = v128.load(r, 4);
      a = f32x4.add(a, f32x4.mul(v, w01));
      v = v128.load(r, 8);
      a = f32x4.add(a, f32x4.mul(v, w02));
      r += row;
      if (left == -1) break;
      v = v128.load(r);
      a = f32x4.add(a, f32x4.mul(v, w10));
      b = f32x4.add(b, f32x4.mul(v, w00));
      v = v128.load(r, 4);
      a = f32x4.add(a, f32x4.mul(v, w11));
      b = f32x4.add(b, f32x4.mul(v, w01));
      v = v128.load(r, 8);
      a = f32x4.add(a, f32x4.mul(v, w12));
      b = f32x4.add(b, f32x4.mul(v, w02));
      r += row;
      if (left == -2) break;
      v = v128.load(r);
      a = f32x4.add(a, f32x4.mul(v, w20));
      b = f32x4.add(b, f32x4.mul(v, w10));
      v = v128.load(r, 4);
      a = f32x4.add(a, f32x4.mul(v, w21));
      b = f32x4.add(b, f32x4.mul(v, w11));
      v = v128.load(r, 8);
      a = f32x4.add(a, f32x4.mul(v, w22));
      b = f32x4.add(b, f32x4.mul(v, w12));
      r += row;
      if (left == -3) break;
      v = v128.load(r);
      b = f32x4.add(b, f32x4.mul(v, w20));
      v = v128.load(r, 4);
      b = f32x4.add(b, f32x4.mul(v, w21));
      v = v128.load(r, 8);
      b = f32x4.add(b, f32x4.mul(v, w22));
      storePart(q, f32x4.pmin(f32x4.pmax(a, low), high), left);
      if (both) storePart(q + out, f32x4.pmin(f32x4.pmax(b, low), high), left);
      p += 16;
      q += 16;
      left -= 4;
    }
    image += 2 * row;
    y += 2 * out;
  }
}
