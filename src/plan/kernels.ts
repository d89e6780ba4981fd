/**
 * The kernels a layer of f32 weights can run on. By default a cost model decides (sparse.ts, winograd.ts); a caller may name
 * them instead, a node at a time, which is how a plan by measurement is made (tune.ts).
 */
import type { SparseConv2dArgs, Window } from '../backend/backend.ts';
import type { Storage } from './sparse.ts';
import { isWinograd } from './winograd.ts';

/** `dense`: the matrix product of all weights; `winograd`: a 3x3 convolution by fewer products; `rows`, `blocks`: zeros skipped. */
export type KernelChoice = Storage | 'winograd';

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
    case 'sparseConv2d':
    case 'sparseLinear':
      return (args as SparseConv2dArgs).blocks ? 'blocks' : 'rows';
  }
}
