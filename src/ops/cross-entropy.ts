/** logits, target [N][K] -> a scalar: the mean over the rows of the loss of each. */
import { contribute, needsGrad, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { formatShape, sameShape } from '../core/shape.ts';
import { usable } from './check.ts';

/**
 * Mean over rows of -sum(target * log softmax(logits)), by log-sum-exp. Labels become targets by `oneHot`; a teacher's
 * softmax is one as it is.
 * @param target probabilities; a constant, no gradient flows to it
 * @throws ShapeError, ArgumentError (also for a target that requires a gradient)
 */
export function crossEntropy(logits: Tensor, target: Tensor): Tensor {
  usable('crossEntropy', 'logits', logits, logits);
  usable('crossEntropy', 'target', target, logits);
  if (logits.shape.length !== 2) {
    throw new ShapeError('crossEntropy', 'logits', 'N x classes', formatShape(logits.shape));
  }
  if (!sameShape(logits.shape, target.shape)) {
    throw new ShapeError('crossEntropy', 'target', formatShape(logits.shape), formatShape(target.shape));
  }
  if (needsGrad([target])) {
    throw new ArgumentError(
      'crossEntropy',
      'target',
      'a constant; compute it under noGrad',
      'a tensor that requires gradients',
    );
  }
  const { engine } = logits;
  const { backend } = engine;
  const [rows, columns] = logits.shape;
  const losses = engine.empty([rows]);
  const diff = engine.empty(logits.shape);
  backend.crossEntropy({
    logits: logits.ptr,
    target: target.ptr,
    loss: losses.ptr,
    diff: diff.ptr,
    rows,
    columns,
  });
  const total = engine.empty([]);
  backend.reduce({ kind: 'sum', x: losses.ptr, y: total.ptr, size: rows });
  const y = engine.empty([]);
  backend.axpby({ x: total.ptr, y: y.ptr, size: 1, alpha: 1 / rows, beta: 0 });

  return record([logits], y, (dy) => {
    const alpha = backend.heap.f32(dy.ptr, 1)[0] / rows;
    contribute(logits, (dx) => backend.axpby({ x: diff.ptr, y: dx, size: diff.size, alpha, beta: 0 }));
  });
}
