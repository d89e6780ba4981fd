/**
 * int8: quantization, fake quantization, and the integer primitives. Unlike the float primitives, which round once, these
 * state each f32 rounding, because a backend must give the same bits.
 */
import type {
  DequantizeArgs,
  FakeQuantizeArgs,
  FakeQuantizeGradArgs,
  QAddArgs,
  QAvgPoolArgs,
  QConv2dArgs,
  QGlobalAvgPoolArgs,
  QLinearArgs,
  QLookupArgs,
  QMaxPoolArgs,
  QuantizeArgs,
} from '../backend.ts';
import type { Heap } from '../heap.ts';
import { clamp } from './clamp.ts';
import { averageWindows, maxWindows } from './pool.ts';
import { correlate } from './window.ts';

const f32 = Math.fround;

/** Beyond this a scaled value saturates whatever the zero point, and f32 still holds quarters: rounding is exact. */
const LARGEST = 2 ** 21;

/** The nearest whole number, the even one if two are equally near. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** clamp(round(scaled) + zero, lo, hi). */
function saturate(scaled: number, zero: number, lo: number, hi: number): number {
  return clamp(roundHalfEven(clamp(scaled, -LARGEST, LARGEST)) + zero, lo, hi);
}

/** f32(acc) * multiplier with one rounding for the conversion and one for the product. */
function scale(acc: number, multiplier: number): number {
  return f32(f32(acc) * multiplier);
}

export const quant = (heap: Heap) => ({
  fakeQuantize(a: FakeQuantizeArgs): void {
    const { channels, inner } = a;
    const x = heap.f32(a.x, channels * inner);
    const y = heap.f32(a.y, channels * inner);
    const scales = heap.f32(a.scale, channels);
    const zeros = heap.i32(a.zeroPoint, channels);
    for (let c = 0; c < channels; c++) {
      const inverse = f32(1 / scales[c]);
      for (let i = c * inner; i < (c + 1) * inner; i++) {
        const q = saturate(f32(x[i] * inverse), zeros[c], a.qmin, a.qmax);
        y[i] = (q - zeros[c]) * scales[c];
      }
    }
  },

  fakeQuantizeGrad(a: FakeQuantizeGradArgs): void {
    const { channels, inner } = a;
    const x = heap.f32(a.x, channels * inner);
    const dy = heap.f32(a.dy, channels * inner);
    const dx = heap.f32(a.dx, channels * inner);
    const scales = heap.f32(a.scale, channels);
    const zeros = heap.i32(a.zeroPoint, channels);
    for (let c = 0; c < channels; c++) {
      const inverse = f32(1 / scales[c]);
      for (let i = c * inner; i < (c + 1) * inner; i++) {
        const q = saturate(f32(x[i] * inverse), zeros[c], -Infinity, Infinity);
        dx[i] = q >= a.qmin && q <= a.qmax ? dy[i] : 0;
      }
    }
  },

  quantize(a: QuantizeArgs): void {
    const x = heap.f32(a.x, a.size);
    const y = heap.i8(a.y, a.size);
    const inverse = f32(1 / f32(a.scale));
    for (let i = 0; i < a.size; i++) y[i] = saturate(f32(x[i] * inverse), a.zeroPoint, -128, 127);
  },

  dequantize(a: DequantizeArgs): void {
    const x = heap.i8(a.x, a.size);
    const y = heap.f32(a.y, a.size);
    const step = f32(a.scale);
    for (let i = 0; i < a.size; i++) y[i] = (x[i] - a.zeroPoint) * step;
  },

  qconv2d(a: QConv2dArgs): void {
    const { n, ci, co, ho, wo } = a;
    // Padding counts as zeroX, that is as 0 once zeroX is taken off: the float convolution's padding.
    const x = new Float64Array(heap.i8(a.x, n * ci * a.h * a.w));
    for (let i = 0; i < x.length; i++) x[i] -= a.zeroX;
    const weight = new Float64Array(heap.i8(a.weight, co * (ci / a.groups) * a.kh * a.kw));
    const bias = a.bias ? heap.i32(a.bias, co) : null;
    const multiplier = heap.f32(a.multiplier, co);
    const y = heap.i8(a.y, n * co * ho * wo);
    const sum = new Float64Array(ho * wo);
    for (let s = 0; s < n; s++) {
      for (let o = 0; o < co; o++) {
        sum.fill(bias ? bias[o] : 0);
        correlate(a, x, weight, s, o, sum, false);
        const plane = (s * co + o) * ho * wo;
        for (let p = 0; p < sum.length; p++) {
          y[plane + p] = saturate(scale(sum[p] | 0, multiplier[o]), a.zeroY, a.lo, a.hi);
        }
      }
    }
  },

  qlinear(a: QLinearArgs): void {
    const inputs = a.i;
    const x = heap.i8(a.x, a.n * inputs);
    const weight = heap.i8(a.weight, a.o * inputs);
    const bias = a.bias ? heap.i32(a.bias, a.o) : null;
    const multiplier = heap.f32(a.multiplier, a.o);
    const y = heap.i8(a.y, a.n * a.o);
    for (let s = 0; s < a.n; s++) {
      for (let o = 0; o < a.o; o++) {
        let sum = bias ? bias[o] : 0;
        for (let i = 0; i < inputs; i++) sum += (x[s * inputs + i] - a.zeroX) * weight[o * inputs + i];
        y[s * a.o + o] = saturate(scale(sum | 0, multiplier[o]), a.zeroY, a.lo, a.hi);
      }
    }
  },

  qmaxPool(a: QMaxPoolArgs): void {
    const x = heap.i8(a.x, a.n * a.ci * a.h * a.w);
    const y = heap.i8(a.y, a.n * a.ci * a.ho * a.wo);
    maxWindows(a, x, (at, value) => {
      y[at] = value;
    });
  },

  qavgPool(a: QAvgPoolArgs): void {
    const x = heap.i8(a.x, a.n * a.ci * a.h * a.w);
    const y = heap.i8(a.y, a.n * a.ci * a.ho * a.wo);
    const multiplier = f32(a.multiplier);
    averageWindows(a, x, a.zeroX, (at, sum, count) => {
      y[at] = saturate(scale(sum, f32(multiplier / count)), a.zeroY, -128, 127);
    });
  },

  qglobalAvgPool(a: QGlobalAvgPoolArgs): void {
    const x = heap.i8(a.x, a.n * a.c * a.p);
    const y = heap.i8(a.y, a.n * a.c);
    const multiplier = f32(f32(a.multiplier) / a.p);
    for (let plane = 0; plane < a.n * a.c; plane++) {
      let sum = 0;
      for (let p = plane * a.p; p < (plane + 1) * a.p; p++) sum += x[p] - a.zeroX;
      y[plane] = saturate(scale(sum, multiplier), a.zeroY, -128, 127);
    }
  },

  qadd(q: QAddArgs): void {
    const a = heap.i8(q.a, q.size);
    const b = heap.i8(q.b, q.size);
    const y = heap.i8(q.y, q.size);
    const multA = f32(q.multA);
    const multB = f32(q.multB);
    for (let i = 0; i < q.size; i++) {
      const sum = f32(scale(a[i] - q.zeroA, multA) + scale(b[i] - q.zeroB, multB));
      y[i] = saturate(sum, q.zeroY, q.lo, q.hi);
    }
  },

  qlookup(a: QLookupArgs): void {
    const x = heap.i8(a.x, a.size);
    const y = heap.i8(a.y, a.size);
    const table = heap.i8(a.table, 256);
    for (let i = 0; i < a.size; i++) y[i] = table[x[i] + 128];
  },
});
