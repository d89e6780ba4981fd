/**
 * Starting values of weights. Uniform forms throughout: a uniform draw is exact arithmetic on every host, a Gaussian one
 * needs logarithms, whose last bit is not.
 */
import type { Rng } from '../core/rng.ts';
import { type Shape, sizeOf } from '../core/shape.ts';

export type Initializer = 'he' | 'glorot' | 'zeros';

/** Inputs that each output sums, and outputs that each input reaches, of an OIHW or [out][in] weight. */
export function fans(shape: Shape): { fanIn: number; fanOut: number } {
  const window = sizeOf(shape.slice(2));
  return { fanIn: shape[1] * window, fanOut: shape[0] * window };
}

/**
 * Half-width of the uniform interval that an initializer draws from.
 *
 * - he: sqrt(6 / fanIn), which keeps the variance of a ReLU network's activations (He et al. 2015, eq. 10, uniform form);
 * - glorot: sqrt(6 / (fanIn + fanOut)) (Glorot and Bengio 2010, eq. 16);
 * - zeros: 0.
 */
export function uniformBound(kind: Initializer, shape: Shape): number {
  const { fanIn, fanOut } = fans(shape);
  if (kind === 'he') return Math.sqrt(6 / fanIn);
  if (kind === 'glorot') return Math.sqrt(6 / (fanIn + fanOut));
  return 0;
}

/** `size` values, uniform in [-bound, bound), as f32. */
export function uniformValues(rng: Rng, size: number, bound: number): Float32Array {
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = (2 * rng.uniform() - 1) * bound;
  return values;
}

/** Weights of `shape` (OIHW or [out][in]) drawn by an initializer. */
export function initialWeights(kind: Initializer, rng: Rng, shape: Shape): Float32Array {
  return uniformValues(rng, sizeOf(shape), uniformBound(kind, shape));
}
