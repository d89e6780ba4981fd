import type { AnyTypedArray } from '../../core/dtype.ts';
import type { ArgsOf, Preparable, PrimitiveName, Primitives } from '../backend.ts';
import type { Ptr } from '../heap.ts';

/** The release module's exports: the AssemblyScript export is the one declaration of a kernel's signature. */
export type Kernels = Awaited<ReturnType<typeof import('#kernels/types').instantiate>>;

/** How one primitive orders its weights. */
export interface Preparer<P extends keyof Preparable> {
  bytes(args: Preparable[P], weights: AnyTypedArray): number;
  write(args: Preparable[P], weights: AnyTypedArray, to: Ptr): void;
}

/** The primitives of one folder of kernels, with the weights they order and the scratch they ask of the heap. */
export interface Family<P extends PrimitiveName> {
  primitives: Pick<Primitives, P>;
  prepare?: { [K in P & keyof Preparable]?: Preparer<K> };
  /** Bytes by primitive; one that is not listed needs none. */
  scratch?: { [K in P]?: (args: ArgsOf<K>) => number };
}
