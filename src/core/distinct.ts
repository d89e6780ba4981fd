/** Numbers that repeat: which there are, and where each stands. */

/** Most different numbers that an index of a byte tells apart. */
const MOST = 256;

/**
 * The different values, by their bits (so that -0 is not 0), in the order in which they occur, and the place of each element among them.
 * @returns undefined if there are more than 256
 */
export function distinctValues(
  values: Float32Array,
): { codebook: Float32Array; indices: Uint8Array } | undefined {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const places = new Map<number, number>();
  const indices = new Uint8Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    let place = places.get(bits[i]);
    if (place === undefined) {
      if (places.size === MOST) return undefined;
      place = places.size;
      places.set(bits[i], place);
    }
    indices[i] = place;
  }
  return { codebook: new Float32Array(Uint32Array.from(places.keys()).buffer), indices };
}
