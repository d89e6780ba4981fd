/** Moving elements about without arithmetic. */
import type { CopyRowsArgs, Pad2dArgs, Pad2dGradArgs } from '../backend.ts';
import type { Heap } from '../heap.ts';

export const layout = (heap: Heap) => ({
  copyRows(a: CopyRowsArgs): void {
    for (let r = 0; r < a.rows; r++) {
      heap.u8(a.dst + r * a.dstStride, a.bytes).set(heap.u8(a.src + r * a.srcStride, a.bytes));
    }
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
