/**
 * Call sites of the fused optimizer updates, masks and the accumulator of importance. What depends on hyperparameters
 * alone is computed here in f64 and rounded to f32 once, at the call.
 */
import type { Heap } from '../heap.ts';
import type { Family, Kernels } from './family.ts';

export function optim(
  kernels: Kernels,
  _heap: Heap,
): Family<'sgd' | 'adamw' | 'applyMask' | 'accumulateSquares'> {
  return {
    primitives: {
      sgd(a) {
        if (a.momentum === 0) kernels.f32_sgd(a.w, a.g, a.size, a.lr, a.weightDecay);
        else {
          const nesterov = a.nesterov ? 1 : 0;
          kernels.f32_sgd_momentum(a.w, a.g, a.v, a.size, a.lr, a.momentum, a.weightDecay, nesterov);
        }
      },

      adamw(a) {
        kernels.f32_adamw(
          a.w,
          a.g,
          a.m,
          a.v,
          a.size,
          1 - a.lr * a.weightDecay,
          a.beta1,
          1 - a.beta1,
          a.beta2,
          1 - a.beta2,
          a.lr / a.correction1,
          1 / Math.sqrt(a.correction2), // correctly rounded by IEEE 754, so the same on every host
          a.eps,
        );
      },

      applyMask: (a) => kernels.f32_apply_mask(a.x, a.mask, a.size),
      accumulateSquares: (a) => kernels.f32_accumulate_squares(a.x, a.sum, a.size),
    },
  };
}
