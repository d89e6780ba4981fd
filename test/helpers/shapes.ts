/** Values for tests of ops: the same on every backend, and far enough apart for finite differences. */
import { Rng } from '../../src/core/rng.ts';
import { type Shape, sizeOf } from '../../src/core/shape.ts';

/**
 * Distance between neighbours among `spaced` values: well over twice the step of `gradCheck`. It divides 3 and 6, so
 * that the kinks of relu6 and hardSwish lie half way between two values.
 */
const SPACING = 3 / 64;

/**
 * A random permutation of (i + 1/2) * SPACING around 0: no two equal, none at 0, so that a maximum, or the side of a
 * kink, does not change when one element moves by the step of a finite difference.
 */
export function spaced(shape: Shape, seed: number): Float32Array {
  const size = sizeOf(shape);
  const order = new Rng(seed).fork('spaced').permutation(size);
  return Float32Array.from(order, (i) => (i - Math.floor(size / 2) + 0.5) * SPACING);
}

/** Uniform in [-1, 1). */
export function uniform(shape: Shape, seed: number): Float32Array {
  const rng = new Rng(seed).fork('uniform');
  return Float32Array.from({ length: sizeOf(shape) }, () => rng.uniform() * 2 - 1);
}
