/** x [N][C][h][w] -> y [N][C][ho][wo]. */
import { contribute, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import { windowOf } from '../backend/window.ts';
import type { Attributes } from '../graph/graph.ts';
import { validate } from './check.ts';

/**
 * The mean of each window; `countIncludePad` says whether padding counts as zeros.
 * @throws ShapeError, ArgumentError
 */
export function avgPool(x: Tensor, attrs: Attributes['avgPool']): Tensor {
  const shape = validate('avgPool', attrs, { x });
  const { engine } = x;
  const { backend } = engine;
  const { kernel, stride, padding, countIncludePad } = attrs;
  const window = windowOf(x.shape, shape, kernel, stride, padding);
  const y = engine.empty(shape);
  backend.avgPool({ ...window, x: x.ptr, y: y.ptr, countIncludePad });

  return record([x], y, (dy) => {
    contribute(x, (dx) => backend.avgPoolGrad({ ...window, dy: dy.ptr, dx, countIncludePad }));
  });
}
