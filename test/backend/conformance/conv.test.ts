/** Convolution, matrix product and linear: hand-computed values, and a direct sum over every index with bounds checked. */
import { describe, expect, test } from 'vitest';
import type { Window } from '../../../src/backend/backend.ts';
import { Rng } from '../../../src/core/rng.ts';
import { bothBackends, referenceBackend } from '../../helpers/backends.ts';
import { count, f32, prepareWeights, runPrimitive, unbounded, unit } from '../../helpers/primitive.ts';

describe.each(bothBackends())('%s', (_backend, backend) => {
  /** Every extent another, padding on three sides, windows that hang over each of them. */
  const awkward: Window = {
    n: 2,
    ci: 4,
    h: 5,
    w: 7,
    co: 6,
    ho: 2,
    wo: 3,
    kh: 3,
    kw: 2,
    strideH: 2,
    strideW: 3,
    padT: 2,
    padL: 0,
    padB: 1,
    padR: 3,
    dilH: 2,
    dilW: 1,
    groups: 2,
  };
  /** Padding that is no multiple of the stride: the first window inside begins off the plane's corner. */
  const depthwise: Window = { ...awkward, co: 4, groups: 4, padT: 1, padL: 1, padB: 2, padR: 2 };
  const dense: Window = { ...awkward, groups: 1 };

  function convolve(
    a: Window,
    x: Float32Array,
    weight: Float32Array,
    bias?: Float32Array,
    clamp = unbounded,
  ) {
    const y = new Float32Array(a.n * a.co * a.ho * a.wo).fill(NaN);
    const buffers = { x, weight, y, ...(bias && { bias }) };
    return runPrimitive(backend, 'conv2d', { ...a, ...clamp, bias: 0 }, buffers).y;
  }

  describe('conv2d by hand', () => {
    test('padding on the top and the right only', () => {
      const a = { ...unit, h: 3, w: 3, kh: 2, kw: 2, ho: 3, wo: 3, padT: 1, padR: 1 };
      expect([...convolve(a, count(9), count(4))]).toEqual([11, 18, 9, 37, 47, 21, 67, 77, 33]);
    });

    test('dilation 2 with stride 2', () => {
      const a = { ...unit, h: 5, w: 5, kh: 2, kw: 2, ho: 2, wo: 2, strideH: 2, strideW: 2, dilH: 2, dilW: 2 };
      const x = count(25).map((value) => value - 1);
      expect([...convolve(a, x, f32(1, 1, 1, 1))]).toEqual([24, 32, 64, 72]);
    });

    test('two groups see their own channels only', () => {
      const a = { ...unit, ci: 4, co: 2, groups: 2 };
      expect([...convolve(a, count(4), f32(1, 10, 100, 1000))]).toEqual([21, 4300]);
    });

    test('depthwise with two outputs a channel', () => {
      const a = { ...unit, ci: 2, co: 4, groups: 2 };
      expect([...convolve(a, f32(3, 5), f32(1, 2, 3, 4))]).toEqual([3, 6, 15, 20]);
    });

    test('the bias comes before the clamp', () => {
      const a = { ...unit, w: 3, wo: 3 };
      expect([...convolve(a, f32(-4, 1, 9), f32(1), f32(2), { lo: 0, hi: 6 })]).toEqual([0, 3, 6]);
    });
  });

  /** What a convolution of (x, weight) is, term by term: visits every (y, x, weight) index triple that meets. */
  function terms(a: Window, visit: (y: number, x: number, weight: number) => void): void {
    const ciGroup = a.ci / a.groups;
    for (let s = 0; s < a.n; s++)
      for (let o = 0; o < a.co; o++)
        for (let oy = 0; oy < a.ho; oy++)
          for (let ox = 0; ox < a.wo; ox++)
            for (let i = 0; i < ciGroup; i++)
              for (let ky = 0; ky < a.kh; ky++)
                for (let kx = 0; kx < a.kw; kx++) {
                  const iy = oy * a.strideH - a.padT + ky * a.dilH;
                  const ix = ox * a.strideW - a.padL + kx * a.dilW;
                  if (iy < 0 || iy >= a.h || ix < 0 || ix >= a.w) continue;
                  const channel = Math.floor((o * a.groups) / a.co) * ciGroup + i;
                  visit(
                    ((s * a.co + o) * a.ho + oy) * a.wo + ox,
                    ((s * a.ci + channel) * a.h + iy) * a.w + ix,
                    ((o * ciGroup + i) * a.kh + ky) * a.kw + kx,
                  );
                }
  }

  describe.each<[string, Window]>([
    ['grouped', awkward],
    ['depthwise', depthwise],
    ['dense', dense],
  ])('%s, asymmetric padding, stride 2x3, dilation 2x1', (_name, a) => {
    const rng = new Rng(7);
    // Small whole numbers: every sum is exact, so equality is exact.
    const whole = (length: number) => Float32Array.from({ length }, () => rng.below(9) - 4);
    const x = whole(a.n * a.ci * a.h * a.w);
    const weight = whole((a.co * a.ci * a.kh * a.kw) / a.groups);
    const dy = whole(a.n * a.co * a.ho * a.wo);

    test('conv2d is the sum of its terms', () => {
      const y = new Float32Array(dy.length);
      terms(a, (iy, ix, iw) => {
        y[iy] += x[ix] * weight[iw];
      });
      expect(convolve(a, x, weight)).toEqual(y);
    });

    test('conv2dGradInput is the transposed sum', () => {
      const dx = new Float32Array(x.length);
      terms(a, (iy, ix, iw) => {
        dx[ix] += dy[iy] * weight[iw];
      });
      const got = runPrimitive(backend, 'conv2dGradInput', a, { dy, weight, dx: dx.slice().fill(NaN) });
      expect(got.dx).toEqual(dx);
    });

    test('conv2dGradWeight is the sum over the batch', () => {
      const dw = new Float32Array(weight.length);
      terms(a, (iy, ix, iw) => {
        dw[iw] += dy[iy] * x[ix];
      });
      const got = runPrimitive(backend, 'conv2dGradWeight', a, { x, dy, dw: dw.slice().fill(NaN) });
      expect(got.dw).toEqual(dw);
    });

    test('sparseConv2d on prepared weights equals conv2d', () => {
      const holed = weight.map((value) => Math.max(value, 0));
      const sizes = {
        ...a,
        ...unbounded,
        bias: 0,
        prepared: true,
        nonzero: holed.filter(Boolean).length,
        blocks: false,
      };
      const to = prepareWeights(backend, 'sparseConv2d', sizes, holed);
      const { y } = runPrimitive(backend, 'sparseConv2d', { ...sizes, weight: to }, { x, y: dy });
      expect(y).toEqual(convolve(a, x, holed));
    });
  });

  describe('gemm and linear', () => {
    const a = [1, 2, 3, 4, 5, 6];
    const b = [7, 8, 9, 10, 11, 12];
    const product = [58, 64, 139, 154];

    test.each([
      ['A B', false, false, a, b],
      ['A^T B', true, false, [1, 4, 2, 5, 3, 6], b],
      ['A B^T', false, true, a, [7, 9, 11, 8, 10, 12]],
      ['A^T B^T', true, true, [1, 4, 2, 5, 3, 6], [7, 9, 11, 8, 10, 12]],
    ])('%s of 2x3 and 3x2', (_name, transA, transB, left, right) => {
      const sizes = { m: 2, n: 2, k: 3, transA, transB };
      const buffers = { a: f32(...left), b: f32(...right), c: f32(1, 2, 3, 4) };
      const fresh = runPrimitive(backend, 'gemm', { ...sizes, accumulate: false }, buffers);
      expect([...fresh.c]).toEqual(product);
      const added = runPrimitive(backend, 'gemm', { ...sizes, accumulate: true }, buffers);
      expect([...added.c]).toEqual(product.map((value, i) => value + i + 1));
    });

    test.each(['linear', 'sparseLinear'] as const)('%s: x weight^T + bias, clamped', (primitive) => {
      const sizes = { n: 2, i: 3, o: 2, lo: 0, hi: 20, prepared: true, nonzero: 3 };
      const weight = prepareWeights(backend, primitive, sizes, f32(1, 0, 2, 0, -1, 0));
      const buffers = { x: count(6), bias: f32(1, 3), y: new Float32Array(4) };
      // Rows [1 2 3] and [4 5 6]: 1+6+1, -2+3, 4+12+1, -5+3 (clamped).
      expect([...runPrimitive(backend, primitive, { ...sizes, weight }, buffers).y]).toEqual([8, 1, 17, 0]);
    });
  });
});

test('the reference rounds a sum once: what f32 would lose in between is kept', () => {
  const backend = referenceBackend();
  const sizes = { m: 1, n: 1, k: 3, transA: false, transB: false, accumulate: false };
  expect(
    runPrimitive(backend, 'gemm', sizes, { a: f32(1e8, 1, -1e8), b: f32(1, 1, 1), c: f32(0) }).c[0],
  ).toBe(1);
});
