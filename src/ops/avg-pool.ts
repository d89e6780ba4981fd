/** x [N][C][h][w] -> y [N][C][ho][wo]. */
import { contribute, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import type { Attributes } from '../graph/graph.ts';
import { validate } from './check.ts';
import { windowArgs } from './window.ts';

/**
 * The mean of each window; `countIncludePad` says whether padding counts as zeros.
 * @throws ShapeError, ArgumentError
 */
export function avgPool(x: Tensor, attrs: Attributes['avgPool']): Tensor {
  const shape = validate('avgPool', attrs, { x });
  const { engine } = x;
  const { backend } = engine;
  const args = windowArgs(x.shape, shape, attrs.kernel, attrs.stride, attrs.padding);
  const y = engine.empty(shape);
  args.x = x.ptr;
  args.y = y.ptr;
  args.countIncludePad = attrs.countIncludePad;
  backend.avgPool(args);

  return record([x], y, (dy) => {
    contribute(x, (dx) => {
      args.dy = dy.ptr;
      args.dx = dx;
      backend.avgPoolGrad(args);
    });
  });
}
