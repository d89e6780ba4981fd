/** Convolution and linear with shared weights: the dense ones, since `prepare` keeps the weights as they are here. */
import type { ClusteredConv2dArgs, ClusteredLinearArgs } from '../backend.ts';
import type { Heap } from '../heap.ts';
import { convolve } from './conv.ts';
import { dense } from './linear.ts';

export const clustered = (heap: Heap) => ({
  clusteredConv2d(a: ClusteredConv2dArgs): void {
    convolve(heap, a, false);
  },

  clusteredLinear(a: ClusteredLinearArgs): void {
    dense(heap, a, false);
  },
});
