/** The two 16-bit floats: IEEE binary16 (F16) and the upper half of an f32 (BF16). Bits in, numbers out, and back. */

/** f32 numbers of binary16 bits: exact, for every number of the 16 bits is one of the 32. */
export function fromFloat16(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, (h) => {
    const sign = h & 0x8000 ? -1 : 1;
    const exponent = (h >> 10) & 31;
    const fraction = h & 1023;
    if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    // Below the smallest exponent the leading 1 is missing.
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * POWERS[exponent];
  });
}

/** 2^(e - 25): what the last place of a fraction is worth at exponent e. A table, since ** may differ between hosts. */
const POWERS = Float64Array.from({ length: 31 }, (_, e) => (e < 25 ? 1 / (1 << (25 - e)) : 1 << (e - 25)));

/** f32 numbers of bfloat16 bits: the missing half is zeros. */
export function fromBfloat16(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (h) => h << 16).buffer);
}

/** binary16 bits of the nearest numbers, halves to the even one; beyond 65504 (by half a step or more) infinity. */
export function toFloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.slice().buffer);
  return Uint16Array.from(words, (word) => {
    const sign = (word >>> 16) & 0x8000;
    const exponent = (word >>> 23) & 255;
    const fraction = word & 0x7fffff;
    if (exponent === 255) return sign | 0x7c00 | (fraction ? 0x200 : 0);
    // Of 24 bits of fraction 11 stay; fewer where the result is subnormal, none far below.
    const shift = exponent >= 113 ? 13 : 126 - exponent;
    if (shift > 24) return sign;
    const whole = fraction | (exponent === 0 ? 0 : 0x800000);
    const kept = whole >>> shift;
    const rest = whole & ((1 << shift) - 1);
    const half = 1 << (shift - 1);
    const rounded = kept + (rest > half || (rest === half && kept & 1) ? 1 : 0);
    // A carry out of the fraction is one more of the exponent, which is how the bits lie.
    const bits = exponent >= 113 ? ((exponent - 113) << 10) + rounded : rounded;
    return sign | Math.min(bits, 0x7c00);
  });
}
