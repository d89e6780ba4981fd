/** Pooling kernels: every geometry for the tests, LeNet and a MobileNet's last layer for the benchmark. */
import type { Planes, Window } from '../../src/backend/backend.ts';
import type { Rng } from '../../src/core/rng.ts';
import { fill, type KernelCase, kernelCase } from './case.ts';

/** What is not said is 1 sample, 1 channel, stride 1, no padding, no dilation. */
type Geometry = Partial<Window> & Pick<Window, 'h' | 'w' | 'kh' | 'kw'>;

function windowOf(g: Geometry): Window {
  const base = {
    n: 1,
    ci: 1,
    strideH: 1,
    strideW: 1,
    padT: 0,
    padL: 0,
    padB: 0,
    padR: 0,
    dilH: 1,
    dilW: 1,
    ...g,
  };
  const extent = (size: number, pad: number, k: number, dilation: number, stride: number): number =>
    Math.floor((size + pad - dilation * (k - 1) - 1) / stride) + 1;
  return {
    ho: extent(base.h, base.padT + base.padB, base.kh, base.dilH, base.strideH),
    wo: extent(base.w, base.padL + base.padR, base.kw, base.dilW, base.strideW),
    co: base.ci,
    groups: 1,
    ...base,
  };
}

function describe(v: Window): string {
  const padding = [v.padT, v.padL, v.padB, v.padR].some(Boolean)
    ? ` pad ${v.padT},${v.padL},${v.padB},${v.padR}`
    : '';
  const dilation = v.dilH * v.dilW > 1 ? ` dilation ${v.dilH},${v.dilW}` : '';
  return `${v.kh}x${v.kw}/${v.strideH},${v.strideW}${padding}${dilation} on ${v.n}x${v.ci}x${v.h}x${v.w}`;
}

/** Few distinct values, so that windows hold ties. */
const ties = (rng: Rng): number => rng.below(3) - 1;
const special = (rng: Rng): number => [NaN, -Infinity, Infinity, 0, 1][rng.below(5)];

/**
 * A position of each window for the gradient to go to, as a forward pass would leave it: the tap that a hash of the
 * output's number picks, clipped into the plane.
 */
function indexOf(v: Window): (rng: Rng, i: number) => number {
  return (rng, i) => {
    const position = i % (v.ho * v.wo);
    const oy = Math.floor(position / v.wo);
    const ox = position % v.wo;
    const inside = (start: number, k: number, dilation: number, size: number): number => {
      const at: number[] = [];
      for (let t = 0; t < k; t++) {
        const p = start + t * dilation;
        if (p >= 0 && p < size) at.push(p);
      }
      return at[rng.below(at.length)];
    };
    const y = inside(oy * v.strideH - v.padT, v.kh, v.dilH, v.h);
    const x = inside(ox * v.strideW - v.padL, v.kw, v.dilW, v.w);
    return y * v.w + x;
  };
}

export function maxPoolCases(
  g: Geometry,
  init = fill.uniform as (rng: Rng, i: number) => number,
): KernelCase[] {
  const v = windowOf(g);
  const inputs = v.n * v.ci * v.h * v.w;
  const outputs = v.n * v.ci * v.ho * v.wo;
  const x = { dtype: 'f32', length: inputs, init } as const;
  const y = { dtype: 'f32', length: outputs, output: true } as const;
  const shape = describe(v);
  return [
    kernelCase({
      primitive: 'maxPool',
      shape,
      sizes: v,
      buffers: { x, y, indices: { dtype: 'i32', length: outputs, output: true } },
      tolerance: 0,
    }),
    kernelCase({
      primitive: 'maxPool',
      shape: `${shape}, no indices`,
      sizes: { ...v, indices: 0 },
      buffers: { x, y },
      tolerance: 0,
    }),
    kernelCase({
      primitive: 'maxPoolGrad',
      shape,
      sizes: v,
      buffers: {
        dy: { dtype: 'f32', length: outputs, init: fill.uniform },
        indices: { dtype: 'i32', length: outputs, init: indexOf(v) },
        dx: { dtype: 'f32', length: inputs, init: () => NaN, output: true },
      },
      tolerance: 1e-6,
    }),
  ];
}

export function avgPoolCases(g: Geometry, countIncludePad: boolean): KernelCase[] {
  const v = windowOf(g);
  const inputs = v.n * v.ci * v.h * v.w;
  const outputs = v.n * v.ci * v.ho * v.wo;
  const shape = `${describe(v)}${countIncludePad ? ' counting padding' : ''}`;
  const sizes = { ...v, countIncludePad };
  return [
    kernelCase({
      primitive: 'avgPool',
      shape,
      sizes,
      buffers: {
        x: { dtype: 'f32', length: inputs, init: fill.uniform },
        y: { dtype: 'f32', length: outputs, output: true },
      },
      tolerance: 1e-7,
    }),
    kernelCase({
      primitive: 'avgPoolGrad',
      shape,
      sizes,
      buffers: {
        dy: { dtype: 'f32', length: outputs, init: fill.uniform },
        dx: { dtype: 'f32', length: inputs, init: () => NaN, output: true },
      },
      tolerance: 1e-6,
    }),
  ];
}

