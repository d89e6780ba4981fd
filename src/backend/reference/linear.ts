/** Matrix product and the fully connected layer, summed in float64. */
import type { GemmArgs, LinearArgs } from '../backend.ts';
import type { Heap } from '../heap.ts';
import { clamp } from './clamp.ts';

export const linear = (heap: Heap) => ({
  gemm({ m, n, k, ...g }: GemmArgs): void {
    const a = rowMajor(heap.f32(g.a, m * k), m, k, g.transA);
    const b = rowMajor(heap.f32(g.b, k * n), k, n, g.transB);
    const c = heap.f32(g.c, m * n);
    const row = new Float64Array(n);
    for (let i = 0; i < m; i++) {
      if (g.accumulate) row.set(c.subarray(i * n, (i + 1) * n));
      else row.fill(0);
      for (let t = 0; t < k; t++) {
        const left = a[i * k + t];
        const right = t * n;
        for (let j = 0; j < n; j++) row[j] += left * b[right + j];
      }
      c.set(row, i * n);
    }
  },

  linear(a: LinearArgs): void {
    dense(heap, a, false);
  },
});

/** y = clamp(x weight^T + bias); with skipZeros, weights that are 0 are left out of the sum. */
export function dense(heap: Heap, a: LinearArgs, skipZeros: boolean): void {
  const inputs = a.i;
  const x = heap.f32(a.x, a.n * inputs);
  const weight = heap.f32(a.weight, a.o * inputs);
  const bias = a.bias ? heap.f32(a.bias, a.o) : null;
  const y = heap.f32(a.y, a.n * a.o);
  for (let s = 0; s < a.n; s++) {
    for (let o = 0; o < a.o; o++) {
      let sum = bias ? bias[o] : 0;
      for (let i = 0; i < inputs; i++) {
        const factor = weight[o * inputs + i];
        if (skipZeros && factor === 0) continue;
        sum += x[s * inputs + i] * factor;
      }
      y[s * a.o + o] = clamp(sum, a.lo, a.hi);
    }
  }
}

/** A float64 copy of a [rows][columns] matrix that is stored [columns][rows] if `transposed`. */
function rowMajor(data: Float32Array, rows: number, columns: number, transposed: boolean): Float64Array {
  const copy = new Float64Array(rows * columns);
  if (!transposed) {
    copy.set(data);
    return copy;
  }
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) copy[r * columns + c] = data[c * rows + r];
  }
  return copy;
}
