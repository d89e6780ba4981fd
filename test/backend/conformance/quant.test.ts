/** int8: rounding, saturation and the f32 steps of requantization, on values where another order or precision shows. */
import { describe, expect, test } from 'vitest';
import { bothBackends } from '../../helpers/backends.ts';
import { f32, i8, i32, runPrimitive, unit } from '../../helpers/primitive.ts';

describe.each(bothBackends())('%s', (_backend, backend) => {
  const whole = { lo: -128, hi: 127 };

  function quantize(x: Float32Array, scale: number, zeroPoint: number): number[] {
    const sizes = { size: x.length, scale, zeroPoint };
    return [...runPrimitive(backend, 'quantize', sizes, { x, y: new Int8Array(x.length) }).y];
  }

  describe('quantize and dequantize', () => {
    test('rounds half to even', () => {
      const x = f32(-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 2.4999998, 2.5000002);
      expect(quantize(x, 1, 0)).toEqual([-4, -2, -2, 0, 0, 2, 2, 4, 2, 3]);
    });

    test('the zero point is added after rounding, and the sum saturates', () => {
      expect(quantize(f32(0.5, 1.5, 28, 29), 1, 99)).toEqual([99, 101, 127, 127]);
      expect(quantize(f32(1e9, -1e9, Infinity, -Infinity), 1, 100)).toEqual([127, -128, 127, -128]);
    });

    test('multiplies by the f32 reciprocal of the scale', () => {
      // Division would give the ties 2.5 and 3.5. f32(1/15) lies above 1/15 and f32(1/41) below 1/41.
      expect(quantize(f32(37.5), 15, 0)).toEqual([3]);
      expect(quantize(f32(143.5), 41, 0)).toEqual([3]);
    });

    test('dequantize', () => {
      const sizes = { size: 3, scale: 0.5, zeroPoint: -3 };
      const { y } = runPrimitive(backend, 'dequantize', sizes, {
        x: i8(-128, -3, 127),
        y: new Float32Array(3),
      });
      expect([...y]).toEqual([-62.5, 0, 65]);
    });
  });

  describe('fakeQuantize', () => {
    // Channel 0: steps of 0.5 around zero point 1, q in [-2, 2], so values in [-1.5, 0.5]. Channel 1: steps of 2, values in [-4, 4].
    const sizes = { channels: 2, inner: 4, qmin: -2, qmax: 2 };
    const params = { scale: f32(0.5, 2), zeroPoint: i32(1, 0) };
    const x = f32(-9, -0.25, 0.75, 0.3, 1, 3, -5, 9);

    test('rounds to the grid of each channel and clamps to its ends', () => {
      const { y } = runPrimitive(backend, 'fakeQuantize', sizes, { ...params, x, y: new Float32Array(8) });
      // Adding 0 takes the sign off a zero, which a backend may leave as it comes.
      expect([...y].map((value) => value + 0)).toEqual([-1.5, 0, 0.5, 0.5, 0, 4, -4, 4]);
    });

    test('passes the gradient where the rounded value is in range', () => {
      const buffers = { ...params, x, dy: f32(1, 2, 3, 4, 5, 6, 7, 8), dx: new Float32Array(8) };
      const { dx } = runPrimitive(backend, 'fakeQuantizeGrad', sizes, buffers);
      // 0.75 / 0.5 rounds to 2, plus 1 is out; 3 / 2 rounds to 2 and -5 / 2 to -2: in.
      expect([...dx]).toEqual([0, 2, 0, 4, 5, 6, 7, 0]);
    });
  });

  describe('requantization', () => {
    /** One accumulator, put there as a bias. */
    function requantize(acc: number, multiplier: number, zeroY = 0, clamp = whole): number {
      const sizes = { n: 1, i: 1, o: 1, zeroX: 0, zeroY, ...clamp };
      const buffers = { x: i8(0), weight: i8(0), bias: i32(acc), multiplier: f32(multiplier), y: i8(0) };
      return runPrimitive(backend, 'qlinear', sizes, buffers).y[0];
    }

    test('ties go to even', () => {
      expect([5, 7, -5, -7, 1, -1].map((acc) => requantize(acc, 0.5))).toEqual([2, 4, -2, -4, 0, 0]);
    });

    test('the product is rounded to f32 before it is rounded to a whole number', () => {
      // f32(2.5 / 7) * 7 is 2.50000006: in f32 that is 2.5, a tie, which goes to 2.
      expect(requantize(7, 2.5 / 7)).toBe(2);
    });

    test('the accumulator is rounded half to even to f32 first', () => {
      // 2^24 + 1 becomes 2^24, which times 2.5 / 2^24 is a tie; 2^24 + 2 is an f32, and above the tie.
      expect(requantize(2 ** 24 + 1, 2.5 / 2 ** 24)).toBe(2);
      expect(requantize(2 ** 24 + 2, 2.5 / 2 ** 24)).toBe(3);
    });

    test('saturates at both ends, whatever the product', () => {
      expect(requantize(2 ** 31 - 1, 1)).toBe(127);
      expect(requantize(-(2 ** 31), 1)).toBe(-128);
      expect(requantize(2 ** 31 - 1, 1e30, -128)).toBe(127);
      expect(requantize(-(2 ** 31), 1e30, 127)).toBe(-128);
    });

    test('the clamp is in int8 and after the zero point', () => {
      expect(requantize(100, 1, -20, { lo: -20, hi: 60 })).toBe(60);
      expect(requantize(-100, 1, -20, { lo: -20, hi: 60 })).toBe(-20);
      expect(requantize(50, 1, -20, { lo: -20, hi: 60 })).toBe(30);
    });
  });

  describe('qconv2d and qlinear', () => {
    test('padding counts as the zero point of x', () => {
      const a = { ...unit, w: 2, wo: 4, kw: 3, padL: 2, padR: 2, ...whole, zeroX: 7, zeroY: -1 };
      const buffers = {
        x: i8(7, 10),
        weight: i8(1, 2, 4),
        bias: i32(5),
        multiplier: f32(1),
        y: new Int8Array(4),
      };
      // x - 7 is 0 0 [0 3] 0 0: windows give 0, 12, 6, 3; plus bias 5, minus 1.
      expect([...runPrimitive(backend, 'qconv2d', a, buffers).y]).toEqual([4, 16, 10, 7]);
    });

    test('a multiplier for each output channel, groups', () => {
      const a = { ...unit, ci: 2, co: 2, groups: 2, ...whole, zeroX: -1, zeroY: 0, bias: 0 };
      const buffers = { x: i8(3, 4), weight: i8(10, -100), multiplier: f32(0.5, 0.25), y: i8(0, 0) };
      // (3 + 1) 10 / 2 and (4 + 1) -100 / 4
      expect([...runPrimitive(backend, 'qconv2d', a, buffers).y]).toEqual([20, -125]);
    });

    test('qlinear', () => {
      const sizes = { n: 2, i: 2, o: 2, zeroX: 1, zeroY: 3, lo: 0, hi: 127 };
      const buffers = {
        x: i8(2, 3, -1, 1),
        weight: i8(1, 10, -5, 0),
        bias: i32(1, 0),
        multiplier: f32(1, 2),
        y: new Int8Array(4),
      };
      // x - 1 is [1 2] and [-2 0]: 21 + 1 + 3, -5 * 2 + 3 (clamped), -2 + 1 + 3, 10 * 2 + 3.
      expect([...runPrimitive(backend, 'qlinear', sizes, buffers).y]).toEqual([25, 0, 2, 23]);
    });
  });

  describe('the other int8 primitives', () => {
    test('qmaxPool: padding does not win over -128', () => {
      const a = { ...unit, w: 3, wo: 2, kw: 2, strideW: 2, padL: 1 };
      const { y } = runPrimitive(backend, 'qmaxPool', a, { x: i8(-128, -100, -120), y: i8(0, 0) });
      expect([...y]).toEqual([-128, -100]);
    });

    test.each([
      // x - 2 is 1 and 6: sums 1, 7, 6 with multiplier 1 over 2, or over 1 2 1. 0.5 and 3.5 are ties.
      [true, [10 + 0, 10 + 4, 10 + 3]],
      [false, [10 + 1, 10 + 4, 10 + 6]],
    ])('qavgPool, countIncludePad %s', (countIncludePad, expected) => {
      const a = {
        ...unit,
        w: 2,
        wo: 3,
        kw: 2,
        padL: 1,
        padR: 1,
        countIncludePad,
        zeroX: 2,
        zeroY: 10,
        multiplier: 1,
      };
      expect([...runPrimitive(backend, 'qavgPool', a, { x: i8(3, 8), y: new Int8Array(3) }).y]).toEqual(
        expected,
      );
    });

    test('qglobalAvgPool', () => {
      const sizes = { n: 1, c: 2, p: 4, zeroX: -1, zeroY: -5, multiplier: 2 };
      const x = i8(0, 1, 2, 3, 127, 127, 127, 127);
      // Sums of x + 1: 10 and 512; times 2 / 4.
      expect([...runPrimitive(backend, 'qglobalAvgPool', sizes, { x, y: i8(0, 0) }).y]).toEqual([0, 127]);
    });

    test('qadd: each product is rounded to f32, then their sum', () => {
      const sizes = { zeroA: 1, zeroB: -1, zeroY: 2, multA: 0.5, multB: 0.25, ...whole, size: 4 };
      const got = runPrimitive(backend, 'qadd', sizes, {
        a: i8(2, 4, 127, -128),
        b: i8(-1, 3, 127, -128),
        y: new Int8Array(4),
      });
      // 0.5 + 0, 1.5 + 1, 63 + 32, -64.5 - 31.75
      expect([...got.y]).toEqual([2, 4, 97, -94]);
      // f32(2.5 / 7) * 7 is 2.5 in f32.
      const tie = { ...sizes, zeroA: 0, zeroB: 0, zeroY: 0, multA: 2.5 / 7, size: 1 };
      expect(runPrimitive(backend, 'qadd', tie, { a: i8(7), b: i8(0), y: i8(0) }).y[0]).toBe(2);
    });

    test('qlookup reads the table at x + 128', () => {
      const table = Int8Array.from({ length: 256 }, (_, i) => 127 - i);
      const got = runPrimitive(
        backend,
        'qlookup',
        { size: 3 },
        { x: i8(-128, 0, 127), table, y: i8(0, 0, 0) },
      );
      expect([...got.y]).toEqual([127, -1, -128]);
    });
  });
});
