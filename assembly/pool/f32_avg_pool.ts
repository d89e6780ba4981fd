// Average pooling over [planes][h][w], any window, and its gradient.
//
// The divisor is the number of positions of the window within the plane or, with countPad, within the padded plane
// (padding counts as zeros, but what reaches beyond padB and padR does not count), as in torch and ONNX. Sums are f64.
// Inside the plane's columns, with a stride of 1 or 2, four neighbouring outputs are computed together, as f32_max_pool
// does.
//
// x and dx are f32 [planes][h][w], y and dy f32 [planes][ho][wo].
//
//   window of (oy, ox), kernel 2x3, dilation 1:      x x x     rows    oy * strideH - padT + ky * dilH
//                                                    x x x     columns ox * strideW - padL + kx * dilW
//
// Preconditions: window, strides and dilations are at least 1; a window holds at least one position of its plane.
import { high, low, narrow } from '../math/lanes';
import { clipStart, positions, strided4, vectorFrom, vectorTo } from './window';

/** y = mean over the window. */
export function f32_avg_pool(
  x: usize,
  y: usize,
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
  padB: i32,
  padR: i32,
  dilH: i32,
  dilW: i32,
  countPad: i32,
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
      const rows = positions(y0, kh, dilH, y1);
      const rowsPadded = positions(top, kh, dilH, h + padB);
      let ox = 0;
      while (ox < wo) {
        const left = ox * strideW - padL;
        if (ox >= from && ox + 4 <= wo && ox <= to) {
          four(
            x,
            y,
            w,
            y0,
            y1,
            left,
            left + kw * dilW,
            strideW,
            dilH,
            dilW,
            (countPad ? rowsPadded : rows) * kw,
          );
          ox += 4;
          y += 16;
        } else {
          const x0 = clipStart(left, dilW);
          const x1 = min(w, left + kw * dilW);
          const count = countPad
            ? rowsPadded * positions(left, kw, dilW, w + padR)
            : rows * positions(x0, kw, dilW, x1);
          one(x, y, w, y0, y1, x0, x1, dilH, dilW, count);
          ox += 1;
          y += 4;
        }
      }
    }
    x += planeBytes;
  }
}

/** One output: the sum over rows y0.. below y1 and columns x0.. below x1 of the plane at x, by `count`. */
function one(
  x: usize,
  y: usize,
  w: i32,
  y0: i32,
  y1: i32,
  x0: i32,
  x1: i32,
  dilH: i32,
  dilW: i32,
  count: i32,
): void {
  let sum: f64 = 0;
  for (let iy = y0; iy < y1; iy += dilH) {
    for (let ix = x0; ix < x1; ix += dilW) sum += <f64>load<f32>(x + ((<usize>(iy * w + ix)) << 2));
  }
  store<f32>(y, <f32>(sum / <f64>count));
}

/** Four outputs whose windows start at columns x0, x0 + stride, ... and lie inside the plane's columns. */
function four(
  x: usize,
  y: usize,
  w: i32,
  y0: i32,
  y1: i32,
  x0: i32,
  x1: i32,
  stride: i32,
  dilH: i32,
  dilW: i32,
  count: i32,
): void {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  for (let iy = y0; iy < y1; iy += dilH) {
    for (let ix = x0; ix < x1; ix += dilW) {
      const v = strided4(x + ((<usize>(iy * w + ix)) << 2), stride);
      s0 = f64x2.add(s0, low(v));
      s1 = f64x2.add(s1, high(v));
    }
  }
  const n = f64x2.splat(<f64>count);
  v128.store(y, narrow(f64x2.div(s0, n), f64x2.div(s1, n)));
}

/** dx = dy / divisor added to every position of its window, in the order of dy. Overwrites dx. */
export function f32_avg_pool_grad(
  dy: usize,
  dx: usize,
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
  padB: i32,
  padR: i32,
  dilH: i32,
  dilW: i32,
  countPad: i32,
): void {
  assert(kh > 0 && kw > 0 && strideH > 0 && strideW > 0 && dilH > 0 && dilW > 0);
  const planeBytes = (<usize>h * <usize>w) << 2;
  memory.fill(dx, 0, planes * planeBytes);
  for (let plane: usize = 0; plane < planes; plane++) {
    for (let oy = 0; oy < ho; oy++) {
      const top = oy * strideH - padT;
      const y0 = clipStart(top, dilH);
      const y1 = min(h, top + kh * dilH);
      const rows = countPad ? positions(top, kh, dilH, h + padB) : positions(y0, kh, dilH, y1);
      for (let ox = 0; ox < wo; ox++) {
        const left = ox * strideW - padL;
        const x0 = clipStart(left, dilW);
        const x1 = min(w, left + kw * dilW);
        const columns = countPad ? positions(left, kw, dilW, w + padR) : positions(x0, kw, dilW, x1);
        const d = load<f32>(dy) / <f32>(rows * columns);
        dy += 4;
        for (let iy = y0; iy < y1; iy += dilH) {
          for (let ix = x0; ix < x1; ix += dilW) {
            const to = dx + ((<usize>(iy * w + ix)) << 2);
            store<f32>(to, load<f32>(to) + d);
          }
        }
      }
    }
    dx += planeBytes;
  }
}
