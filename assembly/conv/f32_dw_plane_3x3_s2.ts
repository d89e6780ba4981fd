/**
 * f32_dw_plane for 3x3, stride 2, dilation 1: four outputs at a time from nine columns, whose even and odd ones are
 * separated by shuffles. Rows have four or more outputs.
 *
 *   image columns   0 1 2 3 4 5 6 7 8      output j reads columns 2j, 2j + 1, 2j + 2
 *
 * Preconditions: wo >= 4.
 */

/** @param image f32, rows wp apart. See f32_dw_plane. */
export function f32_dw_plane_3x3_s2(
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
  for (let oy = 0; oy < ho; oy++) {
    let p = image;
    let q = y;
    let left = wo;
    while (left > 0) {
      let r = p;
      let v = v128.load(r);
      let u = v128.load(r, 16);
      let next = v128.shuffle<f32>(v128.load(r, 8), v128.load(r, 20), 0, 2, 5, 7);
      let acc = f32x4.add(f32x4.splat(start), f32x4.mul(v128.shuffle<f32>(v, u, 0, 2, 4, 6), w00));
      acc = f32x4.add(acc, f32x4.mul(v128.shuffle<f32>(v, u, 1, 3, 5, 7), w01));
      acc = f32x4.add(acc, f32x4.mul(next, w02));
      r += row;
      v = v128.load(r);
      u = v128.load(r, 16);
      next = v128.shuffle<f32>(v128.load(r, 8), v128.load(r, 20), 0, 2, 5, 7);
      acc = f32x4.add(acc, f32x4.mul(v128.shuffle<f32>(v, u, 0, 2, 4, 6), w10));
      acc = f32x4.add(acc, f32x4.mul(v128.shuffle<f32>(v, u, 1, 3, 5, 7), w11));
      acc = f32x4.add(acc, f32x4.mul(next, w12));
      r += row;
      v = v128.load(r);
      u = v128.load(r, 16);
      next = v128.shuffle<f32>(v128.load(r, 8), v128.load(r, 20), 0, 2, 5, 7);
      acc = f32x4.add(acc, f32x4.mul(v128.shuffle<f32>(v, u, 0, 2, 4, 6), w20));
      acc = f32x4.add(acc, f32x4.mul(v128.shuffle<f32>(v, u, 1, 3, 5, 7), w21));
      acc = f32x4.add(acc, f32x4.mul(next, w22));
      v128.store(q, f32x4.pmin(f32x4.pmax(acc, low), high));
      left -= 4;
      // The last four outputs end where the row ends and may overlap the four before.
      const step = left > 0 && left < 4 ? (<usize>left) << 2 : 16;
      p += step << 1;
      q += step;
    }
    image += 2 * row;
    y += out;
  }
}
