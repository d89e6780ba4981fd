/**
 * The reference backend: the semantics of record. Plain loops, float64 accumulation rounded to f32 once, no cleverness.
 * Slow by design; it answers where there is no WebAssembly, if asked by name.
 */
import type { AnyTypedArray } from '../../core/dtype.ts';
import type { Backend, PrimitiveName, Primitives } from '../backend.ts';
import { Heap, PlainStore } from '../heap.ts';
import { conv } from './conv.ts';
import { linear } from './linear.ts';
import { pool } from './pool.ts';
import { quant } from './quant.ts';
import { sparse } from './sparse.ts';

/** The folders of primitives. */
const families: readonly ((heap: Heap) => Partial<Pick<Primitives, PrimitiveName>>)[] = [
  linear,
  conv,
  sparse,
  quant,
  pool,
];

export function createReferenceBackend(): Backend {
  const heap = new Heap(new PlainStore());
  const primitives = Object.assign({}, ...families.map((family) => family(heap))) as Primitives;
  return {
    ...primitives,
    name: 'reference',
    heap,
    // Prepared weights are the dense weights as they came.
    preparedBytes: (_primitive, _args, weights) => weights.byteLength,
    prepare: (_primitive, _args, weights: AnyTypedArray, to) => {
      heap
        .u8(to, weights.byteLength)
        .set(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength));
    },
    scratchBytes: () => 0,
  };
}
