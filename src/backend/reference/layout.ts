/** Moving elements about, and arithmetic on views. */
import type { CopyRowsArgs, Pad2dArgs, Pad2dGradArgs, StridedArgs, StridedKind } from '../backend.ts';
import type { Heap } from '../heap.ts';
import { clamp } from './clamp.ts';

const combine: Readonly<Record<StridedKind, (a: number, b: number) => number>> = {
  copy: (a) => a,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
};

export const layout = (heap: Heap) => ({
  copyRows(a: CopyRowsArgs): void {
    for (let r = 0; r < a.rows; r++) {
      heap.u8(a.dst + r * a.dstStride, a.bytes).set(heap.u8(a.src + r * a.srcStride, a.bytes));
    }
  },

  strided({ kind, rank, table, lo, hi, ...p }: StridedArgs): void {
    const walk = heap.i32(table, 4 * rank);
    const f32 = new Float32Array(heap.store.buffer);
    const visit = (axis: number, a: number, b: number, y: number): void => {
      if (axis === rank) {
        f32[y] = clamp(combine[kind](f32[a], f32[b]), lo, hi);
        return;
      }
      for (let i = 0; i < walk[axis]; i++) {
        visit(
          axis + 1,
          a + i * walk[rank + axis],
          b + i * walk[2 * rank + axis],
          y + i * walk[3 * rank + axis],
        );
      }
    };
    visit(0, p.a / 4, p.b / 4, p.y / 4);
  },

  pad2d({ planes, h, w, ...a }: Pad2dArgs): void {
    const height = a.padT + h + a.padB;
    const width = a.padL + w + a.padR;
    const x = heap.f32(a.x, planes * h * w);
    const y = heap.f32(a.y, planes * height * width).fill(a.value);
    for (let plane = 0; plane < planes; plane++) {
      for (let row = 0; row < h; row++) {
        const from = (plane * h + row) * w;
        y.set(x.subarray(from, from + w), (plane * height + a.padT + row) * width + a.padL);
      }
    }
  },

  pad2dGrad({ planes, h, w, ...a }: Pad2dGradArgs): void {
    const height = a.padT + h + a.padB;
    const width = a.padL + w + a.padR;
    const dy = heap.f32(a.dy, planes * height * width);
    const dx = heap.f32(a.dx, planes * h * w);
    for (let plane = 0; plane < planes; plane++) {
      for (let row = 0; row < h; row++) {
        const from = (plane * height + a.padT + row) * width + a.padL;
        dx.set(dy.subarray(from, from + w), (plane * h + row) * w);
      }
    }
  },
});
