// Constant borders around planes, and the gradient, which takes them off again.
//
//        +-----------------+
//        | padT rows       |
//        | padL  x   padR  |   each plane of y is [padT + h + padB][padL + w + padR]
//        | padB rows       |
//        +-----------------+
//
// x and dx are f32 [planes][h][w].
//
// Preconditions: the two overlap nowhere.
import { f32_fill } from './f32_fill';

/** y = x[planes][h][w] with borders of `value`. */
export function f32_pad2d(
  x: usize,
  y: usize,
  planes: usize,
  h: usize,
  w: usize,
  padT: usize,
  padL: usize,
  padB: usize,
  padR: usize,
  value: f32,
): void {
  assert(x != y);
  const row = w << 2;
  const between = padR + padL;
  const width = w + between;
  for (let plane: usize = 0; plane < planes; plane++) {
    // A row's right border and the next row's left border are one run.
    f32_fill(y, padT * width + padL, value);
    y += (padT * width + padL) << 2;
    for (let i: usize = 0; i < h; i++) {
      memory.copy(y, x, row);
      x += row;
      y += row;
      if (i + 1 < h) {
        f32_fill(y, between, value);
        y += between << 2;
      }
    }
    f32_fill(y, padR + padB * width, value);
    y += (padR + padB * width) << 2;
  }
}

/** dx[planes][h][w] = the inner part of dy. */
export function f32_pad2d_grad(
  dy: usize,
  dx: usize,
  planes: usize,
  h: usize,
  w: usize,
  padT: usize,
  padL: usize,
  padB: usize,
  padR: usize,
): void {
  assert(dx != dy);
  const row = w << 2;
  const width = (padL + w + padR) << 2;
  for (let plane: usize = 0; plane < planes; plane++) {
    dy += padT * width;
    for (let i: usize = 0; i < h; i++) {
      memory.copy(dx, dy + (padL << 2), row);
      dx += row;
      dy += width;
    }
    dy += padB * width;
  }
}
