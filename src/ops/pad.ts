/** x [N][C][h][w] -> y [N][C][top + h + bottom][left + w + right]. */
import { contribute, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import type { Attributes } from '../graph/graph.ts';
import { validate } from './check.ts';

/**
 * Puts a border of `attrs.value` around every plane.
 * @throws ShapeError, ArgumentError
 */
export function pad(x: Tensor, attrs: Attributes['pad']): Tensor {
  const shape = validate('pad', attrs, { x });
  const { engine } = x;
  const { backend } = engine;
  const [n, c, h, w] = x.shape;
  const [padT, padL, padB, padR] = attrs.padding;
  const planes = n * c;
  const y = engine.empty(shape);
  backend.pad2d({ planes, h, w, padT, padL, padB, padR, x: x.ptr, y: y.ptr, value: attrs.value });

  return record([x], y, (dy) => {
    contribute(x, (dx) => backend.pad2dGrad({ planes, h, w, padT, padL, padB, padR, dy: dy.ptr, dx }));
  });
}
