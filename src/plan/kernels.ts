/**
 * The kernels a layer of f32 weights can run on. By default a cost model decides (sparse.ts, winograd.ts); a caller may name
 * them instead, a node at a time, which is how a plan by measurement is made (tune.ts).
 */
import type { SparseConv2dArgs, Window } from '../backend/backend.ts';
import { distinctValues } from '../core/distinct.ts';
import type { Storage } from './sparse.ts';
import { isWinograd } from './winograd.ts';

/** `dense`: the matrix product of all weights; `winograd`: a 3x3 convolution by fewer products; `rows`, `blocks`: zeros skipped; `clustered`: from indices and a codebook. */
export type KernelChoice = Storage | 'winograd' | 'clustered';

/** By name of the convolution or linear node. Nodes that are not named get what the cost model says. */
export type KernelChoices = ReadonlyMap<string, KernelChoice>;

/** What a convolution of this geometry can run on. */
export function convKernels(geometry: Window): readonly KernelChoice[] {
  return isWinograd(geometry) ? ['dense', 'winograd', 'rows', 'blocks'] : ['dense', 'rows', 'blocks'];
}

export const linearKernels: readonly KernelChoice[] = ['dense', 'rows', 'blocks'];

/** The choice behind a step that a plan made. */
export function choiceOf(primitive: string, args: object): KernelChoice | undefined {
  switch (primitive) {
    case 'winogradConv2d':
      return 'winograd';
    case 'conv2d':
    case 'linear':
      return 'dense';
    case 'clusteredConv2d':
    case 'clusteredLinear':
      return 'clustered';
    case 'sparseConv2d':
    case 'sparseLinear':
      return (args as SparseConv2dArgs).blocks ? 'blocks' : 'rows';
  }
}

/** Weights as `expanded`, written out when the plan is made, or as `stored`, from their codebook as they are needed. */
export type WeightsChoice = 'expanded' | 'stored';

/**
 * Bits of an index into the codebook of these weights; undefined if they have none that is smaller than they are. What
 * counts is how many different values there are, so weights need not come from a clustering step.
 */
export function sharedBits(weights: Float32Array): 4 | 8 | undefined {
  const shared = distinctValues(weights);
  if (!shared) return undefined;
  const bits = shared.codebook.length <= 16 ? 4 : 8;
  return (weights.length * bits) / 8 + (4 << bits) < weights.byteLength ? bits : undefined;
}

/** Depthwise convolutions have kernels of their own, bound by the image's memory. */
export const isShareable = ({ groups, ci }: Window): boolean => groups === 1 || groups < ci;
