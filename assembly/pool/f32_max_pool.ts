// Max pooling over [planes][h][w], any window, and the scatter of its gradient.
//
// Padding never wins: windows are clipped to the plane. The first maximum in row-major order wins a tie; NaN wins over
// numbers, the first one. A window is never wholly padding (the op's schema sees to that).
//
// A row of outputs is cut in three: where four neighbouring windows lie inside the plane's columns and the stride is 1 or
// 2, they are computed together, a tap at a time; before and after, one by one.
//
//   outputs   s s | v v v v | v v v v | s s s
//
// x and dx are f32 [planes][h][w]; y, dy and indices (i32) are [planes][ho][wo].
//
// Preconditions: window, strides and dilations are at least 1; an index that the gradient is given lies in its plane.
import { clipStart, strided4, vectorFrom, vectorTo } from './window';

/** y = max over the window; indices (i32, 0 if not wanted) = its flat position in the plane. */
export function f32_max_pool(
  x: usize,
  y: usize,
  indices: usize,
  planes: usize,
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
  const planeBytes = (<usize>h * <usize>w) << 2;
  const from = vectorFrom(padL, strideW);
  const to = vectorTo(w, padL, strideW, (kw - 1) * dilW);
  for (let plane: usize = 0; plane < planes; plane++) {
    for (let oy = 0; oy < ho; oy++) {
      const top = oy * strideH - padT;
      const y0 = clipStart(top, dilH);
      const y1 = min(h, top + kh * dilH);
      let ox = 0;
      while (ox < wo) {
        const left = ox * strideW - padL;
        if (ox >= from && ox + 4 <= wo && ox <= to) {
          best4(x, w, y0, y1, left, left + kw * dilW, strideW, dilH, dilW, y, indices);
          ox += 4;
          y += 16;
          if (indices) indices += 16;
        } else {
          best4(x, w, y0, y1, clipStart(left, dilW), min(w, left + kw * dilW), 0, dilH, dilW, y, indices);
          ox += 1;
          y += 4;
          if (indices) indices += 4;
        }
      }
    }
    x += planeBytes;
  }
}

/**
 * Four outputs whose windows start at columns x0, x0 + stride, ... and lie inside the plane at x, or one if stride is 0:
 * rows y0, y0 + dilH, ... below y1, columns x0, x0 + dilW, ... below x1.
 */
function best4(
  x: usize,
  w: i32,
  y0: i32,
  y1: i32,
  x0: i32,
  x1: i32,
  stride: i32,
  dilH: i32,
  dilW: i32,
  y: usize,
  indices: usize,
): void {
  const lanes = i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(stride));
  let best = f32x4.splat(f32.NEGATIVE_INFINITY);
  let at = i32x4.add(lanes, i32x4.splat(y0 * w + x0));
  for (let iy = y0; iy < y1; iy += dilH) {
    for (let ix = x0; ix < x1; ix += dilW) {
      const position = iy * w + ix;
      const v = strided4(x + ((<usize>position) << 2), stride);
      const nan = v128.and(f32x4.ne(v, v), f32x4.eq(best, best));
      const better = v128.or(f32x4.gt(v, best), nan);
      best = v128.bitselect(v, best, better);
      at = v128.bitselect(i32x4.add(lanes, i32x4.splat(position)), at, better);
    }
  }
  if (stride) {
    v128.store(y, best);
    if (indices) v128.store(indices, at);
  } else {
    v128.store_lane<u32>(y, best, 0);
    if (indices) v128.store_lane<u32>(indices, at, 0);
  }
}

/** dx[planes][plane] = 0, then dx[plane][index] += dy in the order of dy. `plane` and `outputs` are elements a plane. */
export function f32_max_pool_grad(
  dy: usize,
  indices: usize,
  dx: usize,
  planes: usize,
  plane: usize,
  outputs: usize,
): void {
  memory.fill(dx, 0, (planes * plane) << 2);
  for (let i: usize = 0; i < planes; i++) {
    for (let o: usize = 0; o < outputs; o++) {
      const to = dx + (load<u32>(indices) << 2);
      store<f32>(to, load<f32>(to) + load<f32>(dy));
      dy += 4;
      indices += 4;
    }
    dx += plane << 2;
  }
}
