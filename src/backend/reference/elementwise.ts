/** Functions of one element, or of two at the same position. */
import type {
  AddBiasArgs,
  AxpbyArgs,
  BinaryArgs,
  FillArgs,
  MaskArgs,
  UnaryArgs,
  UnaryGradArgs,
  UnaryKind,
} from '../backend.ts';
import type { Heap } from '../heap.ts';
import { clamp } from './clamp.ts';

/** A function and, right below it, its derivative, given the input x and the output y. */
interface Unary {
  value(x: number, alpha: number): number;
  slope(x: number, y: number, alpha: number): number;
}

const unaries: Readonly<Record<UnaryKind, Unary>> = {
  relu: {
    value: (x) => Math.max(x, 0),
    slope: (x) => (x > 0 ? 1 : 0),
  },
  relu6: {
    value: (x) => clamp(x, 0, 6),
    slope: (x) => (x > 0 && x < 6 ? 1 : 0),
  },
  leakyRelu: {
    value: (x, alpha) => (x > 0 ? x : alpha * x),
    slope: (x, _y, alpha) => (x > 0 ? 1 : alpha),
  },
  sigmoid: {
    value: (x) => 1 / (1 + Math.exp(-x)),
    slope: (_x, y) => y * (1 - y),
  },
  tanh: {
    value: (x) => Math.tanh(x),
    slope: (_x, y) => 1 - y * y,
  },
  hardSwish: {
    value: (x) => (x * clamp(x + 3, 0, 6)) / 6,
    slope: (x) => (x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5),
  },
  exp: {
    value: (x) => Math.exp(x),
    slope: (_x, y) => y,
  },
  log: {
    value: (x) => Math.log(x),
    slope: (x) => 1 / x,
  },
};

export const elementwise = (heap: Heap) => ({
  unary(a: UnaryArgs): void {
    const x = heap.f32(a.x, a.size);
    const y = heap.f32(a.y, a.size);
    const { value } = unaries[a.kind];
    for (let i = 0; i < a.size; i++) y[i] = value(x[i], a.alpha);
  },

  unaryGrad(a: UnaryGradArgs): void {
    const x = heap.f32(a.x, a.size);
    const y = heap.f32(a.y, a.size);
    const dy = heap.f32(a.dy, a.size);
    const dx = heap.f32(a.dx, a.size);
    const { slope } = unaries[a.kind];
    for (let i = 0; i < a.size; i++) dx[i] = dy[i] * slope(x[i], y[i], a.alpha);
  },

  add({ size, lo, hi, ...p }: BinaryArgs): void {
    const a = heap.f32(p.a, size);
    const b = heap.f32(p.b, size);
    const y = heap.f32(p.y, size);
    for (let i = 0; i < size; i++) y[i] = clamp(a[i] + b[i], lo, hi);
  },

  mul({ size, lo, hi, ...p }: BinaryArgs): void {
    const a = heap.f32(p.a, size);
    const b = heap.f32(p.b, size);
    const y = heap.f32(p.y, size);
    for (let i = 0; i < size; i++) y[i] = clamp(a[i] * b[i], lo, hi);
  },

  axpby(a: AxpbyArgs): void {
    const x = heap.f32(a.x, a.size);
    const y = heap.f32(a.y, a.size);
    // Not 0 * y: an infinity or NaN left in memory that was never written must not come through.
    if (a.beta === 0) for (let i = 0; i < a.size; i++) y[i] = a.alpha * x[i];
    else for (let i = 0; i < a.size; i++) y[i] = a.alpha * x[i] + a.beta * y[i];
  },

  fill(a: FillArgs): void {
    heap.f32(a.y, a.size).fill(a.value);
  },

  addBias({ n, c, p, ...a }: AddBiasArgs): void {
    const x = heap.f32(a.x, n * c * p);
    const bias = heap.f32(a.bias, c);
    const y = heap.f32(a.y, n * c * p);
    for (let i = 0; i < y.length; i++) y[i] = x[i] + bias[Math.floor(i / p) % c];
  },

  applyMask(a: MaskArgs): void {
    const x = heap.f32(a.x, a.size);
    const mask = heap.u8(a.mask, a.size);
    for (let i = 0; i < a.size; i++) if (mask[i] === 0) x[i] = 0;
  },
});
