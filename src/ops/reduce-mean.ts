/** x -> y without `axes`, or with extents of 1 there. */
import { contribute, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import { stridesOf } from '../core/strides.ts';
import type { Attributes } from '../graph/graph.ts';
import { validate } from './check.ts';
import { copyView, meanOver, withScalar } from './strided.ts';

/**
 * The mean over axes; over none it is x.
 * @throws ShapeError, ArgumentError
 */
export function reduceMean(x: Tensor, attrs: Attributes['reduceMean']): Tensor {
  const shape = validate('reduceMean', attrs, { x });
  const { engine } = x;
  const { axes } = attrs;
  const y = engine.empty(shape);
  meanOver(engine, x.ptr, x.shape, axes, y.ptr);

  return record([x], y, (dy) => {
    contribute(x, (dx) => {
      // Every element of x has its mean's gradient, divided by how many share it.
      const kept = stridesOf(x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent)));
      const strides = kept.map((stride, axis) => (axes.includes(axis) ? 0 : stride));
      copyView(engine, x.shape, { ptr: dy.ptr, strides }, dx);
      withScalar(engine, 'mul', dx, y.size / x.size, dx, x.size);
    });
  });
}
