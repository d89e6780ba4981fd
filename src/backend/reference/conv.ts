/** Convolution and its two gradients, summed in float64. */
import type {
  Conv2dArgs,
  Conv2dGradInputArgs,
  Conv2dGradWeightArgs,
  WinogradConv2dArgs,
} from '../backend.ts';
import type { Heap } from '../heap.ts';
import { clamp } from './clamp.ts';
import { correlate, reach } from './window.ts';

export const conv = (heap: Heap) => ({
  conv2d(a: Conv2dArgs): void {
    convolve(heap, a, false);
  },

  winogradConv2d(a: WinogradConv2dArgs): void {
    convolve(heap, a, false);
  },

  conv2dGradInput(a: Conv2dGradInputArgs): void {
    const { n, ci, h, w, co, ho, wo, kh, kw, strideH, strideW } = a;
    const ciGroup = ci / a.groups;
    const coGroup = co / a.groups;
    const dy = new Float64Array(heap.f32(a.dy, n * co * ho * wo));
    const weight = heap.f32(a.weight, co * ciGroup * kh * kw);
    const dx = heap.f32(a.dx, n * ci * h * w);
    const sum = new Float64Array(h * w);
    for (let s = 0; s < n; s++) {
      for (let i = 0; i < ci; i++) {
        const group = Math.floor(i / ciGroup);
        sum.fill(0);
        for (let o = group * coGroup; o < (group + 1) * coGroup; o++) {
          const plane = (s * co + o) * ho * wo;
          for (let ky = 0; ky < kh; ky++) {
            const offsetY = ky * a.dilH - a.padT;
            const [yFrom, yTo] = reach(offsetY, strideH, h, ho);
            for (let kx = 0; kx < kw; kx++) {
              const tap = weight[((o * ciGroup + (i % ciGroup)) * kh + ky) * kw + kx];
              const offsetX = kx * a.dilW - a.padL;
              const [xFrom, xTo] = reach(offsetX, strideW, w, wo);
              for (let oy = yFrom; oy < yTo; oy++) {
                const from = plane + oy * wo;
                const to = (oy * strideH + offsetY) * w + offsetX;
                for (let ox = xFrom; ox < xTo; ox++) sum[to + ox * strideW] += tap * dy[from + ox];
              }
            }
          }
        }
        dx.set(sum, (s * ci + i) * h * w);
      }
    }
  },

  conv2dGradWeight(a: Conv2dGradWeightArgs): void {
    const { n, ci, h, w, co, ho, wo, kh, kw, strideH, strideW } = a;
    const ciGroup = ci / a.groups;
    const coGroup = co / a.groups;
    const x = new Float64Array(heap.f32(a.x, n * ci * h * w));
    const { strideDy = co * ho * wo } = a;
    const dy = new Float64Array(heap.f32(a.dy, (n - 1) * strideDy + co * ho * wo));
    const dw = heap.f32(a.dw, co * ciGroup * kh * kw);
    for (let o = 0; o < co; o++) {
      const firstChannel = Math.floor(o / coGroup) * ciGroup;
      for (let i = 0; i < ciGroup; i++) {
        for (let ky = 0; ky < kh; ky++) {
          const offsetY = ky * a.dilH - a.padT;
          const [yFrom, yTo] = reach(offsetY, strideH, h, ho);
          for (let kx = 0; kx < kw; kx++) {
            const offsetX = kx * a.dilW - a.padL;
            const [xFrom, xTo] = reach(offsetX, strideW, w, wo);
            let sum = 0;
            for (let s = 0; s < n; s++) {
              const planeX = (s * ci + firstChannel + i) * h * w;
              const planeY = s * strideDy + o * ho * wo;
              for (let oy = yFrom; oy < yTo; oy++) {
                const fromX = planeX + (oy * strideH + offsetY) * w + offsetX;
                const fromY = planeY + oy * wo;
                for (let ox = xFrom; ox < xTo; ox++) sum += x[fromX + ox * strideW] * dy[fromY + ox];
              }
            }
            dw[((o * ciGroup + i) * kh + ky) * kw + kx] = sum;
          }
        }
      }
    }
  },
});

/** y = clamp(conv2d(x, weight) + bias); with skipZeros, weights that are 0 are left out of the sum. */
export function convolve(heap: Heap, a: Conv2dArgs, skipZeros: boolean): void {
  const { n, co, ho, wo } = a;
  const x = new Float64Array(heap.f32(a.x, n * a.ci * a.h * a.w));
  const weight = new Float64Array(heap.f32(a.weight, co * (a.ci / a.groups) * a.kh * a.kw));
  const bias = a.bias ? heap.f32(a.bias, co) : null;
  const y = heap.f32(a.y, n * co * ho * wo);
  const sum = new Float64Array(ho * wo);
  for (let s = 0; s < n; s++) {
    for (let o = 0; o < co; o++) {
      sum.fill(bias ? bias[o] : 0);
      correlate(a, x, weight, s, o, sum, skipZeros);
      const plane = (s * co + o) * ho * wo;
      for (let p = 0; p < sum.length; p++) y[plane + p] = clamp(sum[p], a.lo, a.hi);
    }
  }
}
