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
  /** Linear layer, bound by reading weights: 8 bytes a kept weight against 4 a dense one. */
  linear: 0.5,
} as const;

/** Share of exact zeros in the weights, 0..1. */
export function zeroShare(weights: Float32Array): number {
  return 1 - countNonzero(weights) / weights.length;
}

export function countNonzero(weights: Float32Array): number {
  let count = 0;
  for (let i = 0; i < weights.length; i++) if (weights[i] !== 0) count += 1;
  return count;
}

/** Whether a convolution of this geometry should skip the zeros of these weights. A depthwise one never does by itself: its kernel is bound by memory. */
export function sparseConvPays(choice: SparseChoice, geometry: Window, weights: Float32Array): boolean {
  if (choice !== 'auto') return choice === 'always';
  if (geometry.groups > 1 && geometry.groups === geometry.ci) return false;
  const pointwise = geometry.kh === 1 && geometry.kw === 1;
  return zeroShare(weights) > (pointwise ? breakEven.pointwise : breakEven.spatial);
}

export function sparseLinearPays(choice: SparseChoice, weights: Float32Array): boolean {
  if (choice !== 'auto') return choice === 'always';
  return zeroShare(weights) > breakEven.linear;
}
