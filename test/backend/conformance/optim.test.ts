/** SGD and AdamW over three steps against torch's update rules, the Fisher accumulator, and the shared-weight primitives. */
import { describe, expect, test } from 'vitest';
import { bothBackends } from '../../helpers/backends.ts';
import { expectClose, f32, i32, runPrimitive, u8 } from '../../helpers/primitive.ts';

describe.each(bothBackends())('%s', (_backend, backend) => {
  describe('sgd', () => {
    /** Weight after each of three steps with gradients 0.5, from w = 1 at lr 0.1. */
    function threeSteps(momentum: number, weightDecay: number, nesterov: boolean): Float32Array {
      let state = { w: f32(1), g: f32(0.5), v: f32(0) };
      const sizes = { size: 1, lr: 0.1, momentum, weightDecay, nesterov };
      return Float32Array.from({ length: 3 }, () => {
        state = runPrimitive(backend, 'sgd', sizes, state);
        return state.w[0];
      });
    }

    test('plain, with weight decay added to the gradient', () => {
      // 1 - 0.1 (0.5 + 0.1), then from 0.94 and from 0.8806 likewise.
      expectClose(threeSteps(0, 0.1, false), [0.94, 0.8806, 0.821794]);
    });

    test('momentum: the velocity is 0.5, 0.95, 1.355', () => {
      expectClose(threeSteps(0.9, 0, false), [0.95, 0.855, 0.7195]);
    });

    test('nesterov looks one step ahead: 0.95, 1.355, 1.7195', () => {
      expectClose(threeSteps(0.9, 0, true), [0.905, 0.7695, 0.59755]);
    });

    test('weight decay goes through the velocity', () => {
      // g' = 0.6, v = 0.6, w = 0.94; g' = 0.594, v = 1.134, w = 0.8266; g' = 0.58266, v = 1.60326, w = 0.666274
      expectClose(threeSteps(0.9, 0.1, false), [0.94, 0.8266, 0.666274]);
    });

    test('without momentum the velocity is left alone, and the gradient always is', () => {
      const sizes = { size: 1, lr: 1, momentum: 0, weightDecay: 2, nesterov: false };
      const got = runPrimitive(backend, 'sgd', sizes, { w: f32(3), g: f32(5), v: f32(7) });
      expect([got.w[0], got.g[0], got.v[0]]).toEqual([3 - (5 + 6), 5, 7]);
    });
  });

  describe('adamw', () => {
    const [lr, beta1, beta2, eps] = [0.1, 0.9, 0.99, 1e-8];

    function threeSteps(gradients: number[], weightDecay: number): Float32Array {
      let state = { w: f32(1), g: f32(0), m: f32(0), v: f32(0) };
      return Float32Array.from(gradients, (g, i) => {
        const correction1 = 1 - beta1 ** (i + 1);
        const correction2 = 1 - beta2 ** (i + 1);
        const sizes = { size: 1, lr, beta1, beta2, eps, weightDecay, correction1, correction2 };
        state = runPrimitive(backend, 'adamw', sizes, { ...state, g: f32(g) });
        return state.w[0];
      });
    }

    test('a constant gradient makes each step lr, after the decay', () => {
      // Corrected moments are g and g^2. 1 * 0.95 - 0.1, 0.85 * 0.95 - 0.1, 0.7075 * 0.95 - 0.1
      expectClose(threeSteps([2, 2, 2], 0.5), [0.85, 0.7075, 0.572125]);
      expectClose(threeSteps([-2, -2, -2], 0.5), [1.05, 1.0975, 1.142625]);
    });

    test('moments are the weighted means of the gradients so far', () => {
      const gradients = [1, -2, 3];
      const moment = (t: number, beta: number, power: number) => {
        const weights = gradients.slice(0, t).map((_, i) => beta ** (t - 1 - i));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        return weights.reduce((sum, weight, i) => sum + weight * gradients[i] ** power, 0) / total;
      };
      let w = 1;
      const expected = [1, 2, 3].map((t) => {
        w -= (lr * moment(t, beta1, 1)) / (Math.sqrt(moment(t, beta2, 2)) + eps);
        return w;
      });
      expectClose(threeSteps(gradients, 0), expected);
    });
  });

  test('accumulateSquares adds to what is there', () => {
    const got = runPrimitive(backend, 'accumulateSquares', { size: 2 }, { x: f32(-3, 0.5), sum: f32(1, 2) });
    expect([...got.sum]).toEqual([10, 2.25]);
  });

  describe('shared weights', () => {
    const indices = u8(0, 2, 0, 2, 1);
    const mask = u8(1, 1, 0, 1, 0);

    test('kmeansAssign takes the nearest, the lowest index on a tie', () => {
      const buffers = {
        x: f32(-5, 0, 1, 1.01, 3, 9),
        centroids: f32(0, 2, 4, 2),
        indices: u8(9, 9, 9, 9, 9, 9),
      };
      const got = runPrimitive(backend, 'kmeansAssign', { size: 6, k: 4 }, buffers);
      expect([...got.indices]).toEqual([0, 0, 0, 1, 1, 2]);
    });

    test('kmeansUpdate is the mean of unmasked members; a centroid without any stays', () => {
      const buffers = {
        x: f32(1, 2, 30, 6, 5),
        indices,
        mask,
        centroids: f32(7, 8, 9),
        counts: i32(9, 9, 9),
      };
      const masked = runPrimitive(backend, 'kmeansUpdate', { size: 5, k: 3 }, buffers);
      expect([...masked.centroids]).toEqual([1, 8, 4]);
      expect([...masked.counts]).toEqual([1, 0, 2]);
      const { mask: _, ...rest } = buffers;
      const all = runPrimitive(backend, 'kmeansUpdate', { size: 5, k: 3, mask: 0 }, rest);
      expect([...all.centroids]).toEqual([15.5, 5, 4]);
      expect([...all.counts]).toEqual([2, 1, 2]);
    });

    test('gatherCentroids reads the codebook, 0 where masked', () => {
      const buffers = { centroids: f32(7, 8, 9), indices, mask, w: new Float32Array(5) };
      expect([...runPrimitive(backend, 'gatherCentroids', { size: 5 }, buffers).w]).toEqual([7, 9, 0, 9, 0]);
      const { mask: _, ...rest } = buffers;
      expect([...runPrimitive(backend, 'gatherCentroids', { size: 5, mask: 0 }, rest).w]).toEqual([
        7, 9, 7, 9, 8,
      ]);
    });

    test('scatterCentroids sums the gradient of the members that are kept', () => {
      const buffers = { dw: f32(1, 2, 4, 8, 16), indices, mask, dc: f32(9, 9, 9) };
      expect([...runPrimitive(backend, 'scatterCentroids', { size: 5, k: 3 }, buffers).dc]).toEqual([
        1, 0, 10,
      ]);
      const { mask: _, ...rest } = buffers;
      const all = runPrimitive(backend, 'scatterCentroids', { size: 5, k: 3, mask: 0 }, rest);
      expect([...all.dc]).toEqual([5, 16, 10]);
    });
  });
});