export function globalAvgPoolCases({ n, c, p }: Planes): KernelCase[] {
  const shape = `${n}x${c}x${p}`;
  return [
    kernelCase({
      primitive: 'globalAvgPool',
      shape,
      sizes: { n, c, p },
      buffers: {
        x: { dtype: 'f32', length: n * c * p, init: fill.uniform },
        y: { dtype: 'f32', length: n * c, output: true },
      },
      tolerance: 1e-7,
    }),
    kernelCase({
      primitive: 'globalAvgPoolGrad',
      shape,
      sizes: { n, c, p },
      buffers: {
        dy: { dtype: 'f32', length: n * c, init: fill.uniform },
        dx: { dtype: 'f32', length: n * c * p, output: true },
      },
      tolerance: 1e-7,
    }),
  ];
}

const geometries: readonly Geometry[] = [
  { n: 2, ci: 3, h: 24, w: 24, kh: 2, kw: 2, strideH: 2, strideW: 2 },
  { n: 3, ci: 5, h: 8, w: 8, kh: 2, kw: 2, strideH: 2, strideW: 2 },
  // Rows and columns left over, and every tail of four outputs.
  { n: 2, ci: 3, h: 7, w: 11, kh: 2, kw: 2, strideH: 2, strideW: 2 },
  { n: 1, ci: 2, h: 2, w: 3, kh: 2, kw: 2, strideH: 2, strideW: 2 },
  { n: 1, ci: 2, h: 5, w: 14, kh: 2, kw: 2, strideH: 2, strideW: 2 },
  { n: 1, ci: 2, h: 6, w: 13, kh: 2, kw: 2, strideH: 2, strideW: 2 },
  // 2x2 stride 2 that reaches into the padding.
  { n: 1, ci: 2, h: 7, w: 9, kh: 2, kw: 2, strideH: 2, strideW: 2, padB: 1, padR: 1 },
  { n: 1, ci: 2, h: 7, w: 9, kh: 2, kw: 2, strideH: 2, strideW: 2, padT: 1, padL: 1 },
  { n: 2, ci: 3, h: 13, w: 17, kh: 3, kw: 3, strideH: 2, strideW: 2, padT: 1, padL: 1, padB: 1, padR: 1 },
  { n: 1, ci: 3, h: 11, w: 7, kh: 3, kw: 2, strideH: 1, strideW: 3, padT: 1, padL: 0, padB: 0, padR: 1 },
  { n: 2, ci: 1, h: 13, w: 11, kh: 3, kw: 3, dilH: 2, dilW: 3, padT: 2, padL: 3, padB: 1, padR: 2 },
  { n: 1, ci: 1, h: 5, w: 3, kh: 5, kw: 3 },
];

export const poolCases: readonly KernelCase[] = [
  ...geometries.flatMap((g) => maxPoolCases(g)),
  ...geometries.flatMap((g) => maxPoolCases({ ...g, n: 3 }, ties)),
  ...geometries.flatMap((g) => maxPoolCases({ ...g, n: 5 }, special)),
  ...geometries.flatMap((g) => [...avgPoolCases(g, true), ...avgPoolCases(g, false)]),
  // Ceil mode: the last window hangs over padB and padR and counts only what lies within them.
  ...[true, false].flatMap((count) =>
    avgPoolCases({ h: 7, w: 7, kh: 3, kw: 3, strideH: 3, strideW: 3, padB: 1, padR: 1, ho: 3, wo: 3 }, count),
  ),
  ...[1, 3, 4, 5, 7, 8, 9, 12, 49, 131].flatMap((p) => globalAvgPoolCases({ n: 2, c: 5, p })),
];

export const poolBench: readonly KernelCase[] = [
  ...maxPoolCases({ n: 64, ci: 20, h: 24, w: 24, kh: 2, kw: 2, strideH: 2, strideW: 2 }),
  ...maxPoolCases({ n: 64, ci: 50, h: 8, w: 8, kh: 2, kw: 2, strideH: 2, strideW: 2 }),
  ...maxPoolCases({
    n: 8,
    ci: 64,
    h: 56,
    w: 56,
    kh: 3,
    kw: 3,
    strideH: 2,
    strideW: 2,
    padT: 1,
    padL: 1,
    padB: 1,
    padR: 1,
  }),
  ...avgPoolCases({ n: 64, ci: 20, h: 24, w: 24, kh: 2, kw: 2, strideH: 2, strideW: 2 }, false),
  ...globalAvgPoolCases({ n: 64, c: 256, p: 49 }),
];
