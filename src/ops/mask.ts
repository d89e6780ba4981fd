/** x, y: the same shape; mask u8 of that size, 0 or 1. */
import { contributeInPlace, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import { ShapeError } from '../core/errors.ts';
import { formatShape } from '../core/shape.ts';
import { usable } from './check.ts';

/**
 * y = x where the mask is 1, else exactly 0; so is the gradient.
 * @throws ShapeError, ArgumentError
 */
export function mask(x: Tensor, keep: Tensor): Tensor {
  usable('mask', 'x', x, x);
  usable('mask', 'keep', keep, x, 'u8');
  if (keep.size !== x.size) {
    throw new ShapeError('mask', 'keep', `${x.size} elements`, formatShape(keep.shape));
  }
  const { engine, size } = x;
  const { backend } = engine;
  const masked = (from: number, to: number): void => {
    if (from !== to) backend.axpby({ x: from, y: to, size, alpha: 1, beta: 0 });
    backend.applyMask({ x: to, mask: keep.ptr, size });
  };
  const y = engine.empty(x.shape);
  masked(x.ptr, y.ptr);

  return record([x], y, (dy) => contributeInPlace(x, dy, (dx) => masked(dy.ptr, dx)));
}
