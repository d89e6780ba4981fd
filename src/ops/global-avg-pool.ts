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
  const planes = { n: x.shape[0], c: x.shape[1], p: x.shape[2] * x.shape[3] };
  const y = engine.empty(shape);
  backend.globalAvgPool({ ...planes, x: x.ptr, y: y.ptr });

  return record([x], y, (dy) => {
    contribute(x, (dx) => backend.globalAvgPoolGrad({ ...planes, dy: dy.ptr, dx }));
  });
}
