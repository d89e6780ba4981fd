/** a, b, y: the same shape. */
import { contribute, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import { validate } from './check.ts';

/**
 * y = a * b, element by element.
 * @throws ShapeError, ArgumentError
 */
export function mul(a: Tensor, b: Tensor): Tensor {
  const shape = validate('mul', {}, { a, b });
  const { engine } = a;
  const { backend } = engine;
  const { size } = a;
  const lo = -Infinity;
  const hi = Infinity;
  const y = engine.empty(shape);
  backend.mul({ a: a.ptr, b: b.ptr, y: y.ptr, size, lo, hi });

  return record([a, b], y, (dy) => {
    contribute(a, (da) => backend.mul({ a: dy.ptr, b: b.ptr, y: da, size, lo, hi }));
    contribute(b, (db) => backend.mul({ a: dy.ptr, b: a.ptr, y: db, size, lo, hi }));
  });
}
