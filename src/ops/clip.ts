/** y = f(x), element by element, for the clamps of imported models. x, y: any shape. */
import { contribute, pass, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import type { Ptr } from '../backend/heap.ts';
import type { Attributes } from '../graph/graph.ts';
import { validate } from './check.ts';
import { withScalar } from './strided.ts';

/** Adding it to, and taking it from, an f32 below 2^22 in magnitude leaves the nearest whole number: 1.5 x 2^23. */
const ROUNDER = 12582912;

/**
 * x where lo <= x <= hi, else the nearer end. The gradient is 0 at the ends and beyond.
 * @throws ShapeError if lo is above hi
 */
export function clip(x: Tensor, attrs: Attributes['clip']): Tensor {
  const shape = validate('clip', attrs, { x });
  const { engine, size } = x;
  const lo = Math.fround(attrs.lo ?? -Infinity);
  const hi = Math.fround(attrs.hi ?? Infinity);
  const y = engine.empty(shape);
  withScalar(engine, 'sub', x.ptr, 0, y.ptr, size, lo, hi);

  return record([x], y, (dy) => {
    contribute(x, (dx) => {
      let from = dy.ptr;
      if (lo !== -Infinity) {
        below(x, y, -lo, 1, from, dx);
        from = dx;
      }
      if (hi !== Infinity) {
        below(x, y, hi, -1, from, dx);
        from = dx;
      }
      if (from !== dx) engine.backend.axpby({ x: from, y: dx, size, alpha: 1, beta: 0 });
    });
  });
}

/** dx = dy where offset + sign * y is above 0, else 0: the gradient of a ReLU that has it as output. */
function below(x: Tensor, y: Tensor, offset: number, sign: number, dy: Ptr, dx: Ptr): void {
  const { engine, size } = x;
  const { backend } = engine;
  const gap = engine.empty(y.shape).ptr;
  backend.axpby({ x: y.ptr, y: gap, size, alpha: sign, beta: 0 });
  withScalar(engine, 'add', gap, offset, gap, size);
  backend.unaryGrad({ kind: 'relu', x: gap, y: gap, dy, dx, size, alpha: 0 });
}

/**
 * min(max(alpha x + beta, 0), 1). The gradient is 0 at 0 and 1 and beyond.
 * @throws ShapeError, ArgumentError
 */
export function hardSigmoid(x: Tensor, attrs: Attributes['hardSigmoid']): Tensor {
  const shape = validate('hardSigmoid', attrs, { x });
  const { engine, size } = x;
  const { backend } = engine;
  const y = engine.empty(shape);
  withScalar(engine, 'mul', x.ptr, attrs.alpha, y.ptr, size);
  withScalar(engine, 'add', y.ptr, attrs.beta, y.ptr, size, 0, 1);

  return record([x], y, (dy) => {
    contribute(x, (dx) => {
      below(x, y, 0, 1, dy.ptr, dx);
      below(x, y, 1, -1, dx, dx);
      backend.axpby({ x: dx, y: dx, size, alpha: attrs.alpha, beta: 0 });
    });
  });
}

/**
 * The nearest whole number, halves to the even one, for |x| < 2^22. The gradient passes straight through (Bengio et al. 2013).
 * @throws ArgumentError
 */
export function round(x: Tensor): Tensor {
  const shape = validate('round', {}, { x });
  const { engine, size } = x;
  const y = engine.empty(shape);
  withScalar(engine, 'add', x.ptr, ROUNDER, y.ptr, size);
  withScalar(engine, 'sub', y.ptr, ROUNDER, y.ptr, size);

  return record([x], y, (dy) => pass(x, dy));
}
