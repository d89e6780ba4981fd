/** x [N][C][h][w] -> y [N][C][1][1]. */
import { contribute, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import { validate } from './check.ts';

/**
 * The mean of each channel of each sample.
 * @throws ShapeError, ArgumentError
 */
export function globalAvgPool(x: Tensor): Tensor {
  const shape = validate('globalAvgPool', {}, { x });
  const { engine } = x;
  const { backend } = engine;
  const [n, c, h, w] = x.shape;
  const p = h * w;
  const y = engine.empty(shape);
  backend.globalAvgPool({ n, c, p, x: x.ptr, y: y.ptr });

  return record([x], y, (dy) => {
    contribute(x, (dx) => backend.globalAvgPoolGrad({ n, c, p, dy: dy.ptr, dx }));
  });
}
