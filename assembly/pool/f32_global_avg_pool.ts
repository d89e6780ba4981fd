// Global average pooling: the mean of each plane (sums in f64), and its gradient.
import { f32_fill } from '../elementwise/f32_fill';
import { sumRun } from '../math/sum';

/** y[plane] = mean of x[plane][p]. */
export function f32_global_avg_pool(x: usize, y: usize, planes: usize, p: usize): void {
  for (let plane: usize = 0; plane < planes; plane++) {
    store<f32>(y, <f32>(sumRun(x, p) / <f64>p));
    x += p << 2;
    y += 4;
  }
}

/** dx[plane][p] = dy[plane] / p. */
export function f32_global_avg_pool_grad(dy: usize, dx: usize, planes: usize, p: usize): void {
  for (let plane: usize = 0; plane < planes; plane++) {
    f32_fill(dx, p, load<f32>(dy) / <f32>p);
    dx += p << 2;
    dy += 4;
  }
}
