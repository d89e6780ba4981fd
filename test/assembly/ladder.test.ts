/** Every step of the ladder equals the reference, and the step before it bit for bit, and writes nothing beyond C. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { layProduct, loadLadder, steps } from '../../bench/ladder/steps.ts';
import { Rng } from '../../src/core/rng.ts';
import { referenceBackend } from '../helpers/backends.ts';

const folder = process.env.PARING_BUILD ?? new URL('../../build', import.meta.url).pathname;

/** Distinct primes, and both sides of every tile edge: 5 rows, 8 columns, 4 unrolled steps, 4 lanes. */
const shapes: [m: number, n: number, k: number][] = [
  [1, 1, 1],
  [2, 3, 5],
  [4, 7, 3],
  [5, 8, 4],
  [6, 9, 5],
  [7, 13, 11],
  [9, 15, 7],
  [10, 16, 8],
  [11, 17, 9],
  [31, 29, 37],
  [5, 97, 2],
  [53, 8, 101],
];

function uniform(length: number, name: string): Float32Array {
  const rng = new Rng(7).fork(name);
  return Float32Array.from({ length }, () => rng.uniform() * 2 - 1);
}

function expectedOf(m: number, n: number, k: number, values: { a: Float32Array; b: Float32Array }) {
  const backend = referenceBackend();
  const { heap } = backend;
  const [a, b, c] = [m * k, k * n, m * n].map((length) => heap.alloc(4 * length));
  heap.f32(a, m * k).set(values.a);
  heap.f32(b, k * n).set(values.b);
  backend.gemm({ m, n, k, a, b, c, transA: false, transB: false, accumulate: false });
  return heap.f32(c, m * n).slice();
}

describe.each(['ladder.wasm', 'ladder.debug.wasm'])('%s', (file) => {
  const bytes = readFileSync(`${folder}/${file}`);

  test.each(shapes)('%ix%ix%i', (m, n, k) => {
    const values = { a: uniform(m * k, 'a'), b: uniform(k * n, 'b') };
    const expected = expectedOf(m, n, k, values);
    const ladder = loadLadder(bytes);
    const product = layProduct(ladder, m, n, k, values);
    const { f32 } = ladder.heap;
    const room = Math.ceil((4 * m * n) / 64) * 16; // blocks are whole cache lines
    let first: Float32Array | undefined;
    for (const { file: step, kernel } of steps) {
      f32.call(ladder.heap, product.c, room).fill(12345);
      product.run(kernel);
      const c = ladder.heap.f32(product.c, m * n).slice();
      first ??= c;
      expect(c, step).toEqual(first);
      expect([...ladder.heap.f32(product.c, room).subarray(m * n)].every((v) => v === 12345)).toBe(true);
      expect([...ladder.heap.f32(product.a, m * k)], `${step}: a`).toEqual([...values.a]);
      expect([...ladder.heap.f32(product.b, k * n)], `${step}: b`).toEqual([...values.b]);
    }
    expected.forEach((value, i) => {
      expect(Math.abs((first as Float32Array)[i] - value)).toBeLessThanOrEqual(
        2e-6 * Math.sqrt(k) * (Math.abs(value) + 1),
      );
    });
  });

  if (file.includes('debug')) {
    test('refuses an empty product', () => {
      const { exports } = loadLadder(bytes);
      for (const { kernel } of steps)
        expect(() => exports[kernel](0, 1, 1, 64, 64, 64, 64), kernel).toThrow('assertion');
    });
  }
});
