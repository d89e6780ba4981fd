/** x, y: the same shape. */
import { contribute, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import { usable } from './check.ts';

/**
 * y = s * x.
 * @throws ArgumentError
 */
export function scale(x: Tensor, s: number): Tensor {
  usable('scale', 'x', x, x);
  const { engine, size } = x;
  const { backend } = engine;
  const y = engine.empty(x.shape);
  backend.axpby({ x: x.ptr, y: y.ptr, size, alpha: s, beta: 0 });

  return record([x], y, (dy) => {
    contribute(x, (dx) => backend.axpby({ x: dy.ptr, y: dx, size, alpha: s, beta: 0 }));
  });
}
