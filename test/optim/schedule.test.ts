import { describe, expect, test } from 'vitest';
import { cosPi } from '../../src/optim/cosine.ts';
import { rateFactor, type Schedule, scheduleRule } from '../../src/optim/schedule.ts';

/** Factors of all steps. */
function factors(schedule: Schedule, steps: number): number[] {
  return Array.from({ length: steps }, (_, step) => rateFactor(schedule, step, steps));
}

test('cosPi agrees with the cosine, exactly where the cosine is exact', () => {
  for (let i = 0; i <= 1000; i++) {
    expect(Math.abs(cosPi(i / 1000) - Math.cos((Math.PI * i) / 1000))).toBeLessThan(6e-16);
  }
  expect([cosPi(0), cosPi(0.5), cosPi(1)]).toEqual([1, 0, -1]);
});

test('cosPi: stored bits', () => {
  const view = new DataView(new ArrayBuffer(8));
  const bits = [0.1, 0.25, 0.3, 0.75, 0.9].map((t) => {
    view.setFloat64(0, cosPi(t));
    return view.getBigUint64(0).toString(16);
  });
  expect(bits).toEqual([
    '3fee6f0e134454ff',
    '3fe6a09e667f3bcd',
    '3fe2cf2304755a5e',
    'bfe6a09e667f3bcd',
    'bfee6f0e13445500',
  ]);
});

describe('factors', () => {
  test('constant, with and without warm-up', () => {
    expect(factors({ kind: 'constant' }, 3)).toEqual([1, 1, 1]);
    expect(factors({ kind: 'constant', warmup: 0.4 }, 10)).toEqual([0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1, 1]);
  });

  test('step', () => {
    expect(factors({ kind: 'step', at: [0.5, 0.8], gamma: 0.5 }, 10)).toEqual([
      1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25,
    ]);
    expect(rateFactor({ kind: 'step', at: [0.5] }, 7, 10)).toBe(0.1);
  });

  test('cosine', () => {
    const f = factors({ kind: 'cosine' }, 4);
    for (const [i, expected] of [1, 0.8535533905932737, 0.5, 0.14644660940672627].entries()) {
      expect(f[i]).toBeCloseTo(expected, 14);
    }
    expect(factors({ kind: 'cosine', floor: 0.2, warmup: 0.2 }, 10).slice(0, 3)).toEqual([0.5, 1, 1]);
    expect(rateFactor({ kind: 'cosine', floor: 0.2 }, 50, 100)).toBeCloseTo(0.6, 14);
  });

  test("oneCycle follows torch's OneCycleLR: 10 steps, pct_start 0.3, div_factor 25, final_div_factor 1e4", () => {
    // Peak at step 2, the last step at 1 / 250,000.
    const f = factors({ kind: 'oneCycle' }, 10);
    const down = (t: number): number => 4e-6 + ((1 - 4e-6) * (1 + Math.cos(Math.PI * t))) / 2;
    const expected = [0.04, 0.52, 1, ...[1, 2, 3, 4, 5, 6, 7].map((i) => down(i / 7))];
    for (const [i, value] of expected.entries()) expect(f[i]).toBeCloseTo(value, 14);
    expect(f[9]).toBeCloseTo(4e-6, 18);
  });

  test('no schedule gives a factor that is not a number above or at 0, even for one step', () => {
    const kinds: Schedule[] = [
      { kind: 'constant', warmup: 0.5 },
      { kind: 'cosine', warmup: 0.9 },
      { kind: 'oneCycle' },
      { kind: 'oneCycle', warmup: 0 },
      { kind: 'step', at: [0] },
    ];
    for (const schedule of kinds) {
      for (const steps of [1, 2, 3, 17]) {
        for (const f of factors(schedule, steps)) {
          expect(f).toBeGreaterThanOrEqual(0);
          expect(f).toBeLessThanOrEqual(1);
        }
      }
    }
  });
});

test('fields out of range', () => {
  for (const schedule of [
    { kind: 'constant', warmup: 1 },
    { kind: 'step', at: [1.5] },
    { kind: 'step', at: [0.5], gamma: 0 },
    { kind: 'cosine', floor: -1 },
    { kind: 'oneCycle', start: 0 },
    { kind: 'linear' },
  ]) {
    expect(scheduleRule(schedule, 'schedule')?.path).toMatch(/^schedule\.[a-z]+/);
  }
});
