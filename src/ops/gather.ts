/** x [...][extent][...] -> y [...][indices.length][...]. */
import { contribute, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import { stridesOf } from '../core/strides.ts';
import type { Attributes } from '../graph/graph.ts';
import { validate } from './check.ts';
import { walk } from './strided.ts';

/**
 * Positions of one axis in the order of `indices`. The gradient of a position is the sum over all its uses.
 * @throws ShapeError, ArgumentError
 */
export function gather(x: Tensor, attrs: Attributes['gather']): Tensor {
  const shape = validate('gather', attrs, { x });
  const { engine } = x;
  const { axis, indices } = attrs;
  const slab = shape.map((extent, i) => (i === axis ? 1 : extent));
  const from = stridesOf(x.shape);
  const to = stridesOf(shape);
  const y = engine.empty(shape);
  indices.forEach((index, i) => {
    const a = { ptr: x.ptr + 4 * index * from[axis], strides: from };
    walk(engine, 'copy', slab, a, a, { ptr: y.ptr + 4 * i * to[axis], strides: to });
  });

  return record([x], y, (dy) => {
    contribute(x, (dx) => {
      engine.backend.fill({ y: dx, size: x.size, value: 0 });
      indices.forEach((index, i) => {
        const sum = { ptr: dx + 4 * index * from[axis], strides: from };
        walk(engine, 'add', slab, sum, { ptr: dy.ptr + 4 * i * to[axis], strides: to }, sum);
      });
    });
  });
}
