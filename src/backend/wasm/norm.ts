/** Call sites of the batch normalisation kernels. */
import type { Heap } from '../heap.ts';
import type { Family, Kernels } from './family.ts';

export function norm(
  kernels: Kernels,
  _heap: Heap,
): Family<'batchNormTrain' | 'batchNormInfer' | 'batchNormGrad'> {
  return {
    primitives: {
      batchNormTrain(a) {
        kernels.f32_batch_norm_train(
          a.x,
          a.gamma,
          a.beta,
          a.y,
          a.mean,
          a.invStd,
          a.runningMean,
          a.runningVar,
          a.n,
          a.c,
          a.p,
          a.step ?? a.c * a.p,
          a.momentum,
          a.eps,
        );
      },

      batchNormInfer(a) {
        kernels.f32_batch_norm_infer(a.x, a.gamma, a.beta, a.mean, a.variance, a.y, a.n, a.c, a.p, a.eps);
      },

      batchNormGrad(a) {
        kernels.f32_batch_norm_grad(
          a.x,
          a.dy,
          a.gamma,
          a.mean,
          a.invStd,
          a.dx,
          a.dgamma,
          a.dbeta,
          a.n,
          a.c,
          a.p,
          a.step ?? a.c * a.p,
        );
      },
    },
  };
}
