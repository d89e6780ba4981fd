// Global average pooling: the mean of each plane (sums in f64), and its gradient.
//
// x and dx are f32 [planes][p], y and dy f32 [planes].
//
// Preconditions: p > 0.
import { f32_fill } from '../elementwise/f32_fill';
import { sumRun } from '../math/sum';

/** y[plane] = mean of x[plane][p]. */
export function f32_global_avg_pool(x: usize, y: usize, planes: usize, p: usize): void {
  assert(p > 0);
  for (let plane: usize = 0; plane < planes; plane++) {
    store<f32>(y, <f32>(sumRun(x, p) / <f64>p));
    x += p << 2;
    y += 4;
  }
}

/** dx[plane][p] = dy[plane] / p. */
export function f32_global_avg_pool_grad(dy: usize, dx: usize, planes: usize, p: usize): void {
  assert(p > 0);
  for (let plane: usize = 0; plane < planes; plane++) {
    f32_fill(dx, p, load<f32>(dy) / <f32>p);
    dx += p << 2;
    dy += 4;
  }
}
