/** Sparse convolution and linear: the dense ones with zero weights left out (an infinity times a stored zero is no NaN here). */
import type { SparseConv2dArgs, SparseLinearArgs } from '../backend.ts';
import type { Heap } from '../heap.ts';
import { convolve } from './conv.ts';
import { dense } from './linear.ts';

export const sparse = (heap: Heap) => ({
  sparseConv2d(a: SparseConv2dArgs): void {
    convolve(heap, a, true);
  },

  sparseLinear(a: SparseLinearArgs): void {
    dense(heap, a, true);
  },
});
