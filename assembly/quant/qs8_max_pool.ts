/**
 * int8 max pooling: y[plane][ho][wo] = max over the window of x[plane][h][w]; padding never wins. Every window holds at least one
 * position of x. Scale and zero point pass through.
 *
 *   window of (oy, ox):   rows oy * strideH - padT + ky * dilH, columns ox * strideW - padL + kx * dilW
 *
 * Preconditions: window, strides and dilations are at least 1; a window holds at least one position of its plane.
 */
export function qs8_max_pool(
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
  dilH: i32,
  dilW: i32,
): void {
  assert(kh > 0 && kw > 0 && strideH > 0 && strideW > 0 && dilH > 0 && dilW > 0);
  for (let plane = 0; plane < planes; plane++) {
    for (let oy = 0; oy < ho; oy++) {
      const top = oy * strideH - padT;
      for (let ox = 0; ox < wo; ox++) {
        const left = ox * strideW - padL;
        let best = -128;
        for (let ky = 0; ky < kh; ky++) {
          const iy = top + ky * dilH;
          if (<u32>iy >= <u32>h) continue;
          const row = x + <usize>iy * <usize>w;
          for (let kx = 0; kx < kw; kx++) {
            const ix = left + kx * dilW;
            if (<u32>ix < <u32>w) best = max(best, <i32>load<i8>(row + <usize>ix));
          }
        }
        store<i8>(y, <i8>best);
        y++;
      }
    }
    x += <usize>h * <usize>w;
  }
}
