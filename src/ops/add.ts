/** a, b, y: the same shape. */
import { pass, record, shared } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import type { Attributes } from '../graph/graph.ts';
import { gradThroughClamp, highest, lowest } from './activation.ts';
import { validate } from './check.ts';

/**
 * y = a + b, and the fused activation where `attrs` has one.
 * @throws ShapeError, ArgumentError
 */
export function add(a: Tensor, b: Tensor, attrs: Attributes['add'] = {}): Tensor {
  const shape = validate('add', attrs, { a, b });
  const { engine } = a;
  const { backend } = engine;
  const y = engine.empty(shape);
  backend.add({
    a: a.ptr,
    b: b.ptr,
    y: y.ptr,
    size: y.size,
    lo: lowest(attrs.activation),
    hi: highest(attrs.activation),
  });

  return record([a, b], y, (dyAfter) => {
    const dy = gradThroughClamp(attrs.activation, y, dyAfter);
    const each = a.requiresGrad && b.requiresGrad ? shared(dy) : dy;
    pass(a, each);
    pass(b, each);
  });
}
