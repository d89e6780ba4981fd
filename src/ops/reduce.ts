/** x of any shape -> a scalar. */
import { contribute, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import { usable } from './check.ts';

/**
 * The sum of all elements.
 * @throws ArgumentError
 */
export const sum = (x: Tensor): Tensor => scaledSum('sum', x, 1);

/**
 * The mean of all elements.
 * @throws ArgumentError
 */
export const mean = (x: Tensor): Tensor => scaledSum('mean', x, 1 / x.size);

/** y = factor * sum of x. */
function scaledSum(op: string, x: Tensor, factor: number): Tensor {
  usable(op, 'x', x, x);
  const { engine, size } = x;
  const { backend } = engine;
  const total = engine.empty([]);
  backend.reduce({ kind: 'sum', x: x.ptr, y: total.ptr, size });
  const y = factor === 1 ? total : engine.empty([]);
  if (y !== total) backend.axpby({ x: total.ptr, y: y.ptr, size: 1, alpha: factor, beta: 0 });

  return record([x], y, (dy) => {
    const value = backend.heap.f32(dy.ptr, 1)[0] * factor;
    contribute(x, (dx) => backend.fill({ y: dx, size, value }));
  });
}
