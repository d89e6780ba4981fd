// Max pooling over [planes][h][w], any window, and the scatter of its gradient.
//
// Padding never wins: windows are clipped to the plane. The first maximum in row-major order wins a tie; NaN wins over
// numbers, the first one. A window is never wholly padding (the op's schema sees to that).

/** First position of a clipped window whose unclipped start is `start`: the smallest start + i * step that is >= 0. */
export function clipStart(start: i32, step: i32): i32 {
  return start >= 0 ? start : start + ((-start + step - 1) / step) * step;
}

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
        let best = f32.NEGATIVE_INFINITY;
        let at = y0 * w + x0;
        for (let iy = y0; iy < y1; iy += dilH) {
          for (let ix = x0; ix < x1; ix += dilW) {
            const position = iy * w + ix;
            const v = load<f32>(x + ((<usize>position) << 2));
            if (v > best || (v != v && best == best)) {
              best = v;
              at = position;
            }
          }
        }
        store<f32>(y, best);
        y += 4;
        if (indices) {
          store<i32>(indices, at);
          indices += 4;
        }
      }
    }
    x += planeBytes;
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
