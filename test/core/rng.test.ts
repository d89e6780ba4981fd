/** The generator against published answers, against the definition in whole numbers of any size, and its distributions. */
import { describe, expect, test } from 'vitest';
import { Rng } from '../../src/core/rng.ts';

/** First word of Philox 2x32-10, written from the paper's definition with BigInt. */
function philox(c0: bigint, c1: bigint, key: bigint): number {
  for (let round = 0; round < 10; round++) {
    const product = c0 * 0xd256d193n;
    [c0, c1] = [(product >> 32n) ^ key ^ c1, product & 0xffffffffn];
    key = (key + 0x9e3779b9n) & 0xffffffffn;
  }
  return Number(c0);
}

describe('bits', () => {
  // Random123 (https://github.com/DEShawResearch/random123), tests/kat_vectors, philox2x32 10: counter, key, first word.
  test.each([
    [0x00000000, 0x00000000, 0x00000000, 0xff1dae59],
    [0xffffffff, 0xffffffff, 0xffffffff, 0x2c3f628b],
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0xdd7ce038],
  ])('known answer for counter %i %i, key %i', (c0, c1, key, expected) => {
    expect(new Rng(key, c1, c0).uint32()).toBe(expected);
  });

  test('every value is the function of key, stream and counter', () => {
    const rng = new Rng(0xdeadbeef, 0xcafe1234);
    for (let i = 0; i < 500; i++) expect(rng.uint32()).toBe(philox(BigInt(i), 0xcafe1234n, 0xdeadbeefn));
  });

  test('the counter goes on beyond 2^32', () => {
    const rng = new Rng(5, 3, 2 ** 32 - 1);
    expect([rng.uint32(), rng.uint32()]).toEqual([philox(0xffffffffn, 3n, 5n), philox(0n, 3n ^ 1n, 5n)]);
    expect(rng.counter).toBe(2 ** 32 + 1);
  });

  test('a stored counter resumes the stream', () => {
    const rng = new Rng(11);
    for (let i = 0; i < 7; i++) rng.normal();
    const resumed = new Rng(11, 0, rng.counter);
    expect(resumed.normal()).toBe(rng.normal());
  });
});

describe('fork', () => {
  const draw = (rng: Rng) => Array.from({ length: 4 }, () => rng.uint32());

  test('does not depend on what was drawn, nor disturb it', () => {
    const drawn = new Rng(1);
    drawn.uint32();
    expect(draw(drawn.fork('a'))).toEqual(draw(new Rng(1).fork('a')));
    const fresh = new Rng(1);
    fresh.fork('a').uint32();
    expect(fresh.uint32()).toBe(new Rng(1).uint32());
  });

  test('other names, other seeds and other parents give other numbers', () => {
    const root = new Rng(1);
    const streams = [
      root,
      root.fork('a'),
      root.fork('b'),
      root.fork('ab'),
      root.fork('a').fork('b'),
      new Rng(2).fork('a'),
    ];
    expect(new Set(streams.flatMap(draw)).size).toBe(streams.length * 4);
  });

  test('two forks are uncorrelated', () => {
    const [a, b] = [new Rng(1).fork('a'), new Rng(1).fork('b')];
    const n = 20_000;
    let sum = 0;
    for (let i = 0; i < n; i++) sum += (a.uniform() - 0.5) * (b.uniform() - 0.5);
    // The covariance of n pairs deviates by 1/12 / sqrt(n) around 0.
    expect(Math.abs(sum / n)).toBeLessThan(4 / 12 / Math.sqrt(n));
  });
});

describe('distributions', () => {
  const n = 50_000;

  function moments(draw: () => number) {
    let [sum, squares, min, max] = [0, 0, Infinity, -Infinity];
    for (let i = 0; i < n; i++) {
      const value = draw();
      sum += value;
      squares += value * value;
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
    return { mean: sum / n, variance: squares / n - (sum / n) ** 2, min, max };
  }

  test('uniform: mean 1/2, variance 1/12, in [0, 1), each value an f32', () => {
    const rng = new Rng(3);
    let inexact = 0;
    const m = moments(() => {
      const value = rng.uniform();
      if (Math.fround(value) !== value) inexact += 1;
      return value;
    });
    expect(inexact).toBe(0);
    expect(m.mean).toBeCloseTo(0.5, 2);
    expect(m.variance).toBeCloseTo(1 / 12, 2);
    expect(m.min).toBeGreaterThanOrEqual(0);
    expect(m.min).toBeLessThan(0.001);
    expect(m.max).toBeLessThan(1);
    expect(m.max).toBeGreaterThan(0.999);
  });

  test('normal: mean 0, variance 1, within 6', () => {
    const rng = new Rng(4);
    const m = moments(() => rng.normal());
    expect(Math.abs(m.mean)).toBeLessThan(4 / Math.sqrt(n));
    expect(Math.abs(m.variance - 1)).toBeLessThan(0.03);
    expect(m.max).toBeGreaterThan(3.3);
    expect(Math.max(m.max, -m.min)).toBeLessThanOrEqual(6);
  });

  test.each([1, 2, 7, 10, 3_000_000_000])('below(%i) stays below and is even', (limit) => {
    const rng = new Rng(5);
    let broken = 0;
    const m = moments(() => {
      const value = rng.below(limit);
      if (!Number.isInteger(value)) broken += 1;
      return value / limit;
    });
    expect(broken).toBe(0);
    expect(m.min).toBeGreaterThanOrEqual(0);
    expect(m.max).toBeLessThan(1);
    expect(m.mean).toBeCloseTo((limit - 1) / 2 / limit, 2);
  });

  test('permutation holds each number once, and starts with each as often', () => {
    const rng = new Rng(6);
    expect([...rng.permutation(101)].sort((a, b) => a - b)).toEqual(Array.from({ length: 101 }, (_, i) => i));
    expect([...rng.permutation(0)]).toEqual([]);
    const first = [0, 0, 0];
    for (let i = 0; i < 3000; i++) first[rng.permutation(3)[0]] += 1;
    for (const times of first) expect(Math.abs(times - 1000)).toBeLessThan(110);
  });
});
