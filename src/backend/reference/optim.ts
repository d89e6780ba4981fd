/** Updates of weights, and the accumulator of the empirical Fisher. Float64 within an element, each stored value rounded once. */
import type { AccumulateSquaresArgs, AdamWArgs, SgdArgs } from '../backend.ts';
import type { Heap } from '../heap.ts';

export const optim = (heap: Heap) => ({
  sgd(a: SgdArgs): void {
    const w = heap.f32(a.w, a.size);
    const g = heap.f32(a.g, a.size);
    const v = a.momentum !== 0 ? heap.f32(a.v, a.size) : null;
    for (let i = 0; i < a.size; i++) {
      const gradient = g[i] + a.weightDecay * w[i];
      let step = gradient;
      if (v) {
        const velocity = a.momentum * v[i] + gradient;
        step = a.nesterov ? gradient + a.momentum * velocity : velocity;
        v[i] = velocity;
      }
      w[i] -= a.lr * step;
    }
  },

  adamw(a: AdamWArgs): void {
    const w = heap.f32(a.w, a.size);
    const g = heap.f32(a.g, a.size);
    const m = heap.f32(a.m, a.size);
    const v = heap.f32(a.v, a.size);
    for (let i = 0; i < a.size; i++) {
      const decayed = w[i] - a.lr * a.weightDecay * w[i];
      const first = a.beta1 * m[i] + (1 - a.beta1) * g[i];
      const second = a.beta2 * v[i] + (1 - a.beta2) * g[i] * g[i];
      w[i] = decayed - (a.lr * (first / a.correction1)) / (Math.sqrt(second / a.correction2) + a.eps);
      m[i] = first;
      v[i] = second;
    }
  },

  accumulateSquares(a: AccumulateSquaresArgs): void {
    const x = heap.f32(a.x, a.size);
    const sum = heap.f32(a.sum, a.size);
    for (let i = 0; i < a.size; i++) sum[i] += x[i] * x[i];
  },
});
