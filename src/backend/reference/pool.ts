/** Pooling and its gradients. The two walks over windows also serve the int8 pools of quant.ts. */
import type {
  AvgPoolArgs,
  AvgPoolGradArgs,
  GlobalAvgPoolArgs,
  GlobalAvgPoolGradArgs,
  MaxPoolArgs,
  MaxPoolGradArgs,
  Window,
} from '../backend.ts';
import type { Heap } from '../heap.ts';

export const pool = (heap: Heap) => ({
  maxPool(a: MaxPoolArgs): void {
    const outputs = a.n * a.ci * a.ho * a.wo;
    const x = heap.f32(a.x, a.n * a.ci * a.h * a.w);
    const y = heap.f32(a.y, outputs);
    const indices = a.indices ? heap.i32(a.indices, outputs) : null;
    maxWindows(a, x, (at, value, index) => {
      y[at] = value;
      if (indices) indices[at] = index;
    });
  },

  maxPoolGrad(a: MaxPoolGradArgs): void {
    const { h, w, ho, wo } = a;
    const planes = a.n * a.ci;
    const dy = heap.f32(a.dy, planes * ho * wo);
    const indices = heap.i32(a.indices, planes * ho * wo);
    const dx = heap.f32(a.dx, planes * h * w);
    const sum = new Float64Array(h * w);
    for (let plane = 0; plane < planes; plane++) {
      sum.fill(0);
      for (let p = plane * ho * wo; p < (plane + 1) * ho * wo; p++) sum[indices[p]] += dy[p];
      dx.set(sum, plane * h * w);
    }
  },

  avgPool(a: AvgPoolArgs): void {
    const x = heap.f32(a.x, a.n * a.ci * a.h * a.w);
    const y = heap.f32(a.y, a.n * a.ci * a.ho * a.wo);
    averageWindows(a, x, 0, (at, sum, count) => {
      y[at] = sum / count;
    });
  },

  avgPoolGrad(a: AvgPoolGradArgs): void {
    const { h, w, ho, wo } = a;
    const planes = a.n * a.ci;
    const dy = heap.f32(a.dy, planes * ho * wo);
    const dx = heap.f32(a.dx, planes * h * w);
    const sum = new Float64Array(h * w);
    for (let plane = 0; plane < planes; plane++) {
      sum.fill(0);
      for (let oy = 0; oy < ho; oy++) {
        const rows = positions(oy * a.strideH - a.padT, a.kh, a.dilH, h);
        for (let ox = 0; ox < wo; ox++) {
          const columns = positions(ox * a.strideW - a.padL, a.kw, a.dilW, w);
          const share = dy[(plane * ho + oy) * wo + ox] / divisor(a, oy, ox, rows.length * columns.length);
          for (const iy of rows) for (const ix of columns) sum[iy * w + ix] += share;
        }
      }
      dx.set(sum, plane * h * w);
    }
  },

  globalAvgPool(a: GlobalAvgPoolArgs): void {
    const x = heap.f32(a.x, a.n * a.c * a.p);
    const y = heap.f32(a.y, a.n * a.c);
    for (let plane = 0; plane < a.n * a.c; plane++) {
      let sum = 0;
      for (let p = plane * a.p; p < (plane + 1) * a.p; p++) sum += x[p];
      y[plane] = sum / a.p;
    }
  },

  globalAvgPoolGrad(a: GlobalAvgPoolGradArgs): void {
    const dy = heap.f32(a.dy, a.n * a.c);
    const dx = heap.f32(a.dx, a.n * a.c * a.p);
    for (let plane = 0; plane < a.n * a.c; plane++) {
      dx.fill(dy[plane] / a.p, plane * a.p, (plane + 1) * a.p);
    }
  },
});

/**
 * Calls `put(output, maximum, position within the plane)` for each window. The first of equal values wins; a NaN wins
 * over everything, as in torch. Every window must touch the plane.
 */
export function maxWindows(
  a: Window,
  x: Float32Array | Int8Array,
  put: (at: number, value: number, index: number) => void,
): void {
  const { h, w, ho, wo } = a;
  for (let plane = 0; plane < a.n * a.ci; plane++) {
    for (let oy = 0; oy < ho; oy++) {
      const rows = positions(oy * a.strideH - a.padT, a.kh, a.dilH, h);
      for (let ox = 0; ox < wo; ox++) {
        const columns = positions(ox * a.strideW - a.padL, a.kw, a.dilW, w);
        let index = rows[0] * w + columns[0];
        let best = x[plane * h * w + index];
        for (const iy of rows) {
          for (const ix of columns) {
            const value = x[(plane * h + iy) * w + ix];
            if (value > best || (Number.isNaN(value) && !Number.isNaN(best))) {
              best = value;
              index = iy * w + ix;
            }
          }
        }
        put((plane * ho + oy) * wo + ox, best, index);
      }
    }
  }
}

/** Calls `put(output, sum of (x - zero) over the window, divisor)` for each window. */
export function averageWindows(
  a: Window & { countIncludePad: boolean },
  x: Float32Array | Int8Array,
  zero: number,
  put: (at: number, sum: number, count: number) => void,
): void {
  const { h, w, ho, wo } = a;
  for (let plane = 0; plane < a.n * a.ci; plane++) {
    for (let oy = 0; oy < ho; oy++) {
      const rows = positions(oy * a.strideH - a.padT, a.kh, a.dilH, h);
      for (let ox = 0; ox < wo; ox++) {
        const columns = positions(ox * a.strideW - a.padL, a.kw, a.dilW, w);
        let sum = 0;
        for (const iy of rows) for (const ix of columns) sum += x[(plane * h + iy) * w + ix] - zero;
        put((plane * ho + oy) * wo + ox, sum, divisor(a, oy, ox, rows.length * columns.length));
      }
    }
  }
}

/** What a window's sum is divided by: its positions inside the plane, or inside the padded plane (which may end before the window does). */
function divisor(a: Window & { countIncludePad: boolean }, oy: number, ox: number, inside: number): number {
  if (!a.countIncludePad) return inside;
  // Counted from the padding's first row, the window starts at 0 or later.
  const rows = positions(oy * a.strideH, a.kh, a.dilH, a.padT + a.h + a.padB);
  const columns = positions(ox * a.strideW, a.kw, a.dilW, a.padL + a.w + a.padR);
  return rows.length * columns.length;
}

/** The positions start, start + dilation, ... of a window of k taps that lie inside [0, extent). */
function positions(start: number, k: number, dilation: number, extent: number): number[] {
  const inside: number[] = [];
  for (let tap = 0; tap < k; tap++) {
    const at = start + tap * dilation;
    if (at >= 0 && at < extent) inside.push(at);
  }
  return inside;
}
