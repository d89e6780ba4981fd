/** a, b: shapes aligned at their last axes; y: the larger extent of each axis. */
import { contribute, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import type { StridedKind } from '../backend/backend.ts';
import type { Ptr } from '../backend/heap.ts';
import type { Shape } from '../core/shape.ts';
import { broadcastStrides, stridesOf } from '../core/strides.ts';
import type { Attributes } from '../graph/graph.ts';
import { validate } from './check.ts';
import { sumTo, walk } from './strided.ts';

/**
 * y = a + b, a - b, a * b or a / b, the operands exchanged with `swap`.
 * @throws ShapeError, ArgumentError
 */
export function binary(first: Tensor, second: Tensor, attrs: Attributes['binary']): Tensor {
  const shape = validate('binary', attrs, { first, second });
  const { engine } = first;
  const { kind } = attrs;
  const [a, b] = attrs.swap ? [second, first] : [first, second];
  const y = engine.empty(shape);
  const view = (t: Tensor) => ({ ptr: t.ptr, strides: broadcastStrides(t.shape, shape) });
  const dense = (ptr: Ptr) => ({ ptr, strides: stridesOf(shape) });
  /** f(left, right), of y's shape. */
  const pairs = (f: StridedKind, left: ReturnType<typeof dense>, right: ReturnType<typeof dense>): Ptr => {
    const result = engine.empty(shape).ptr;
    walk(engine, f, shape, left, right, dense(result));
    return result;
  };
  walk(engine, kind, shape, view(a), view(b), dense(y.ptr));

  return record([a, b], y, (dy) => {
    const give = (t: Tensor, gradient: () => Ptr, sign = 1): void =>
      contribute(t, (dt) => {
        sumTo(engine, gradient(), shape as Shape, t.shape, dt);
        if (sign < 0) engine.backend.axpby({ x: dt, y: dt, size: t.size, alpha: -1, beta: 0 });
      });
    switch (kind) {
      case 'add':
      case 'sub':
        give(a, () => dy.ptr);
        give(b, () => dy.ptr, kind === 'add' ? 1 : -1);
        break;
      case 'mul':
        give(a, () => pairs('mul', dense(dy.ptr), view(b)));
        give(b, () => pairs('mul', dense(dy.ptr), view(a)));
        break;
      case 'div': {
        // d(a/b)/da = 1/b, d(a/b)/db = -y/b
        const byB = () => pairs('div', dense(dy.ptr), view(b));
        give(a, byB);
        give(b, () => pairs('mul', dense(byB()), dense(y.ptr)), -1);
      }
    }
  });
}
