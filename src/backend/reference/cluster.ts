/** Shared weights: k-means in one dimension, and the way between weights and their centroids. */
import type {
  GatherCentroidsArgs,
  KMeansAssignArgs,
  KMeansUpdateArgs,
  ScatterCentroidsArgs,
} from '../backend.ts';
import type { Heap } from '../heap.ts';

export const cluster = (heap: Heap) => ({
  kmeansAssign(a: KMeansAssignArgs): void {
    const x = heap.f32(a.x, a.size);
    const centroids = heap.f32(a.centroids, a.k);
    const indices = heap.u8(a.indices, a.size);
    for (let i = 0; i < a.size; i++) {
      let nearest = 0;
      let least = Infinity;
      for (let c = 0; c < a.k; c++) {
        const distance = Math.fround(Math.abs(x[i] - centroids[c]));
        if (distance < least) {
          least = distance;
          nearest = c;
        }
      }
      indices[i] = nearest;
    }
  },

  kmeansUpdate(a: KMeansUpdateArgs): void {
    const x = heap.f32(a.x, a.size);
    const mask = a.mask ? heap.u8(a.mask, a.size) : null;
    const indices = heap.u8(a.indices, a.size);
    const centroids = heap.f32(a.centroids, a.k);
    const counts = heap.i32(a.counts, a.k).fill(0);
    const sums = new Float64Array(a.k);
    for (let i = 0; i < a.size; i++) {
      if (mask?.[i] === 0) continue;
      sums[indices[i]] += x[i];
      counts[indices[i]] += 1;
    }
    for (let c = 0; c < a.k; c++) if (counts[c] > 0) centroids[c] = sums[c] / counts[c];
  },

  gatherCentroids(a: GatherCentroidsArgs): void {
    const indices = heap.u8(a.indices, a.size);
    const highest = indices.reduce((most, index) => Math.max(most, index), 0);
    const centroids = heap.f32(a.centroids, highest + 1);
    const mask = a.mask ? heap.u8(a.mask, a.size) : null;
    const w = heap.f32(a.w, a.size);
    for (let i = 0; i < a.size; i++) w[i] = mask?.[i] === 0 ? 0 : centroids[indices[i]];
  },

  scatterCentroids(a: ScatterCentroidsArgs): void {
    const dw = heap.f32(a.dw, a.size);
    const indices = heap.u8(a.indices, a.size);
    const mask = a.mask ? heap.u8(a.mask, a.size) : null;
    const sums = new Float64Array(a.k);
    for (let i = 0; i < a.size; i++) if (mask?.[i] !== 0) sums[indices[i]] += dw[i];
    heap.f32(a.dc, a.k).set(sums);
  },
});
