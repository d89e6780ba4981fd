// Average pooling over [planes][h][w], any window, and its gradient.
//
// The divisor is the number of positions of the window within the plane or, with countPad, within the padded plane
// (padding counts as zeros, but what reaches beyond padB and padR does not count), as in torch and ONNX. Sums are f64.
import { clipStart } from './f32_max_pool';

/** Positions start, start + step, ... (count of them) that lie below `end`; start may be negative if counted from it. */
function positions(start: i32, count: i32, step: i32, end: i32): i32 {
  return min(count, (end - start + step - 1) / step);
}

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
  const planeBytes = (<usize>h * <usize>w) << 2;
  for (let plane: usize = 0; plane < planes; plane++) {
    for (let oy = 0; oy < ho; oy++) {
      const top = oy * strideH - padT;
      const y0 = clipStart(top, dilH);
      const y1 = min(h, top + kh * dilH);
      for (let ox = 0; ox < wo; ox++) {
        const left = ox * strideW - padL;
        const x0 = clipStart(left, dilW);
        const x1 = min(w, left + kw * dilW);
        let sum: f64 = 0;
        let count = 0;
        for (let iy = y0; iy < y1; iy += dilH) {
          for (let ix = x0; ix < x1; ix += dilW) {
            sum += <f64>load<f32>(x + ((<usize>(iy * w + ix)) << 2));
            count++;
          }
        }
        if (countPad) count = positions(top, kh, dilH, h + padB) * positions(left, kw, dilW, w + padR);
        store<f32>(y, <f32>(sum / <f64>count));
        y += 4;
      }
    }
    x += planeBytes;
  }
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
