/** Many elements to one, or to one a channel or row. */
import type { ArgmaxArgs, ReduceArgs, SumChannelsArgs } from '../backend.ts';
import type { Heap } from '../heap.ts';
import { forChannel, reach } from './norm.ts';

export const reduce = (heap: Heap) => ({
  reduce(a: ReduceArgs): void {
    const x = heap.f32(a.x, a.size);
    const y = heap.f32(a.y, a.kind === 'minMax' ? 2 : 1);
    let sum = 0;
    let squares = 0;
    let min = Infinity;
    let max = -Infinity;
    for (const value of x) {
      sum += value;
      squares += value * value;
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
    if (a.kind === 'sum') y[0] = sum;
    else if (a.kind === 'sumSquares') y[0] = squares;
    else if (a.kind === 'maxAbs') y[0] = Math.max(max, -min);
    else {
      y[0] = min;
      y[1] = max;
    }
  },

  argmax({ rows, columns, ...a }: ArgmaxArgs): void {
    const x = heap.f32(a.x, rows * columns);
    const y = heap.i32(a.y, rows);
    for (let r = 0; r < rows; r++) {
      let best = 0;
      for (let c = 1; c < columns; c++) if (x[r * columns + c] > x[r * columns + best]) best = c;
      y[r] = best;
    }
  },

  sumChannels(a: SumChannelsArgs): void {
    const x = heap.f32(a.x, reach(a));
    const y = heap.f32(a.y, a.c);
    for (let c = 0; c < a.c; c++) {
      let sum = 0;
      forChannel(a, c, (i) => {
        sum += x[i];
      });
      y[c] = sum;
    }
  },
});
