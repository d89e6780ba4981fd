/**
 * y = clamp(round(f32(a - zeroA) * multA + f32(b - zeroB) * multB) + zeroY, lo, hi) over i8 [size]. Two products and one sum,
 * each rounded to f32, in this order. In place allowed: the tail is a step of its own, never an overlapping one.
 *
 * Preconditions: lo <= hi, both in [-128, 127]; y is a, is b, or overlaps neither.
 */
import { load8, qs8_range, round, store8 } from './requantize';

export function qs8_add(
  a: usize,
  b: usize,
  y: usize,
  size: i32,
  zeroA: i32,
  zeroB: i32,
  zeroY: i32,
  multA: f32,
  multB: f32,
  lo: i32,
  hi: i32,
  range: usize,
): void {
  assert(lo >= -128 && lo <= hi && hi <= 127);
  assert(
    (a == y || a + <usize>size <= y || y + <usize>size <= a) &&
      (b == y || b + <usize>size <= y || y + <usize>size <= b),
  );
  qs8_range(range, zeroY, lo, hi);
  const za = i16x8.splat(<i16>zeroA);
  const zb = i16x8.splat(<i16>zeroB);
  const ma = f32x4.splat(multA);
  const mb = f32x4.splat(multB);
  for (let i = 0; i < size; i += 8) {
    const columns = min(8, size - i);
    const at = <usize>i;
    const va = i16x8.sub(load8(a + at, columns), za);
    const vb = i16x8.sub(load8(b + at, columns), zb);
    const s0 = f32x4.add(
      f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(va)), ma),
      f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(vb)), mb),
    );
    const s1 = f32x4.add(
      f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(va)), ma),
      f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(vb)), mb),
    );
    store8(y + at, columns, round(s0, range), round(s1, range), range);
  }
}
