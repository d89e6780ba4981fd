// What both file writers need of a quantized graph: its numbers as integers.

/** Codes of symmetric weights with one scale for each output channel, in -127..127. */
export function integerWeights({ values, quant: { scale } }) {
  const row = values.length / scale.length;
  return Int8Array.from(values, (v, i) =>
    Math.max(-127, Math.min(127, Math.round(v / scale[Math.floor(i / row)]))),
  );
}

/** A bias in units of the products that it is added to. */
export function integerBias(values, input, scales) {
  return Int32Array.from(values, (v, i) => Math.round(v / (input.scale * scales[i])));
}
