/**
 * The one idea that convolution, in floats and in int8, shares: a plane of outputs is a sum of shifted, strided copies of
 * input planes, one for each weight. Numbers are float64 throughout, which holds products of f32 (and any sum of int8
 * products) without rounding them.
 */
import type { Window } from '../backend.ts';

/** The outputs [from, to) whose tap at `offset` = k * dilation - padding falls inside [0, extent). */
export function reach(offset: number, stride: number, extent: number, outputs: number): [number, number] {
  const from = Math.max(0, Math.ceil(-offset / stride));
  const to = Math.min(outputs, Math.floor((extent - 1 - offset) / stride) + 1);
  return [from, Math.max(from, to)];
}

/**
 * sum[ho][wo] += convolution of sample `s` for output channel `o`. Taps that fall into the padding add nothing.
 * @param x [n][ci][h][w]
 * @param weight OIHW
 * @param skipZeros leave out weights that are 0, as sparse storage does
 */
export function correlate(
  a: Window,
  x: Float64Array,
  weight: Float64Array,
  s: number,
  o: number,
  sum: Float64Array,
  skipZeros: boolean,
): void {
  const { ci, h, w, kh, kw, wo, strideH, strideW } = a;
  const ciGroup = ci / a.groups;
  const firstChannel = Math.floor(o / (a.co / a.groups)) * ciGroup;
  for (let i = 0; i < ciGroup; i++) {
    const plane = (s * ci + firstChannel + i) * h * w;
    for (let ky = 0; ky < kh; ky++) {
      const dy = ky * a.dilH - a.padT;
      const [yFrom, yTo] = reach(dy, strideH, h, a.ho);
      for (let kx = 0; kx < kw; kx++) {
        const tap = weight[((o * ciGroup + i) * kh + ky) * kw + kx];
        if (skipZeros && tap === 0) continue;
        const dx = kx * a.dilW - a.padL;
        const [xFrom, xTo] = reach(dx, strideW, w, wo);
        for (let oy = yFrom; oy < yTo; oy++) {
          const from = plane + (oy * strideH + dy) * w + dx;
          const to = oy * wo;
          for (let ox = xFrom; ox < xTo; ox++) sum[to + ox] += tap * x[from + ox * strideW];
        }
      }
    }
  }
}
