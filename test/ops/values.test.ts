/** Values worked out by hand where an op has a convention of its own, and gradients that are no derivative. */
import { describe, expect, test } from 'vitest';
import { Engine } from '../../src/autograd/engine.ts';
import type { Tensor } from '../../src/autograd/tensor.ts';
import * as ops from '../../src/ops/index.ts';
import { referenceBackend, wasmBackend } from '../helpers/backends.ts';
import { differsFrom } from '../helpers/close.ts';
import { uniform } from '../helpers/shapes.ts';

const backends = { reference: referenceBackend, wasm: wasmBackend };

describe.each(['reference', 'wasm'] as const)('%s', (name) => {
  const engine = new Engine(backends[name]());

  test('fakeQuantize rounds half to even, clamps, and lets the gradient straight through within the range', () => {
    // scale 0.5, zero point 1, range -3..4: the grid runs from -2 to 1.5.
    const x = engine.parameter([8], [-2.5, -2, -0.25, 0.25, 0.75, 1.5, 1.8, 9]);
    engine.step(() => {
      const y = ops.fakeQuantize(x, { scale: [0.5], zeroPoint: 1, qmin: -3, qmax: 4, channels: 1 });
      expect(differsFrom('y', y.view(), [-2, -2, 0, 0, 1, 1.5, 1.5, 1.5], 0)).toBeNull();
      engine.backward(ops.sum(ops.mul(y, engine.tensor([8], [2, 3, 5, 7, 11, 13, 17, 19]))));
    });
    expect(Array.from((x.grad as Tensor).view())).toEqual([0, 3, 5, 7, 11, 13, 0, 0]);
  });

  test('fakeQuantize per channel, with the constants as tensors', () => {
    const x = engine.parameter([2, 3], [0.3, 0.6, 9, 0.3, 0.6, 9]);
    engine.step(() => {
      const y = ops.fakeQuantize(x, {
        scale: engine.tensor([2], [0.25, 1]),
        zeroPoint: engine.tensor([2], [0, 0], 'i32'),
        qmin: -7,
        qmax: 7,
        channels: 2,
      });
      expect(Array.from(y.view())).toEqual([0.25, 0.5, 1.75, 0, 1, 7]);
      engine.backward(ops.sum(y));
    });
    expect(Array.from((x.grad as Tensor).view())).toEqual([1, 1, 0, 1, 1, 0]);
  });

  test('the gradient of a centroid is the sum over its members that are kept', () => {
    const centroids = engine.parameter([3], [0.5, -0.25, 8]);
    const indices = [0, 1, 1, 0, 2, 1, 0];
    const keep = [1, 1, 0, 1, 0, 1, 0];
    const dw = [2, 3, 5, 7, 11, 13, 17];
    engine.step(() => {
      const w = ops.gatherCentroids(
        centroids,
        engine.tensor([7], indices, 'u8'),
        engine.tensor([7], keep, 'u8'),
        [7, 1],
      );
      expect(Array.from(w.view())).toEqual([0.5, -0.25, 0, 0.5, 0, -0.25, 0]);
      engine.backward(ops.sum(ops.mul(w, engine.tensor([7, 1], dw))));
    });
    expect(Array.from((centroids.grad as Tensor).view())).toEqual([2 + 7, 3 + 13, 0]);
  });

  test('crossEntropy with label smoothing', () => {
    // logits log(1), log(2), log(5): probabilities 1/8, 2/8, 5/8.
    const logits = engine.parameter([1, 3], [0, Math.log(2), Math.log(5)]);
    engine.step(() => {
      const target = ops.oneHot(engine.tensor([1], [2], 'i32'), 3, 0.3);
      expect(differsFrom('target', target.view(), [0.1, 0.1, 0.8], 1e-7)).toBeNull();
      const loss = ops.crossEntropy(logits, target);
      const expected = -(0.1 * Math.log(1 / 8) + 0.1 * Math.log(2 / 8) + 0.8 * Math.log(5 / 8));
      expect(loss.item()).toBeCloseTo(expected, 6);
      engine.backward(loss);
    });
    const grad = (logits.grad as Tensor).toArray();
    expect(differsFrom('gradient', grad, [1 / 8 - 0.1, 2 / 8 - 0.1, 5 / 8 - 0.8], 1e-6)).toBeNull();
  });

  test('crossEntropy is a mean over rows and survives large logits', () => {
    engine.step(() => {
      const logits = engine.tensor([2, 2], [1e4, -1e4, 1e4, -1e4]);
      const target = ops.oneHot(engine.tensor([2], [0, 1], 'i32'), 2);
      expect(ops.crossEntropy(logits, target).item()).toBe(1e4);
    });
  });

  test('batchNorm in training moves the running statistics, the variance unbiased', () => {
    const mean = engine.parameter([1], [10], { trainable: false });
    const variance = engine.parameter([1], [20], { trainable: false });
    engine.step(() => {
      const x = engine.tensor([2, 1, 1, 2], [1, 2, 3, 6]);
      const one = engine.tensor([1], [1]);
      const zero = engine.tensor([1], [0]);
      const y = ops.batchNorm(
        x,
        { gamma: one, beta: zero, mean, variance },
        { eps: 0.5, momentum: 0.25 },
        true,
      );
      // Mean 3, biased variance 3.5, unbiased 14/3.
      expect(differsFrom('y', y.view(), [-1, -0.5, 0, 1.5], 1e-6)).toBeNull();
    });
    expect(mean.item()).toBeCloseTo(0.75 * 10 + 0.25 * 3, 5);
    expect(variance.item()).toBeCloseTo(0.75 * 20 + (0.25 * 14) / 3, 5);
  });

  test('a fused activation is the unfused op and the activation, in value and gradient', () => {
    const conv = { stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups: 1 } as const;
    const wide = (shape: number[], seed: number) => uniform(shape, seed).map((v) => v * 3);
    const functions = { relu: ops.relu, relu6: ops.relu6 };
    for (const activation of ['relu', 'relu6'] as const) {
      const unfused = functions[activation];
      const builds: Record<string, { shapes: number[][]; run(xs: Tensor[], fused: boolean): Tensor }> = {
        conv2d: {
          shapes: [[2, 3, 7, 5], [11, 3, 3, 3], [11]],
          run: ([x, w, b], fused) =>
            fused ? ops.conv2d(x, w, b, { ...conv, activation }) : unfused(ops.conv2d(x, w, b, conv)),
        },
        linear: {
          shapes: [[5, 13], [7, 13], [7]],
          run: ([x, w, b], fused) =>
            fused ? ops.linear(x, w, b, { activation }) : unfused(ops.linear(x, w, b)),
        },
        add: {
          shapes: [
            [3, 7, 5],
            [3, 7, 5],
          ],
          run: ([a, b], fused) => (fused ? ops.add(a, b, { activation }) : unfused(ops.add(a, b))),
        },
      };
      for (const [op, { shapes, run }] of Object.entries(builds)) {
        const results = [true, false].map((fused) => {
          const leaves = shapes.map((shape, i) => engine.parameter(shape, wide(shape, i + 1)));
          const y = engine.step(() => {
            const out = run(leaves, fused);
            // Read twice, so that the gradient that arrives is a sum.
            engine.backward(ops.sum(ops.mul(out, out)));
            return out.toArray();
          });
          return [y, ...leaves.map((leaf) => (leaf.grad as Tensor).toArray())];
        });
        results[0].forEach((fused, i) => {
          expect(differsFrom(`${op} with ${activation}, array ${i}`, fused, results[1][i], 0)).toBeNull();
        });
      }
    }
  });

  test('flatten copies nothing', () => {
    const x = engine.tensor([2, 3, 5]);
    const y = ops.flatten(x);
    expect(y.shape).toEqual([2, 15]);
    expect(y.ptr).toBe(x.ptr);
  });
});
