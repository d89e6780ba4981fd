/** x [...][extent][...] -> y [...][count][...]. */
import { contribute, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import { stridesOf } from '../core/strides.ts';
import type { Attributes } from '../graph/graph.ts';
import { validate } from './check.ts';
import { copyView, walk } from './strided.ts';

/**
 * Positions start, start + step... of one axis.
 * @throws ShapeError, ArgumentError
 */
export function slice(x: Tensor, attrs: Attributes['slice']): Tensor {
  const shape = validate('slice', attrs, { x });
  const { engine } = x;
  const { axis, start, step } = attrs;
  const own = stridesOf(x.shape);
  const strides = own.map((stride, i) => (i === axis ? step * stride : stride));
  const offset = 4 * start * own[axis];
  const y = engine.empty(shape);
  copyView(engine, shape, { ptr: x.ptr + offset, strides }, y.ptr);

  return record([x], y, (dy) => {
    contribute(x, (dx) => {
      engine.backend.fill({ y: dx, size: x.size, value: 0 });
      const from = { ptr: dy.ptr, strides: stridesOf(shape) };
      walk(engine, 'copy', shape, from, from, { ptr: dx + offset, strides });
    });
  });
}
