/** x [e_0][e_1]... -> y [e_perm[0]][e_perm[1]]... */
import { contribute, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import { stridesOf } from '../core/strides.ts';
import type { Attributes } from '../graph/graph.ts';
import { validate } from './check.ts';
import { copyView } from './strided.ts';

/**
 * Exchanges axes: axis i of the result is axis perm[i] of x.
 * @throws ShapeError, ArgumentError
 */
export function transpose(x: Tensor, attrs: Attributes['transpose']): Tensor {
  const shape = validate('transpose', attrs, { x });
  const { engine } = x;
  const { perm } = attrs;
  const own = stridesOf(x.shape);
  const y = engine.empty(shape);
  copyView(engine, shape, { ptr: x.ptr, strides: perm.map((axis) => own[axis]) }, y.ptr);

  return record([x], y, (dy) => {
    contribute(x, (dx) => {
      const strides = stridesOf(shape);
      const back = x.shape.map((_, axis) => strides[perm.indexOf(axis)]);
      copyView(engine, x.shape, { ptr: dy.ptr, strides: back }, dx);
    });
  });
}
