/**
 * A cosine made of additions and multiplications alone. Math.cos may differ in its last bit from host to host, and a
 * learning rate that differs changes every weight after it.
 */

/** Taylor coefficients of cos and sin around 0 in powers of x^2; the next term is below 1e-16 for |x| <= pi/4. */
const COS = [
  1,
  -1 / 2,
  1 / 24,
  -1 / 720,
  1 / 40320,
  -1 / 3628800,
  1 / 479001600,
  -1 / 87178291200,
  1 / 20922789888000,
];
const SIN = [1, -1 / 6, 1 / 120, -1 / 5040, 1 / 362880, -1 / 39916800, 1 / 6227020800, -1 / 1307674368000];

function horner(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * x + coefficients[i];
  return sum;
}

/** cos(pi * t) for t in [0, 1], to about 1e-15, with the same bits on every host. */
export function cosPi(t: number): number {
  if (t > 0.5) return -cosPi(1 - t);
  // The argument of whichever series is near 0: cos(pi t), or sin(pi / 2 - pi t).
  const x = Math.PI * (t <= 0.25 ? t : 0.5 - t);
  return t <= 0.25 ? horner(COS, x * x) : x * horner(SIN, x * x);
}
