import { describe, expect, test } from 'vitest';
import type { UnaryKind } from '../../src/backend/backend.ts';
import { wasmBackend } from '../helpers/backends.ts';

/** The function in f64, and how many units in the last place of f32 the kernel may be off. */
const functions: { kind: UnaryKind; exact: (x: number) => number; allowed: number }[] = [
  { kind: 'exp', exact: Math.exp, allowed: 2 },
  { kind: 'log', exact: Math.log, allowed: 2 },
  { kind: 'sigmoid', exact: (x) => 1 / (1 + Math.exp(-x)), allowed: 4 },
  { kind: 'tanh', exact: Math.tanh, allowed: 4 },
];

/** Distance from an f32 near `value` to the next one: 2^(exponent - 23), 2^-149 among the denormals. */
function ulp(value: number): number {
  const size = Math.abs(value);
  if (size < 2 ** -126) return 2 ** -149;
  return 2 ** (Math.floor(Math.log2(size)) - 23);
}

/** Every `step`-th of all 2^32 bit patterns. */
function sweep(step: number): Float32Array {
  const bits = new Uint32Array(Math.floor(2 ** 32 / step));
  for (let i = 0; i < bits.length; i++) bits[i] = i * step;
  return new Float32Array(bits.buffer);
}

function apply(build: 'release' | 'debug', kind: UnaryKind, x: Float32Array): Float32Array {
  const backend = wasmBackend(build);
  const ptr = backend.heap.alloc(x.byteLength);
  backend.heap.f32(ptr, x.length).set(x);
  backend.unary({ kind, x: ptr, y: ptr, size: x.length, alpha: 0 });
  return backend.heap.f32(ptr, x.length).slice();
}

describe.each(functions)('$kind', ({ kind, exact, allowed }) => {
  test.each([
    ['release', 1021],
    ['debug', 16381],
  ] as const)(`%s: within ${allowed} ulp on every %i-th f32`, (build, step) => {
    const x = sweep(step);
    const y = apply(build, kind, x);
    let worst = 0;
    let at = 0;
    for (let i = 0; i < x.length; i++) {
      const want = exact(x[i]);
      const rounded = Math.fround(want);
      if (Object.is(rounded, y[i]) || rounded === y[i]) continue;
      // Infinity or NaN where the other is a number is as wrong as can be.
      const error = Math.abs(y[i] - want) / ulp(want);
      if (!(error <= worst)) {
        worst = error;
        at = x[i];
      }
      if (!Number.isFinite(error)) break;
    }
    expect(worst, `worst at ${at}`).toBeLessThanOrEqual(allowed);
  });
});

describe('at the edges', () => {
  const { POSITIVE_INFINITY: inf, NaN: nan } = Number;
  test.each([
    ['exp', [0, -0, inf, -inf, nan], [1, 1, inf, 0, nan]],
    ['log', [1, 0, -0, -1, inf, nan, -inf], [0, -inf, -inf, nan, inf, nan, nan]],
    ['sigmoid', [0, inf, -inf, nan, 200, -200], [0.5, 1, 0, nan, 1, 0]],
    ['tanh', [0, -0, inf, -inf, nan, 20, -20], [0, -0, 1, -1, nan, 1, -1]],
  ] as const)('%s', (kind, x, y) => {
    const got = apply('release', kind, Float32Array.from(x));
    expect([...got]).toEqual([...y]);
  });

  test('exp reaches the largest f32, overflows right after, and underflows through the denormals', () => {
    const [last, over, denormal, least, zero] = apply(
      'release',
      'exp',
      Float32Array.of(88.72283, 88.7229, -87.5, -103.9, -104.1),
    );
    expect(last).toBeGreaterThan(3.4e38);
    expect(last).toBeLessThan(Number.POSITIVE_INFINITY);
    expect(over).toBe(Number.POSITIVE_INFINITY);
    expect(denormal).toBeGreaterThan(0);
    expect(denormal).toBeLessThan(2 ** -126);
    expect(least).toBe(2 ** -149);
    expect(zero).toBe(0);
  });

  test('log takes denormals', () => {
    const [a, b] = apply('release', 'log', Float32Array.of(2 ** -149, 2 ** -130));
    expect(a).toBeCloseTo(-149 * Math.LN2, 4);
    expect(b).toBeCloseTo(-130 * Math.LN2, 4);
  });

  test('a value has the same bits in every lane and in the tail', () => {
    for (const { kind } of functions) {
      const x = Float32Array.from({ length: 11 }, () => 0.7310585);
      expect(new Set(apply('release', kind, x)).size, kind).toBe(1);
    }
  });
});
