/** Matrix product and the fully connected layer, summed in float64. */
import type { GemmArgs, LinearArgs } from '../backend.ts';
import type { Heap, Ptr } from '../heap.ts';
import { clamp } from './clamp.ts';

export const linear = (heap: Heap) => ({
  gemm({ m, n, k, ...g }: GemmArgs): void {
    const a = rowMajor(heap, g.a, m, k, g.transA, g.lda);
    const b = rowMajor(heap, g.b, k, n, g.transB, g.ldb);
    const { ldc = n } = g;
    const c = heap.f32(g.c, (m - 1) * ldc + n);
    const row = new Float64Array(n);
    for (let i = 0; i < m; i++) {
      if (g.accumulate) row.set(c.subarray(i * ldc, i * ldc + n));
      else row.fill(0);
      for (let t = 0; t < k; t++) {
        const left = a[i * k + t];
        const right = t * n;
        for (let j = 0; j < n; j++) row[j] += left * b[right + j];
      }
      c.set(row, i * ldc);
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
  const { ldy = a.o } = a;
  const y = heap.f32(a.y, (a.n - 1) * ldy + a.o);
  for (let s = 0; s < a.n; s++) {
    for (let o = 0; o < a.o; o++) {
      let sum = bias ? bias[o] : 0;
      for (let i = 0; i < inputs; i++) {
        const factor = weight[o * inputs + i];
        if (skipZeros && factor === 0) continue;
        sum += x[s * inputs + i] * factor;
      }
      y[s * ldy + o] = clamp(sum, a.lo, a.hi);
    }
  }
}

/** A float64 copy of a [rows][columns] matrix that is stored [columns][rows] if `transposed`, its rows `ld` elements apart. */
function rowMajor(
  heap: Heap,
  at: Ptr,
  rows: number,
  columns: number,
  transposed: boolean,
  ld = transposed ? rows : columns,
): Float64Array {
  const [across, along] = transposed ? [1, ld] : [ld, 1];
  const data = heap.f32(at, (rows - 1) * across + (columns - 1) * along + 1);
  const copy = new Float64Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) copy[r * columns + c] = data[r * across + c * along];
  }
  return copy;
}
