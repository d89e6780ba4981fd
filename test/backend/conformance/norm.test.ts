/** Batch normalisation against torch's rules, by hand, and its gradient against finite differences of the formula. */
import { describe, expect, test } from 'vitest';
import { bothBackends } from '../../helpers/backends.ts';
import { count, f32, runPrimitive } from '../../helpers/primitive.ts';

describe.each(bothBackends())('%s', (_backend, backend) => {
  describe('batchNormTrain', () => {
    // Two channels of two samples of two positions: channel 0 holds 1 2 3 6, channel 1 ten times that.
    // Channel 0: mean 3, squared deviations 4+1+0+9 = 14: biased variance 3.5, unbiased 14/3.
    const sizes = { n: 2, c: 2, p: 2, momentum: 0.25, eps: 0.5 };
    const got = runPrimitive(backend, 'batchNormTrain', sizes, {
      x: f32(1, 2, 10, 20, 3, 6, 30, 60),
      gamma: f32(4, 1),
      beta: f32(1, 0),
      y: new Float32Array(8),
      mean: new Float32Array(2),
      invStd: new Float32Array(2),
      runningMean: f32(1, 0),
      runningVar: f32(2, 1),
    });

    test('normalises by the biased variance plus eps', () => {
      expect([...got.y.subarray(0, 2), ...got.y.subarray(4, 6)]).toEqual([-3, -1, 1, 7]);
      expect(got.y[2]).toBeCloseTo(-20 / Math.sqrt(350.5), 6);
      expect(got.y[7]).toBeCloseTo(30 / Math.sqrt(350.5), 6);
    });

    test("saves the batch's mean and 1/sqrt(var + eps)", () => {
      expect([...got.mean]).toEqual([3, 30]);
      expect([...got.invStd]).toEqual([0.5, Math.fround(1 / Math.sqrt(350.5))]);
    });

    test('momentum weighs the new value, and the running variance is unbiased', () => {
      expect([...got.runningMean]).toEqual([0.75 * 1 + 0.25 * 3, 0.25 * 30]);
      expect(got.runningVar[0]).toBe(Math.fround(0.75 * 2 + 0.25 * (14 / 3)));
      expect(got.runningVar[1]).toBe(Math.fround(0.75 * 1 + 0.25 * (1400 / 3)));
    });

    test('a large mean does not swallow a small variance', () => {
      const far = runPrimitive(
        backend,
        'batchNormTrain',
        { ...sizes, n: 1, c: 1, p: 4, eps: 0 },
        {
          x: f32(65536, 65537, 65536, 65537),
          gamma: f32(1),
          beta: f32(0),
          y: new Float32Array(4),
          mean: f32(0),
          invStd: f32(0),
          runningMean: f32(0),
          runningVar: f32(0),
        },
      );
      expect([...far.y]).toEqual([-1, 1, -1, 1]);
    });
  });

  test('batchNormInfer uses the stored moments', () => {
    const { y } = runPrimitive(
      backend,
      'batchNormInfer',
      { n: 1, c: 2, p: 2, eps: 1 },
      {
        x: f32(1, 5, 7, 9),
        gamma: f32(2, 10),
        beta: f32(0.5, -1),
        mean: f32(1, 8),
        variance: f32(3, 24),
        y: new Float32Array(4),
      },
    );
    // Deviations: sqrt(3 + 1) = 2 and sqrt(24 + 1) = 5.
    expect([...y]).toEqual([0.5, 4.5, -3, 1]);
  });

  test('batchNormGrad agrees with finite differences of the formula', () => {
    const [n, c, p] = [3, 2, 5];
    const eps = 0.1;
    const size = n * c * p;
    const x = Float64Array.from({ length: size }, (_, i) => Math.fround(Math.sin(3 * i + 1)));
    const dy = Float64Array.from({ length: size }, (_, i) => Math.fround(Math.cos(2 * i)));
    const gamma = [1.5, -0.75];
    const beta = [0.25, 2];
    const channel = (i: number) => Math.floor(i / p) % c;

    function moments(of: Float64Array) {
      return gamma.map((_, k) => {
        const members = [...of].filter((_value, i) => channel(i) === k);
        const mean = members.reduce((sum, value) => sum + value, 0) / members.length;
        const variance = members.reduce((sum, value) => sum + (value - mean) ** 2, 0) / members.length;
        return { mean, invStd: 1 / Math.sqrt(variance + eps) };
      });
    }
    function loss(of: Float64Array, scale: number[], shift: number[]): number {
      const m = moments(of);
      return of.reduce((sum, value, i) => {
        const k = channel(i);
        return sum + dy[i] * ((value - m[k].mean) * m[k].invStd * scale[k] + shift[k]);
      }, 0);
    }
    const bump = (values: ArrayLike<number>, at: number, by: number) =>
      Float64Array.from(values, (value, i) => (i === at ? value + by : value));
    const h = 1e-5;
    const slope = (f: (by: number) => number) => (f(h) - f(-h)) / (2 * h);

    const m = moments(x);
    const got = runPrimitive(
      backend,
      'batchNormGrad',
      { n, c, p },
      {
        x: f32(...x),
        dy: f32(...dy),
        gamma: f32(...gamma),
        mean: f32(...m.map((k) => k.mean)),
        invStd: f32(...m.map((k) => k.invStd)),
        dx: new Float32Array(size),
        dgamma: new Float32Array(c),
        dbeta: new Float32Array(c),
      },
    );
    for (let i = 0; i < size; i++) {
      expect(got.dx[i]).toBeCloseTo(
        slope((by) => loss(bump(x, i, by), gamma, beta)),
        5,
      );
    }
    for (let k = 0; k < c; k++) {
      expect(got.dgamma[k]).toBeCloseTo(
        slope((by) => loss(x, [...bump(gamma, k, by)], beta)),
        5,
      );
      expect(got.dbeta[k]).toBeCloseTo(
        slope((by) => loss(x, gamma, [...bump(beta, k, by)])),
        5,
      );
    }
  });

  test('addBias and sumChannels are each other transposed', () => {
    const planes = { n: 2, c: 2, p: 2 };
    const added = runPrimitive(backend, 'addBias', planes, {
      x: count(8),
      bias: f32(10, 20),
      y: new Float32Array(8),
    });
    expect([...added.y]).toEqual([11, 12, 23, 24, 15, 16, 27, 28]);
    const summed = runPrimitive(backend, 'sumChannels', planes, { x: count(8), y: new Float32Array(2) });
    expect([...summed.y]).toEqual([1 + 2 + 5 + 6, 3 + 4 + 7 + 8]);
  });
});
