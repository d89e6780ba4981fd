/**
 * f32_dw_plane_3x3 for eight rows of outputs at once: ten image vectors serve eight accumulators, where four rows need six for
 * four. One strip of eight rows; same order of summation, same bits.
 *
 * A column of weights at a time, as there. The `if (left == -1) break`, never taken, keep V8 from loading all ten vectors
 * before it adds the first (see f32_gemm_5x8).
 */

/**
 * @param image f32, ten rows wp apart
 * @param weight f32 [3][3]
 * @param start every output's first term
 * @param y eight rows of wo >= 4 outputs
 */
export function f32_dw_strip_3x3(
  wo: i32,
  image: usize,
  wp: i32,
  weight: usize,
  start: f32,
  y: usize,
  lo: f32,
  hi: f32,
): void {
  assert(wo >= 4);
  const row = (<usize>wp) << 2;
  const out = (<usize>wo) << 2;
  const clamps = lo > -Infinity || hi < Infinity;
  let left = wo;
  while (left > 0) {
    let a0 = f32x4.splat(start);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let a4 = a0;
    let a5 = a0;
    let a6 = a0;
    let a7 = a0;
    let w = weight;
    let column = image;
    const end = image + 12;
    do {
      const w0 = v128.load_splat<f32>(w);
      const w1 = v128.load_splat<f32>(w, 12);
      const w2 = v128.load_splat<f32>(w, 24);
      let r = column;
      let v = v128.load(r);
      a0 = f32x4.add(a0, f32x4.mul(v, w0));
      r += row;
      v = v128.load(r);
      a0 = f32x4.add(a0, f32x4.mul(v, w1));
      a1 = f32x4.add(a1, f32x4.mul(v, w0));
      r += row;
      v = v128.load(r);
      a0 = f32x4.add(a0, f32x4.mul(v, w2));
      a1 = f32x4.add(a1, f32x4.mul(v, w1));
      a2 = f32x4.add(a2, f32x4.mul(v, w0));
      if (left == -1) break;
      r += row;
      v = v128.load(r);
      a1 = f32x4.add(a1, f32x4.mul(v, w2));
      a2 = f32x4.add(a2, f32x4.mul(v, w1));
      a3 = f32x4.add(a3, f32x4.mul(v, w0));
      r += row;
      v = v128.load(r);
      a2 = f32x4.add(a2, f32x4.mul(v, w2));
      a3 = f32x4.add(a3, f32x4.mul(v, w1));
      a4 = f32x4.add(a4, f32x4.mul(v, w0));
      if (left == -2) break;
      r += row;
      v = v128.load(r);
      a3 = f32x4.add(a3, f32x4.mul(v, w2));
      a4 = f32x4.add(a4, f32x4.mul(v, w1));
      a5 = f32x4.add(a5, f32x4.mul(v, w0));
      r += row;
      v = v128.load(r);
      a4 = f32x4.add(a4, f32x4.mul(v, w2));
      a5 = f32x4.add(a5, f32x4.mul(v, w1));
      a6 = f32x4.add(a6, f32x4.mul(v, w0));
      if (left == -3) break;
      r += row;
      v = v128.load(r);
      a5 = f32x4.add(a5, f32x4.mul(v, w2));
      a6 = f32x4.add(a6, f32x4.mul(v, w1));
      a7 = f32x4.add(a7, f32x4.mul(v, w0));
      r += row;
      v = v128.load(r);
      a6 = f32x4.add(a6, f32x4.mul(v, w2));
      a7 = f32x4.add(a7, f32x4.mul(v, w1));
      r += row;
      v = v128.load(r);
      a7 = f32x4.add(a7, f32x4.mul(v, w2));
      w += 4;
      column += 4;
    } while (column < end);
    if (clamps) {
      const low = f32x4.splat(lo);
      const high = f32x4.splat(hi);
      a0 = f32x4.pmin(f32x4.pmax(a0, low), high);
      a1 = f32x4.pmin(f32x4.pmax(a1, low), high);
      a2 = f32x4.pmin(f32x4.pmax(a2, low), high);
      a3 = f32x4.pmin(f32x4.pmax(a3, low), high);
      a4 = f32x4.pmin(f32x4.pmax(a4, low), high);
      a5 = f32x4.pmin(f32x4.pmax(a5, low), high);
      a6 = f32x4.pmin(f32x4.pmax(a6, low), high);
      a7 = f32x4.pmin(f32x4.pmax(a7, low), high);
    }
    let q = y;
    v128.store(q, a0);
    q += out;
    v128.store(q, a1);
    q += out;
    v128.store(q, a2);
    q += out;
    v128.store(q, a3);
    q += out;
    v128.store(q, a4);
    q += out;
    v128.store(q, a5);
    q += out;
    v128.store(q, a6);
    q += out;
    v128.store(q, a7);
    left -= 4;
    // The last four outputs end where the row ends and may overlap the four before.
    const step: usize = left > 0 && left < 4 ? (<usize>left) << 2 : 16;
    image += step;
    y += step;
  }
}
