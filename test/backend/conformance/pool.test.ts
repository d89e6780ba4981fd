/** Pooling against torch's rules: which positions count, which never win, which of equals wins. */
import { describe, expect, test } from 'vitest';
import type { Window } from '../../../src/backend/backend.ts';
import { bothBackends } from '../../helpers/backends.ts';
import { count, f32, i32, runPrimitive, unit } from '../../helpers/primitive.ts';

describe.each(bothBackends())('%s', (_backend, backend) => {
  function maxPool(a: Window, x: Float32Array) {
    const outputs = a.n * a.ci * a.ho * a.wo;
    const buffers = { x, y: new Float32Array(outputs), indices: new Int32Array(outputs) };
    const { y, indices } = runPrimitive(backend, 'maxPool', a, buffers);
    return { y: [...y], indices: [...indices] };
  }

  function avgPool(a: Window, countIncludePad: boolean, x: Float32Array): number[] {
    const y = new Float32Array(a.n * a.ci * a.ho * a.wo);
    return [...runPrimitive(backend, 'avgPool', { ...a, countIncludePad }, { x, y }).y];
  }

  /** 2x2 windows at stride 2 over a 3x3 plane padded by 1 on every side. */
  const corners: Window = {
    ...unit,
    h: 3,
    w: 3,
    ho: 2,
    wo: 2,
    kh: 2,
    kw: 2,
    strideH: 2,
    strideW: 2,
    padT: 1,
    padL: 1,
    padB: 1,
    padR: 1,
  };

  describe('maxPool', () => {
    test('padding never wins over negative values', () => {
      const x = count(9).map((value) => -value);
      expect(maxPool(corners, x)).toEqual({ y: [-1, -2, -4, -5], indices: [0, 1, 3, 4] });
    });

    test('the first of equal values wins, in each plane of its own', () => {
      const a = { ...corners, ci: 2, co: 2 };
      const x = f32(5, 5, 5, 5, 5, 5, 5, 5, 5, 1, 2, 2, 3, 4, 4, 3, 4, 4);
      expect(maxPool(a, x)).toEqual({
        y: [5, 5, 5, 5, 1, 2, 3, 4],
        indices: [0, 1, 3, 4, 0, 1, 3, 4],
      });
    });

    test('dilation skips what lies between', () => {
      const a = { ...unit, w: 5, wo: 3, kw: 2, dilW: 2 };
      expect(maxPool(a, f32(1, 9, 2, 8, 3))).toEqual({ y: [2, 9, 3], indices: [2, 1, 4] });
    });

    test('all -Infinity still names a position of the window', () => {
      const a = { ...unit, w: 3, wo: 2, kw: 2 };
      expect(maxPool(a, f32(-Infinity, -Infinity, -Infinity)).indices).toEqual([0, 1]);
    });

    test('indices may be left out', () => {
      const a = { ...unit, w: 2, kw: 2 };
      expect([
        ...runPrimitive(backend, 'maxPool', { ...a, indices: 0 }, { x: f32(1, 2), y: f32(0) }).y,
      ]).toEqual([2]);
    });

    test('the gradient of windows that share their maximum is summed', () => {
      const a = { ...unit, n: 2, w: 4, wo: 3, kw: 2 };
      const got = runPrimitive(backend, 'maxPoolGrad', a, {
        dy: f32(1, 2, 4, 8, 16, 32),
        indices: i32(1, 1, 3, 0, 2, 2),
        dx: new Float32Array(8).fill(NaN),
      });
      expect([...got.dx]).toEqual([0, 3, 0, 4, 8, 0, 48, 0]);
    });
  });

  describe('avgPool', () => {
    test('countIncludePad: every window divides by 4', () => {
      expect(avgPool(corners, true, count(9))).toEqual([1 / 4, 5 / 4, 11 / 4, 7]);
    });

    test('without it: by the positions inside', () => {
      expect(avgPool(corners, false, count(9))).toEqual([1, 5 / 2, 11 / 2, 7]);
    });

    /** As torch's ceil_mode has it: three windows of 3 at stride 2 over 4 columns; the last ends beyond the padding. */
    const past: Window = { ...unit, w: 4, wo: 3, kw: 3, strideW: 2, padL: 1, padR: 1 };

    test('a window that runs past the padded edge divides by what lies within it', () => {
      expect(avgPool(past, true, f32(3, 6, 9, 12))).toEqual([3, 9, 6]);
      expect(avgPool(past, false, f32(3, 6, 9, 12))).toEqual([4.5, 9, 12]);
      const down = {
        ...past,
        h: 4,
        w: 1,
        ho: 3,
        wo: 1,
        kh: 3,
        kw: 1,
        strideH: 2,
        padT: 1,
        padB: 1,
        padL: 0,
        padR: 0,
      };
      expect(avgPool(down, true, f32(3, 6, 9, 12))).toEqual([3, 9, 6]);
    });

    test('padR alone decides the divisor at the right edge', () => {
      const a = { ...past, wo: 2, padL: 0 };
      expect(avgPool({ ...a, padR: 0 }, true, f32(3, 6, 9, 12))).toEqual([6, 10.5]);
      expect(avgPool({ ...a, padR: 1 }, true, f32(3, 6, 9, 12))).toEqual([6, 7]);
    });

    test.each([true, false])('the gradient is the transposed map, countIncludePad %s', (countIncludePad) => {
      // Column j of the map is avgPool of the j-th unit vector; dx[j] = <dy, column j>.
      const a = { ...corners, ci: 2, co: 2 };
      const dy = count(8);
      const dx = new Float32Array(18).fill(NaN);
      const got = runPrimitive(backend, 'avgPoolGrad', { ...a, countIncludePad }, { dy, dx });
      for (let j = 0; j < 18; j++) {
        const column = avgPool(
          a,
          countIncludePad,
          Float32Array.from({ length: 18 }, (_, i) => Number(i === j)),
        );
        expect(got.dx[j]).toBe(column.reduce((sum, value, i) => sum + value * dy[i], 0));
      }
    });
  });

  describe('globalAvgPool', () => {
    const planes = { n: 2, c: 2, p: 3 };

    test('is the mean of each plane', () => {
      const { y } = runPrimitive(backend, 'globalAvgPool', planes, { x: count(12), y: new Float32Array(4) });
      expect([...y]).toEqual([2, 5, 8, 11]);
    });

    test('its gradient is spread evenly', () => {
      const got = runPrimitive(backend, 'globalAvgPoolGrad', planes, { dy: f32(3, 6, 9, 12), dx: count(12) });
      expect([...got.dx]).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]);
    });
  });
});
