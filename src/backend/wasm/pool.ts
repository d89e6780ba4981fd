/** Call sites of the pooling kernels, and the choice of the fast one for windows of 2x2 with stride 2. */
import type { Window } from '../backend.ts';
import type { Heap } from '../heap.ts';
import type { Family, Kernels } from './family.ts';

type PoolPrimitive =
  | 'maxPool'
  | 'maxPoolGrad'
  | 'avgPool'
  | 'avgPoolGrad'
  | 'globalAvgPool'
  | 'globalAvgPoolGrad';

/** 2x2, stride 2, every window inside the plane: what f32_max_pool_2x2s2 takes. */
function isHalving(a: Window): boolean {
  return (
    a.kh === 2 &&
    a.kw === 2 &&
    a.strideH === 2 &&
    a.strideW === 2 &&
    a.padT === 0 &&
    a.padL === 0 &&
    a.dilH === 1 &&
    a.dilW === 1 &&
    2 * a.ho <= a.h &&
    2 * a.wo <= a.w
  );
}

export function pool(kernels: Kernels, _heap: Heap): Family<PoolPrimitive> {
  return {
    primitives: {
      maxPool(a) {
        const planes = a.n * a.ci;
        if (isHalving(a)) {
          kernels.f32_max_pool_2x2s2(a.x, a.y, a.indices, planes, a.h, a.w, a.ho, a.wo);
          return;
        }
        kernels.f32_max_pool(
          a.x,
          a.y,
          a.indices,
          planes,
          a.h,
          a.w,
          a.ho,
          a.wo,
          a.kh,
          a.kw,
          a.strideH,
          a.strideW,
          a.padT,
          a.padL,
          a.dilH,
          a.dilW,
        );
      },

      maxPoolGrad(a) {
        const planes = a.n * a.ci;
        if (isHalving(a)) {
          kernels.f32_max_pool_2x2s2_grad(a.dy, a.indices, a.dx, planes, a.h, a.w, a.ho, a.wo);
        } else kernels.f32_max_pool_grad(a.dy, a.indices, a.dx, planes, a.h * a.w, a.ho * a.wo);
      },

      avgPool(a) {
        kernels.f32_avg_pool(
          a.x,
          a.y,
          a.n * a.ci,
          a.h,
          a.w,
          a.ho,
          a.wo,
          a.kh,
          a.kw,
          a.strideH,
          a.strideW,
          a.padT,
          a.padL,
          a.padB,
          a.padR,
          a.dilH,
          a.dilW,
          a.countIncludePad ? 1 : 0,
        );
      },

      avgPoolGrad(a) {
        kernels.f32_avg_pool_grad(
          a.dy,
          a.dx,
          a.n * a.ci,
          a.h,
          a.w,
          a.ho,
          a.wo,
          a.kh,
          a.kw,
          a.strideH,
          a.strideW,
          a.padT,
          a.padL,
          a.padB,
          a.padR,
          a.dilH,
          a.dilW,
          a.countIncludePad ? 1 : 0,
        );
      },

      globalAvgPool(a) {
        kernels.f32_global_avg_pool(a.x, a.y, a.n * a.c, a.p);
      },

      globalAvgPoolGrad(a) {
        kernels.f32_global_avg_pool_grad(a.dy, a.dx, a.n * a.c, a.p);
      },
    },
  };
}
