/** x [N][C][h][w] -> y [N][C][ho][wo]. */
import { contribute, needsGrad, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import type { Attributes } from '../graph/graph.ts';
import { validate } from './check.ts';
import { windowArgs } from './window.ts';

/**
 * The largest value of each window; padding never wins. The gradient goes to the first of equal maxima.
 * @throws ShapeError, ArgumentError
 */
export function maxPool(x: Tensor, attrs: Attributes['maxPool']): Tensor {
  const shape = validate('maxPool', attrs, { x });
  const { engine } = x;
  const { backend } = engine;
  const args = windowArgs(x.shape, shape, attrs.kernel, attrs.stride, attrs.padding, attrs.dilation);
  const y = engine.empty(shape);
  const indices = needsGrad([x]) ? engine.empty(shape, 'i32') : null;
  args.x = x.ptr;
  args.y = y.ptr;
  args.indices = indices === null ? 0 : indices.ptr;
  backend.maxPool(args);

  return record(indices === null ? [x] : [x, indices], y, (dy) => {
    contribute(x, (dx) => {
      args.dy = dy.ptr;
      args.dx = dx;
      backend.maxPoolGrad(args);
    });
  });
}
