/** Softmax, cross-entropy and reductions. Softmax of (0, ln 2, ln 5) is (1, 2, 5) / 8. */
import { describe, expect, test } from 'vitest';
import { bothBackends } from '../../helpers/backends.ts';
import { expectClose, f32, i32, runPrimitive } from '../../helpers/primitive.ts';

describe.each(bothBackends())('%s', (_backend, backend) => {
  const logits = f32(0, Math.log(2), Math.log(5));

  describe('softmax', () => {
    const softmax = (rows: number, columns: number, x: Float32Array) =>
      runPrimitive(backend, 'softmax', { rows, columns }, { x, y: new Float32Array(x.length) }).y;

    test('by row', () => {
      const y = softmax(2, 3, f32(...logits, 7, 7, 7));
      expectClose(y, [1 / 8, 2 / 8, 5 / 8, 1 / 3, 1 / 3, 1 / 3]);
    });

    test('neither overflows nor vanishes at +-1000', () => {
      expect(softmax(1, 3, f32(1000, 0, -1000))).toEqual(f32(1, 0, 0));
      expect(softmax(2, 2, f32(-1000, -1000, 1000, 1000))).toEqual(f32(0.5, 0.5, 0.5, 0.5));
    });

    test('the gradient is y (dy - <dy, y>)', () => {
      const got = runPrimitive(
        backend,
        'softmaxGrad',
        { rows: 1, columns: 2 },
        {
          y: f32(0.25, 0.75),
          dy: f32(8, 4),
          dx: new Float32Array(2),
        },
      );
      expect([...got.dx]).toEqual([0.25 * (8 - 5), 0.75 * (4 - 5)]);
    });
  });

  describe('cross-entropy', () => {
    const crossEntropy = (columns: number, x: Float32Array, target: Float32Array) => {
      const rows = x.length / columns;
      const buffers = { logits: x, target, loss: new Float32Array(rows), diff: new Float32Array(x.length) };
      return runPrimitive(backend, 'crossEntropy', { rows, columns }, buffers);
    };

    test('with label smoothing 0.3: label 1 of 3 gets 0.8, the others 0.1', () => {
      const target = runPrimitive(
        backend,
        'oneHot',
        { rows: 1, columns: 3, smoothing: 0.3 },
        {
          labels: i32(1),
          y: new Float32Array(3),
        },
      ).y;
      expect([...target]).toEqual([...f32(0.1, 0.8, 0.1)]);
      const { loss, diff } = crossEntropy(3, logits, target);
      expect(loss[0]).toBeCloseTo(0.1 * Math.log(8) + 0.8 * Math.log(4) + 0.1 * Math.log(8 / 5), 6);
      expectClose(diff, [1 / 8 - 0.1, 2 / 8 - 0.8, 5 / 8 - 0.1]);
    });

    test('without smoothing oneHot is 0 and 1', () => {
      const sizes = { rows: 2, columns: 3, smoothing: 0 };
      const { y } = runPrimitive(backend, 'oneHot', sizes, {
        labels: i32(2, 0),
        y: new Float32Array(6).fill(9),
      });
      expect([...y]).toEqual([0, 0, 1, 1, 0, 0]);
    });

    test('stays finite at +-1000', () => {
      const { loss, diff } = crossEntropy(2, f32(1000, -1000, 1000, -1000), f32(0, 1, 1, 0));
      expect([...loss]).toEqual([2000, 0]);
      expect([...diff]).toEqual([1, -1, 0, 0]);
    });

    test('a target that sums to 4 scales the gradient by 4', () => {
      const { loss, diff } = crossEntropy(2, f32(3, 3), f32(1, 3));
      expect(loss[0]).toBeCloseTo(4 * Math.log(2), 6);
      expect([...diff]).toEqual([1, -1]);
    });
  });

  describe('reductions', () => {
    test.each([
      ['sum', [0.5]],
      ['sumSquares', [9 + 1 + 16 + 6.25]],
      ['maxAbs', [4]],
      ['minMax', [-4, 3]],
    ] as const)('%s', (kind, expected) => {
      const buffers = { x: f32(3, -1, -4, 2.5), y: new Float32Array(expected.length) };
      const { y } = runPrimitive(backend, 'reduce', { kind, size: 4 }, buffers);
      expect([...y]).toEqual([...expected]);
    });

    test('argmax takes the first of equals, per row', () => {
      const buffers = { x: f32(1, 5, 5, -3, -1, -2), y: new Int32Array(2) };
      expect([...runPrimitive(backend, 'argmax', { rows: 2, columns: 3 }, buffers).y]).toEqual([1, 1]);
    });
  });
});
