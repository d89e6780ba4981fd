/** x -> y of another shape: the same memory. */
import { pass, record } from '../autograd/tape.ts';
import { Tensor } from '../autograd/tensor.ts';
import type { Attributes } from '../graph/graph.ts';
import { validate } from './check.ts';

/**
 * A view of x under another shape: writing to one writes to the other.
 * @throws ShapeError, ArgumentError
 */
export function reshape(x: Tensor, attrs: Attributes['reshape']): Tensor {
  const shape = validate('reshape', attrs, { x });
  const y = new Tensor(x.engine, shape, x.dtype, x.ptr, x.scope, x.base ?? x);

  return record([x], y, (dy) => pass(x, dy));
}
