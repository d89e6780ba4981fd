/** labels [N] i32 -> y [N][classes]. No gradient. */
import type { Tensor } from '../autograd/tensor.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { formatShape } from '../core/shape.ts';
import { usable } from './check.ts';

/**
 * Targets for `crossEntropy`: y = one-hot(labels) * (1 - smoothing) + smoothing / classes (Szegedy et al. 2016).
 * @param labels whole numbers in [0, classes)
 * @param smoothing in [0, 1)
 * @throws ShapeError, ArgumentError
 */
export function oneHot(labels: Tensor, classes: number, smoothing = 0): Tensor {
  usable('oneHot', 'labels', labels, labels, 'i32');
  if (labels.shape.length !== 1) {
    throw new ShapeError('oneHot', 'labels', 'one label a sample: [N]', formatShape(labels.shape));
  }
  if (!Number.isSafeInteger(classes) || classes < 1) {
    throw new ArgumentError('oneHot', 'classes', 'a whole number >= 1', classes);
  }
  if (!(smoothing >= 0 && smoothing < 1)) {
    throw new ArgumentError('oneHot', 'smoothing', 'a number in [0, 1)', smoothing);
  }
  for (const label of labels.view()) {
    if (label < 0 || label >= classes) {
      throw new ArgumentError('oneHot', 'labels', `labels in [0, ${classes})`, label);
    }
  }
  const rows = labels.size;
  const y = labels.engine.empty([rows, classes]);
  labels.engine.backend.oneHot({ labels: labels.ptr, y: y.ptr, rows, columns: classes, smoothing });
  return y;
}
