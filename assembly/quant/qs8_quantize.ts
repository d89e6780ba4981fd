/**
 * Between f32 and int8: y = clamp(round(x * (1 / scale)) + zeroPoint, -128, 127), round half to even, and back, y = (x - zeroPoint) *
 * scale. 1 / scale is one f32 division, the product is rounded to f32: the same bits on every host. x is a number, not NaN.
 *
 * x f32 [size] and y i8 [size], or the other way round.
 *
 * Preconditions: scale > 0; size may be 0; x and y do not overlap unless they begin at the same place and quantize
 * shrinks.
 */
import { load8, narrowOne, qs8_range, round, store8 } from './requantize';

export function qs8_quantize(x: usize, y: usize, size: i32, scale: f32, zeroPoint: i32, range: usize): void {
  assert(scale > 0);
  qs8_range(range, zeroPoint, -128, 127);
  const inverse = f32x4.splat(<f32>1 / scale);
  let i = 0;
  for (; i + 8 <= size; i += 8) {
    const from = x + ((<usize>i) << 2);
    const a = round(f32x4.mul(v128.load(from), inverse), range);
    const b = round(f32x4.mul(v128.load(from, 16), inverse), range);
    store8(y + <usize>i, 8, a, b, range);
  }
  for (; i < size; i++) {
    const v = f32x4.mul(v128.load_splat<f32>(x + ((<usize>i) << 2)), inverse);
    store<i8>(y + <usize>i, narrowOne(round(v, range), range));
  }
}

export function qs8_dequantize(x: usize, y: usize, size: i32, scale: f32, zeroPoint: i32): void {
  assert(scale > 0);
  const zero = i16x8.splat(<i16>zeroPoint);
  const factor = f32x4.splat(scale);
  let i = 0;
  for (; i + 8 <= size; i += 8) {
    const to = y + ((<usize>i) << 2);
    const v = i16x8.sub(load8(x + <usize>i, 8), zero);
    v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(v)), factor));
    v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(v)), factor), 16);
  }
  for (; i < size; i++) {
    store<f32>(y + ((<usize>i) << 2), <f32>(<i32>load<i8>(x + <usize>i) - zeroPoint) * scale);
  }
}
