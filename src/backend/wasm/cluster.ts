/** Call sites of the weight-sharing kernels. */
import type { Heap } from '../heap.ts';
import type { Family, Kernels } from './family.ts';

/** One f64 sum for each centroid. */
const sumBytes = (a: { k: number }): number => a.k * 8;

export function cluster(
  kernels: Kernels,
  heap: Heap,
): Family<'kmeansAssign' | 'kmeansUpdate' | 'gatherCentroids' | 'scatterCentroids'> {
  return {
    primitives: {
      kmeansAssign: (a) => kernels.f32_kmeans_assign(a.x, a.centroids, a.indices, a.size, a.k),

      kmeansUpdate(a) {
        const sums = heap.scratch(sumBytes(a));
        kernels.f32_kmeans_update(a.x, a.mask, a.indices, a.centroids, a.counts, sums, a.size, a.k);
      },

      gatherCentroids: (a) => kernels.f32_gather_centroids(a.centroids, a.indices, a.mask, a.w, a.size),

      scatterCentroids(a) {
        const sums = heap.scratch(sumBytes(a));
        kernels.f32_scatter_centroids(a.dw, a.indices, a.mask, a.dc, sums, a.size, a.k);
      },
    },
    scratch: { kmeansUpdate: sumBytes, scatterCentroids: sumBytes },
  };
}
