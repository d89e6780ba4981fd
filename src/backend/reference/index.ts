/**
 * The reference backend: the semantics of record. Plain loops, float64 accumulation rounded to f32 once, no cleverness.
 * Slow by design; it answers where there is no WebAssembly, if asked by name.
 */
import type { AnyTypedArray } from '../../core/dtype.ts';
import type { Backend, Primitives } from '../backend.ts';
import { Heap, PlainStore } from '../heap.ts';
import { cluster } from './cluster.ts';
import { clustered } from './clustered.ts';
import { conv } from './conv.ts';
import { elementwise } from './elementwise.ts';
import { layout } from './layout.ts';
import { linear } from './linear.ts';
import { loss } from './loss.ts';
import { norm } from './norm.ts';
import { optim } from './optim.ts';
import { pool } from './pool.ts';
import { quant } from './quant.ts';
import { reduce } from './reduce.ts';
import { sparse } from './sparse.ts';

export function createReferenceBackend(): Backend {
  const heap = new Heap(new PlainStore());
  const primitives: Primitives = {
    ...linear(heap),
    ...conv(heap),
    ...sparse(heap),
    ...clustered(heap),
    ...pool(heap),
    ...norm(heap),
    ...elementwise(heap),
    ...layout(heap),
    ...loss(heap),
    ...reduce(heap),
    ...optim(heap),
    ...cluster(heap),
    ...quant(heap),
  };
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
