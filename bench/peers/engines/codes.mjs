// Between numbers and their int8 codes, by a grid {scale, zeroPoint}.

export function toCodes(values, { scale, zeroPoint }) {
  return Int8Array.from(values, (v) => Math.max(-128, Math.min(127, Math.round(v / scale) + zeroPoint)));
}

/** `offset` is what the engine's codes have more than paring's: 128 where they are u8. */
export function fromCodes(codes, { scale, zeroPoint }, offset = 0) {
  return Float32Array.from(codes, (q) => (q - offset - zeroPoint) * scale);
}
