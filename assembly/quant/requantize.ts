/**
 * Requantization: how an i32 accumulator becomes int8, the same bits on every host.
 *
 *   q = clamp(round(f32(acc) * multiplier) + zeroY, lo, hi)        round half to even
 *
 * With the magic number 12582912 = 1.5 * 2^23 (as in XNNPACK's kernels): in [2^23, 2^24) neighbouring floats are 1 apart, so
 *
 *   t = bits(f32(acc) * multiplier + 12582912)
 *
 * has rounded to a whole number, half to even, in its low bits: t = 0x4B400000 + the number, while |number| < 2^22. Beyond that t
 * still grows with the number as long as the sum is positive, and is negative as an integer where it is not, so a signed max
 * with 0x4B400000 + lo - zeroY clamps from below whatever the number was; then
 *
 *   q = min(narrow(t - 0x4B400000 + zeroY), hi)                    narrow saturates: i32 to i16 to i8
 *
 * Four instructions for four values after the conversion. f32x4.nearest with i32x4.trunc_sat_f32x4_s costs a dozen on x86 for the
 * same bits.
 *
 * The constants travel as a block of 64 bytes, a `range`: four times [12582912] (f32), [0x4B400000 + lo - zeroY] and
 * [0x4B400000 - zeroY] (i32), sixteen times [hi] (i8). Kernels load them where they need them: constants kept in registers
 * across a loop would be missing there.
 */

/** Writes the 64 bytes of a range. */
export function qs8_range(range: usize, zeroY: i32, lo: i32, hi: i32): void {
  v128.store(range, f32x4.splat(12582912));
  v128.store(range, i32x4.splat(0x4b400000 + lo - zeroY), 16);
  v128.store(range, i32x4.splat(0x4b400000 - zeroY), 32);
  v128.store(range, i8x16.splat(<i8>hi), 48);
}

/** Four accumulators, times the four multipliers at `multiplier`, as i32 that are not clamped from above yet. */
export function requantize(acc: v128, multiplier: usize, range: usize): v128 {
  return round(f32x4.mul(f32x4.convert_i32x4_s(acc), v128.load(multiplier)), range);
}

/** The second half, for four f32 values that are not NaN. */
export function round(v: v128, range: usize): v128 {
  const bits = i32x4.max_s(f32x4.add(v, v128.load(range)), v128.load(range, 16));
  return i32x4.sub(bits, v128.load(range, 32));
}

/** The last step: sixteen values to int8, no larger than hi. */
export function narrow(a: v128, b: v128, c: v128, d: v128, range: usize): v128 {
  const bytes = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
  return i8x16.min_s(bytes, v128.load(range, 48));
}

/** The last step for the first of four values. */
export function narrowOne(v: v128, range: usize): i8 {
  return <i8>i8x16.extract_lane_s(narrow(v, v, v, v, range), 0);
}

/** All of it for one value. */
export function requantizeOne(acc: i32, multiplier: f32, range: usize): i8 {
  return narrowOne(round(f32x4.splat(<f32>acc * multiplier), range), range);
}

/** Stores the first `columns` (1..8) of eight rounded values, four in each vector, as int8. */
export function store8(c: usize, columns: i32, low: v128, high: v128, range: usize): void {
  const bytes = narrow(low, high, low, high, range);
  if (columns == 8) v128.store64_lane(c, bytes, 0);
  else storeFirst(c, columns, bytes);
}

/** Stores the first `columns` (1..15) bytes of a vector. */
export function storeFirst(c: usize, columns: i32, bytes: v128): void {
  let rest = <u64>i64x2.extract_lane(bytes, 0);
  if (columns >= 8) {
    store<u64>(c, rest);
    rest = <u64>i64x2.extract_lane(bytes, 1);
    columns -= 8;
    c += 8;
  }
  for (let j = 0; j < columns; j++) {
    store<u8>(c, <u8>rest);
    rest >>= 8;
    c++;
  }
}

/** The first `columns` (1..8) bytes as eight i16; never reads further, which could leave the memory. */
export function load8(x: usize, columns: i32): v128 {
  if (columns == 8) return v128.load_ext<i8>(x);
  let bytes: u64 = 0;
  for (let i = columns - 1; i >= 0; i--) bytes = (bytes << 8) | load<u8>(x + <usize>i);
  return i16x8.extend_low_i8x16_s(i64x2.splat(<i64>bytes));
}
