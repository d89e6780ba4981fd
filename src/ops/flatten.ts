/** x [N][...] -> y [N][product]: the same memory under another shape. */
import { pass, record } from '../autograd/tape.ts';
import { Tensor } from '../autograd/tensor.ts';
import { validate } from './check.ts';

/**
 * A view of x with one row a sample: writing to one writes to the other.
 * @throws ShapeError, ArgumentError
 */
export function flatten(x: Tensor): Tensor {
  const shape = validate('flatten', {}, { x });
  const y = new Tensor(x.engine, shape, x.dtype, x.ptr, x.scope, x.base ?? x);

  return record([x], y, (dy) => pass(x, dy));
}
