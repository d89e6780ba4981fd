/** y = f(x), element by element. x, y: any shape. */
import { contributeInPlace, type Gradient, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import type { UnaryKind } from '../backend/backend.ts';
import type { Ptr } from '../backend/heap.ts';
import { ArgumentError } from '../core/errors.ts';
import type { FusedActivation } from '../graph/graph.ts';
import { usable } from './check.ts';

function elementwise(kind: UnaryKind, x: Tensor, alpha = 0): Tensor {
  usable(kind, 'x', x, x);
  const { backend } = x.engine;
  const { size } = x;
  const y = x.engine.empty(x.shape);
  backend.unary({ kind, x: x.ptr, y: y.ptr, size, alpha });
  return record([x], y, (dy) => {
    contributeInPlace(x, dy, (dx) =>
      backend.unaryGrad({ kind, x: x.ptr, y: y.ptr, dy: dy.ptr, dx, size, alpha }),
    );
  });
}

/** max(x, 0). The gradient at 0 is 0. */
export const relu = (x: Tensor): Tensor => elementwise('relu', x);

/** min(max(x, 0), 6). The gradient at 0 and 6 is 0. */
export const relu6 = (x: Tensor): Tensor => elementwise('relu6', x);

/** x where x > 0, else slope * x. */
export function leakyRelu(x: Tensor, slope: number): Tensor {
  if (!Number.isFinite(slope)) throw new ArgumentError('leakyRelu', 'slope', 'a finite number', slope);
  return elementwise('leakyRelu', x, slope);
}

/** 1 / (1 + exp(-x)). */
export const sigmoid = (x: Tensor): Tensor => elementwise('sigmoid', x);

/** The hyperbolic tangent. */
export const tanh = (x: Tensor): Tensor => elementwise('tanh', x);

/** x * relu6(x + 3) / 6 (Howard et al. 2019, MobileNetV3). */
export const hardSwish = (x: Tensor): Tensor => elementwise('hardSwish', x);

/** Lower bound of the clamp that a fused activation is. */
export function lowest(activation: FusedActivation | undefined): number {
  return activation === undefined ? -Infinity : 0;
}

/** Upper bound of the clamp that a fused activation is. */
export function highest(activation: FusedActivation | undefined): number {
  return activation === 'relu6' ? 6 : Infinity;
}

/**
 * The gradient before a fused activation, from the gradient behind it. The clamped output says where the clamp was
 * active, so the value before it need not be kept.
 */
export function gradThroughClamp(activation: FusedActivation | undefined, y: Tensor, dy: Gradient): Gradient {
  if (activation === undefined) return dy;
  const dx: Ptr = dy.exclusive ? dy.ptr : y.engine.empty(y.shape).ptr;
  y.engine.backend.unaryGrad({
    kind: activation,
    x: y.ptr,
    y: y.ptr,
    dy: dy.ptr,
    dx,
    size: y.size,
    alpha: 0,
  });
  return { ptr: dx, exclusive: true };
}
