/** Softmax and cross-entropy by row. The row's maximum is taken off first, so that exp neither overflows nor vanishes. */
import type { CrossEntropyArgs, OneHotArgs, SoftmaxArgs, SoftmaxGradArgs } from '../backend.ts';
import type { Heap } from '../heap.ts';

export const loss = (heap: Heap) => ({
  softmax({ rows, columns, ...a }: SoftmaxArgs): void {
    const x = heap.f32(a.x, rows * columns);
    const y = heap.f32(a.y, rows * columns);
    for (let r = 0; r < rows; r++) {
      const row = x.subarray(r * columns, (r + 1) * columns);
      const lse = logSumExp(row);
      for (let c = 0; c < columns; c++) y[r * columns + c] = Math.exp(row[c] - lse);
    }
  },

  softmaxGrad({ rows, columns, ...a }: SoftmaxGradArgs): void {
    const y = heap.f32(a.y, rows * columns);
    const dy = heap.f32(a.dy, rows * columns);
    const dx = heap.f32(a.dx, rows * columns);
    for (let r = 0; r < rows; r++) {
      const from = r * columns;
      let dot = 0;
      for (let i = from; i < from + columns; i++) dot += dy[i] * y[i];
      for (let i = from; i < from + columns; i++) dx[i] = y[i] * (dy[i] - dot);
    }
  },

  crossEntropy({ rows, columns, ...a }: CrossEntropyArgs): void {
    const logits = heap.f32(a.logits, rows * columns);
    const target = heap.f32(a.target, rows * columns);
    const losses = heap.f32(a.loss, rows);
    const diff = heap.f32(a.diff, rows * columns);
    for (let r = 0; r < rows; r++) {
      const from = r * columns;
      const lse = logSumExp(logits.subarray(from, from + columns));
      let sum = 0;
      let mass = 0;
      for (let i = from; i < from + columns; i++) {
        sum -= target[i] * (logits[i] - lse);
        mass += target[i];
      }
      for (let i = from; i < from + columns; i++) diff[i] = Math.exp(logits[i] - lse) * mass - target[i];
      losses[r] = sum;
    }
  },

  oneHot({ rows, columns, smoothing, ...a }: OneHotArgs): void {
    const labels = heap.i32(a.labels, rows);
    const y = heap.f32(a.y, rows * columns).fill(smoothing / columns);
    for (let r = 0; r < rows; r++) y[r * columns + labels[r]] = 1 - smoothing + smoothing / columns;
  },
});

/** log(sum(exp(row))). */
function logSumExp(row: Float32Array): number {
  let max = -Infinity;
  for (const value of row) max = Math.max(max, value);
  let sum = 0;
  for (const value of row) sum += Math.exp(value - max);
  return max + Math.log(sum);
}
