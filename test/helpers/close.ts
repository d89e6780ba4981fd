/** Comparison of arrays, with a message that says where they part. */

/**
 * @param tolerance largest |got - expected| / (|expected| + 1)
 * @returns null if they agree, else the first difference in words; NaN agrees with NaN only
 */
export function differsFrom(
  what: string,
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): string | null {
  if (got.length !== expected.length) {
    return `${what}: got ${got.length} elements, expected ${expected.length}`;
  }
  for (let i = 0; i < got.length; i++) {
    if (Object.is(got[i], expected[i])) continue;
    const error = Math.abs(got[i] - expected[i]) / (Math.abs(expected[i]) + 1);
    if (!(error <= tolerance)) {
      return `${what}: element ${i}: got ${got[i]}, expected ${expected[i]} (error ${error}, allowed ${tolerance})`;
    }
  }
  return null;
}
