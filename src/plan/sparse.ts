/**
 * When a layer runs on a sparse kernel. Skipping zeros costs an index a weight and loses register blocking, so it pays
 * only above a share of zeros that depends on the geometry. Measured break-even points; they move with the dense kernels.
 */
import type { Window } from '../backend/backend.ts';

/** `auto` asks the break-even constants; `never` and `always` are for measuring and for tests. */
export type SparseChoice = 'auto' | 'never' | 'always';

/** Share of zeros above which the sparse kernel was the faster one. */
export const breakEven = {
  /** 1x1 convolution. */
  pointwise: 0.45,
  /** k x k convolution against implicit im2col. */
  spatial: 0.5,
  /** Linear layer of few samples: a gather for each kept weight against a dense product that only reads. */
  linearFew: 0.8,
  /** Of four samples on, as columns of a sparse product. */
  linearSome: 0.55,
  /** Of sixteen samples on. */
  linearMany: 0.4,
} as const;

/** Share of exact zeros in the weights, 0..1. */
export function zeroShare(weights: Float32Array): number {
  return 1 - countNonzero(weights) / weights.length;
}

export function countNonzero(weights: Float32Array): number {
  if (!weights.includes(0)) return weights.length; // a native search: a fresh process runs the loop slowly
  let count = 0;
  for (let i = 0; i < weights.length; i++) if (weights[i] !== 0) count += 1;
  return count;
}

/**
 * Whether a convolution of this geometry should skip the zeros of these weights. A depthwise one never does by itself:
 * its kernel is bound by memory.
 * @param speedup of the dense kernel it stands against over implicit im2col: the share of weights that may remain shrinks with it
 */
export function sparseConvPays(
  choice: SparseChoice,
  geometry: Window,
  weights: Float32Array,
  speedup: number,
): boolean {
  if (choice !== 'auto') return choice === 'always';
  if (geometry.groups > 1 && geometry.groups === geometry.ci) return false;
  const pointwise = geometry.kh === 1 && geometry.kw === 1;
  return 1 - zeroShare(weights) < (1 - (pointwise ? breakEven.pointwise : breakEven.spatial)) / speedup;
}

/** Whether a linear layer over so many samples should skip the zeros of these weights. */
export function sparseLinearPays(choice: SparseChoice, samples: number, weights: Float32Array): boolean {
  if (choice !== 'auto') return choice === 'always';
  const { linearFew, linearSome, linearMany } = breakEven;
  return zeroShare(weights) > (samples < 4 ? linearFew : samples < 16 ? linearSome : linearMany);
}
