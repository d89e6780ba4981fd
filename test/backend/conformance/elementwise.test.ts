/** Elementwise functions and moves: values by hand, derivatives by finite differences and, at the kinks, by torch's choice. */
import { describe, expect, test } from 'vitest';
import type { UnaryKind } from '../../../src/backend/backend.ts';
import { bothBackends } from '../../helpers/backends.ts';
import { count, expectClose, f32, runPrimitive, u8, unbounded } from '../../helpers/primitive.ts';

describe.each(bothBackends())('%s', (_backend, backend) => {
  function unary(kind: UnaryKind, x: Float32Array, alpha = 0.25): Float32Array {
    const sizes = { kind, alpha, size: x.length };
    return runPrimitive(backend, 'unary', sizes, { x, y: new Float32Array(x.length) }).y;
  }

  function slope(kind: UnaryKind, x: Float32Array, dy: Float32Array, alpha = 0.25): Float32Array {
    const sizes = { kind, alpha, size: x.length };
    const buffers = { x, y: unary(kind, x, alpha), dy, dx: new Float32Array(x.length) };
    return runPrimitive(backend, 'unaryGrad', sizes, buffers).dx;
  }

  describe('unary', () => {
    test.each<[UnaryKind, number[], number[]]>([
      ['relu', [-2, 0, 3], [0, 0, 3]],
      ['relu6', [-2, 0, 3, 6, 7], [0, 0, 3, 6, 6]],
      ['leakyRelu', [-2, 0, 3], [-0.5, 0, 3]],
      ['sigmoid', [0, Math.log(3), -Math.log(3), 1000, -1000], [0.5, 0.75, 0.25, 1, 0]],
      ['tanh', [0, Math.log(3), -Math.log(3), 1000, -1000], [0, 0.8, -0.8, 1, -1]],
      ['hardSwish', [-4, -3, -1, 0, 1, 3, 5], [0, 0, -1 / 3, 0, 2 / 3, 3, 5]],
      ['exp', [0, 1, -1], [1, Math.E, 1 / Math.E]],
      ['log', [1, Math.E, 0.5], [0, 1, -Math.LN2]],
    ])('%s', (kind, x, y) => {
      expectClose(unary(kind, f32(...x)), y);
    });

    test('NaN goes through the clamping functions', () => {
      for (const kind of ['relu', 'relu6', 'leakyRelu', 'hardSwish'] as const) {
        expect([...unary(kind, f32(NaN))]).toEqual([NaN]);
      }
    });

    test.each<[UnaryKind, number[], number[]]>([
      ['relu', [0], [0]],
      ['relu6', [0, 6], [0, 0]],
      ['leakyRelu', [0], [0.25]],
      ['hardSwish', [-3, 3], [0, 1]],
    ])("the derivative of %s at its kinks is torch's", (kind, x, dx) => {
      expect([...slope(kind, f32(...x), f32(...x).fill(1))]).toEqual(dx);
    });

    test.each<UnaryKind>(['relu', 'relu6', 'leakyRelu', 'sigmoid', 'tanh', 'hardSwish', 'exp', 'log'])(
      'the derivative of %s is its difference quotient, times dy',
      (kind) => {
        const h = 2 ** -6;
        const x = f32(0.25, 1.5, 2.5, ...(kind === 'log' ? [] : [-0.25, -1.5, -4, 7]));
        const upper = unary(
          kind,
          x.map((value) => value + h),
        );
        const lower = unary(
          kind,
          x.map((value) => value - h),
        );
        const dx = slope(kind, x, f32(...x).fill(2));
        // A central difference is off by h^2/6 of the third derivative.
        for (let i = 0; i < x.length; i++) {
          const quotient = (upper[i] - lower[i]) / h;
          expect(Math.abs(dx[i] - quotient)).toBeLessThan(
            2e-4 * (Math.abs(quotient) + 1) * (kind === 'log' ? 40 : 1),
          );
        }
      },
    );
  });

  describe('two operands', () => {
    const buffers = () => ({ a: f32(1, -2, 3), b: f32(4, 5, -6), y: new Float32Array(3) });

    test('add and mul', () => {
      const sizes = { size: 3, ...unbounded };
      expect([...runPrimitive(backend, 'add', sizes, buffers()).y]).toEqual([5, 3, -3]);
      expect([...runPrimitive(backend, 'mul', sizes, buffers()).y]).toEqual([4, -10, -18]);
    });

    test('clamped', () => {
      const sizes = { size: 3, lo: 0, hi: 4 };
      expect([...runPrimitive(backend, 'add', sizes, buffers()).y]).toEqual([4, 3, 0]);
      expect([...runPrimitive(backend, 'mul', sizes, buffers()).y]).toEqual([4, 0, 0]);
    });

    test('axpby does not read y when beta is 0', () => {
      const sizes = { size: 2, alpha: 3 };
      const run = (beta: number, y: Float32Array) => [
        ...runPrimitive(backend, 'axpby', { ...sizes, beta }, { x: f32(1, 2), y }).y,
      ];
      expect(run(-2, f32(10, 20))).toEqual([-17, -34]);
      expect(run(0, f32(NaN, Infinity))).toEqual([3, 6]);
    });

    test('applyMask keeps, or makes exactly 0', () => {
      const got = runPrimitive(backend, 'applyMask', { size: 3 }, { x: f32(1, NaN, -3), mask: u8(1, 0, 1) });
      expect([...got.x]).toEqual([1, 0, -3]);
    });

    test('fill', () => {
      expect([...runPrimitive(backend, 'fill', { size: 2, value: -1.5 }, { y: f32(1, 2, 3) }).y]).toEqual([
        -1.5, -1.5, 3,
      ]);
    });
  });

  describe('layout', () => {
    test('copyRows writes rows of one stride into another and leaves the rest', () => {
      const sizes = { rows: 2, bytes: 2, srcStride: 3, dstStride: 4 };
      const got = runPrimitive(backend, 'copyRows', sizes, {
        src: u8(1, 2, 3, 4, 5, 6),
        dst: u8(0, 0, 9, 9, 0, 0, 9, 9),
      });
      expect([...got.dst]).toEqual([1, 2, 9, 9, 4, 5, 9, 9]);
    });

    const padding = { planes: 2, h: 1, w: 2, padT: 1, padL: 0, padB: 0, padR: 1 };

    test('pad2d puts the constant around each plane', () => {
      const { y } = runPrimitive(
        backend,
        'pad2d',
        { ...padding, value: 7 },
        { x: count(4), y: new Float32Array(12) },
      );
      expect([...y]).toEqual([7, 7, 7, 1, 2, 7, 7, 7, 7, 3, 4, 7]);
    });

    test('its gradient is the inner part', () => {
      const { dx } = runPrimitive(backend, 'pad2dGrad', padding, { dy: count(12), dx: new Float32Array(4) });
      expect([...dx]).toEqual([4, 5, 10, 11]);
    });
  });
});
