/**
 * Requantization: how an i32 accumulator becomes int8, the same bits on every host.
 *
 *   q = clamp(round(f32(acc) * multiplier) + zeroY, lo, hi)        round half to even
 *
 * Rounding is monotonic and the limits are whole numbers, so the clamp may come first:
 *
 *   v = clamp(f32(acc) * multiplier, lo - zeroY, hi - zeroY)       |v| <= 255
 *   q = bits(v + 12582912) - 0x4B400000 + zeroY
 *
 * 12582912 is 1.5 * 2^23: in [2^23, 2^24) neighbouring floats are 1 apart, so the addition itself rounds to a whole
 * number, half to even, and leaves it in the low bits (XNNPACK's "magic" rounding). That is one addition and one
 * subtraction; f32x4.nearest with i32x4.trunc_sat_f32x4_s costs a dozen instructions on x86 for the same bits.
 *
 * The three constants travel as one block of 48 bytes, a `range`: [lo - zeroY] x 4, [hi - zeroY] x 4 (f32) and
 * [0x4B400000 - zeroY] x 4 (i32).
 */

/** Writes the 48 bytes of a range. */
export function qs8_range(range: usize, zeroY: i32, lo: i32, hi: i32): void {
  v128.store(range, f32x4.splat(<f32>(lo - zeroY)));
  v128.store(range, f32x4.splat(<f32>(hi - zeroY)), 16);
  v128.store(range, i32x4.splat(0x4b400000 - zeroY), 32);
}

/** Four accumulators, times four multipliers, as i32 within [lo, hi]. */
export function requantize(acc: v128, multiplier: v128, lo: v128, hi: v128, back: v128): v128 {
  return roundInRange(f32x4.mul(f32x4.convert_i32x4_s(acc), multiplier), lo, hi, back);
}

/** The second half: four f32 values, clamped and rounded. pmin and pmax are one instruction on x86, min and max are not. */
export function roundInRange(v: v128, lo: v128, hi: v128, back: v128): v128 {
  const limited = f32x4.pmax(f32x4.pmin(v, hi), lo);
  return i32x4.sub(f32x4.add(limited, f32x4.splat(12582912)), back);
}

/** The same for one value, by one lane. */
export function requantizeOne(acc: i32, multiplier: f32, range: usize): i32 {
  const v = requantize(
    i32x4.splat(acc),
    f32x4.splat(multiplier),
    v128.load(range),
    v128.load(range, 16),
    v128.load(range, 32),
  );
  return i32x4.extract_lane(v, 0);
}

/** Stores the first `columns` (1..8) of eight values, four in each vector, as int8. */
export function store8(c: usize, columns: i32, low: v128, high: v128): void {
  const words = i16x8.narrow_i32x4_s(low, high);
  const bytes = i8x16.narrow_i16x8_s(words, words);
  if (columns == 8) {
    v128.store64_lane(c, bytes, 0);
    return;
  }
  let rest = i64x2.extract_lane(bytes, 0);
  for (let j = 0; j < columns; j++) {
    store<u8>(c, <u8>rest, 0);
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
