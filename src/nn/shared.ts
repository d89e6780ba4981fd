/**
 * Layers that are born shared: k weights drawn at random, every connection assigned to one of them at random, and the k
 * weights trained. (The other way to a codebook, clustering a trained layer, is a compression step.)
 */
import { ArgumentError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import type { Param } from '../graph/graph.ts';
import { type Initializer, uniformBound, uniformValues } from './init.ts';

/**
 * A parameter of `shape` with k shared values. Random assignment is HashedNets' idea (Chen et al. 2015), with stored
 * indices in place of a hash.
 *
 * The k values are drawn one from each of k equal slices of the initializer's interval, so that even a k of 2 or 3 has
 * both signs and the spread that the initializer wants.
 * @throws ArgumentError if k is not a whole number in [2, 256]
 */
export function sharedParam(name: string, shape: Shape, k: number, kind: Initializer, rng: Rng): Param {
  if (!Number.isInteger(k) || k < 2 || k > 256) {
    throw new ArgumentError(name, 'k', 'a whole number of shared weights in [2, 256]', k);
  }
  const bound = uniformBound(kind, shape);
  const within = uniformValues(rng, k, 1);
  const centroids = new Float32Array(k);
  for (let j = 0; j < k; j++) centroids[j] = ((2 * j + 1 + within[j]) / k - 1) * bound;
  const indices = new Uint8Array(sizeOf(shape));
  for (let i = 0; i < indices.length; i++) indices[i] = rng.below(k);
  const values = Float32Array.from(indices, (j) => centroids[j]);
  return { name, shape, values, trainable: true, codebook: { centroids, indices } };
}
