/** Call sites of the reductions. */
import type { ReduceArgs, ReduceKind } from '../backend.ts';
import type { Heap } from '../heap.ts';
import type { Family, Kernels } from './family.ts';

export function reduce(kernels: Kernels, _heap: Heap): Family<'reduce' | 'argmax' | 'sumChannels'> {
  const reductions: Record<ReduceKind, (a: ReduceArgs) => void> = {
    sum: (a) => kernels.f32_sum(a.x, a.y, a.size),
    sumSquares: (a) => kernels.f32_sum_squares(a.x, a.y, a.size),
    maxAbs: (a) => kernels.f32_max_abs(a.x, a.y, a.size),
    minMax: (a) => kernels.f32_min_max(a.x, a.y, a.size),
  };
  return {
    primitives: {
      reduce: (a) => reductions[a.kind](a),
      argmax: (a) => kernels.f32_argmax(a.x, a.y, a.rows, a.columns),
      sumChannels(a) {
        const { step = a.c * a.p } = a;
        if (a.p === 1) kernels.f32_sum_rows(a.x, a.y, a.n, a.c, step);
        else kernels.f32_sum_channels(a.x, a.y, a.n, a.c, a.p, step);
      },
    },
  };
}
