/** x [...][K] -> y [...][K], rows of probabilities. */
import { contribute, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import { validate } from './check.ts';

/**
 * y = exp(x) / sum of exp(x), by row.
 * @throws ShapeError, ArgumentError
 */
export function softmax(x: Tensor): Tensor {
  const shape = validate('softmax', {}, { x });
  const { engine } = x;
  const { backend } = engine;
  const columns = shape[shape.length - 1];
  const rows = x.size / columns;
  const y = engine.empty(shape);
  backend.softmax({ x: x.ptr, y: y.ptr, rows, columns });

  return record([x], y, (dy) => {
    contribute(x, (dx) => backend.softmaxGrad({ y: y.ptr, dy: dy.ptr, dx, rows, columns }));
  });
}
