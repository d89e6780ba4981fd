/** x [N][C][h][w] -> y [N][C][ho][wo]. */
import { contribute, needsGrad, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import { windowOf } from '../backend/window.ts';
import type { Attributes } from '../graph/graph.ts';
import { validate } from './check.ts';

/**
 * The largest value of each window; padding never wins. The gradient goes to the first of equal maxima.
 * @throws ShapeError, ArgumentError
 */
export function maxPool(x: Tensor, attrs: Attributes['maxPool']): Tensor {
  const shape = validate('maxPool', attrs, { x });
  const { engine } = x;
  const { backend } = engine;
  const window = windowOf(x.shape, shape, attrs.kernel, attrs.stride, attrs.padding);
  const y = engine.empty(shape);
  const indices = needsGrad([x]) ? engine.empty(shape, 'i32') : null;
  backend.maxPool({ ...window, x: x.ptr, y: y.ptr, indices: indices === null ? 0 : indices.ptr });

  return record([x], y, (dy) => {
    contribute(x, (dx) =>
      backend.maxPoolGrad({ ...window, dy: dy.ptr, indices: (indices as Tensor).ptr, dx }),
    );
  });
}
