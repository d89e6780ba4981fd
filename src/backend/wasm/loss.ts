/** Call sites of softmax, cross-entropy and one-hot labels. */
import type { Heap } from '../heap.ts';
import type { Family, Kernels } from './family.ts';

export function loss(
  kernels: Kernels,
  _heap: Heap,
): Family<'softmax' | 'softmaxGrad' | 'crossEntropy' | 'oneHot'> {
  return {
    primitives: {
      softmax: (a) => kernels.f32_softmax(a.x, a.y, a.rows, a.columns),
      softmaxGrad: (a) => kernels.f32_softmax_grad(a.y, a.dy, a.dx, a.rows, a.columns),
      crossEntropy: (a) => kernels.f32_cross_entropy(a.logits, a.target, a.loss, a.diff, a.rows, a.columns),
      oneHot(a) {
        const off = a.smoothing / a.columns;
        kernels.f32_one_hot(a.labels, a.y, a.rows, a.columns, 1 - a.smoothing + off, off);
      },
    },
  };
}
