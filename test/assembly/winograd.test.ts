/** Winograd's convolution: edges of tiles and blocks, scratch, accuracy against float64, independence of the batch. */
import { describe, expect, test } from 'vitest';
import { layCase } from '../../bench/kernels/case.ts';
import { winogradCases } from '../../bench/kernels/conv-cases.ts';
import type { Window } from '../../src/backend/backend.ts';
import { Rng } from '../../src/core/rng.ts';
import { wasmBackend } from '../helpers/backends.ts';
import { kernelSuite } from '../helpers/kernel-suite.ts';
import { prepareWeights, runPrimitive, unbounded, unit } from '../helpers/primitive.ts';
import { guardScratch } from '../helpers/scratch-guard.ts';

kernelSuite(winogradCases);

const wasm = wasmBackend();

test.each(winogradCases.map((c) => [c.shape, c] as const))('%s: scratch is what it asks for', (_shape, c) => {
  const laid = layCase(wasm, c);
  const { asked, intact } = guardScratch(wasm, laid.run);
  expect(asked).toBe(wasm.scratchBytes('winogradConv2d', laid.args as never));
  expect(intact).toBe(true);
  laid.free();
});

const window = (n: number, ci: number, h: number, w: number, co: number, pad: number): Window => ({
  ...unit,
  n,
  ci,
  h,
  w,
  co,
  ho: h + 2 * pad - 2,
  wo: w + 2 * pad - 2,
  kh: 3,
  kw: 3,
  padT: pad,
  padL: pad,
  padB: pad,
  padR: pad,
});

function convolve(a: Window, x: Float32Array, weight: Float32Array): Float32Array {
  const sizes = { ...a, ...unbounded, bias: 0, prepared: true };
  const to = prepareWeights(wasm, 'winogradConv2d', sizes, weight);
  const y = new Float32Array(a.n * a.co * a.ho * a.wo).fill(NaN);
  const got = runPrimitive(wasm, 'winogradConv2d', { ...sizes, weight: to }, { x, y }).y;
  wasm.heap.free(to);
  return got;
}

/** Calls `visit` with every output's exact sum, the sum of |x||w| over its window, and that of max |x| over its tile's 6x6 inputs times |w|. */
function exactly(
  a: Window,
  x: Float32Array,
  weight: Float32Array,
  visit: (y: number, sum: number, size: number, tileSize: number) => void,
): void {
  const at = (s: number, c: number, iy: number, ix: number): number =>
    iy < 0 || iy >= a.h || ix < 0 || ix >= a.w ? 0 : x[((s * a.ci + c) * a.h + iy) * a.w + ix];
  for (let s = 0; s < a.n; s++)
    for (let o = 0; o < a.co; o++)
      for (let oy = 0; oy < a.ho; oy++)
        for (let ox = 0; ox < a.wo; ox++) {
          let sum = 0;
          let size = 0;
          let tileSize = 0;
          for (let c = 0; c < a.ci; c++) {
            let largest = 0;
            for (let i = 0; i < 36; i++) {
              const iy = (oy & ~3) - a.padT + Math.floor(i / 6);
              largest = Math.max(largest, Math.abs(at(s, c, iy, (ox & ~3) - a.padL + (i % 6))));
            }
            for (let k = 0; k < 9; k++) {
              const w = weight[(o * a.ci + c) * 9 + k];
              const v = at(s, c, oy - a.padT + Math.floor(k / 3), ox - a.padL + (k % 3));
              sum += w * v;
              size += Math.abs(w * v);
              tileSize += Math.abs(w) * largest;
            }
          }
          visit(((s * a.co + o) * a.ho + oy) * a.wo + ox, sum, size, tileSize);
        }
}

describe('accuracy against float64', () => {
  const EPS = 2 ** -24;
  const rng = new Rng(11);
  const uniform = (): number => rng.uniform() * 2 - 1;
  const fill = (length: number, f: (i: number) => number) => Float32Array.from({ length }, (_, i) => f(i));
  const a = window(1, 29, 11, 13, 7, 1);
  const sizeX = a.ci * a.h * a.w;
  const sizeW = a.co * a.ci * 9;
  const row = (i: number) => Math.floor(i / a.w);

  test.each<[string, (i: number) => number, (i: number) => number]>([
    ['random', uniform, uniform],
    ['positive', () => rng.uniform(), () => rng.uniform()],
    ['a large mean', () => 1000 + uniform(), uniform],
    ['ones', () => 1, () => 1],
  ])('%s: within 24 units of the sum of |w||x| over the window', (_name, ofX, ofW) => {
    const x = fill(sizeX, ofX);
    const weight = fill(sizeW, ofW);
    const got = convolve(a, x, weight);
    exactly(a, x, weight, (y, sum, size) => {
      expect(Math.abs(got[y] - sum)).toBeLessThanOrEqual(24 * EPS * size);
    });
  });

  test.each<[string, (i: number) => number, (i: number) => number]>([
    [
      'signs of a chessboard',
      (i) => ((i + row(i)) & 1 ? 1 : -1) * (1 + rng.uniform() / 8),
      (i) => (i & 1 ? 1 : -1),
    ],
    ['signs by twos', (i) => ((i >> 1) & 1 ? 1 : -1), (i) => ((i % 9) & 1 ? 1 : -1)],
    ['one pixel among small ones', (i) => (i % 37 === 0 ? 1e6 : 1e-3) * uniform(), uniform],
    ['magnitudes of 16 decades', () => uniform() * 10 ** (rng.below(16) - 8), uniform],
    ['weights of 16 decades', uniform, () => uniform() * 10 ** (rng.below(16) - 8)],
  ])("%s: within 24 units of the sum of |w| times the tile's largest |x|", (_name, ofX, ofW) => {
    const x = fill(sizeX, ofX);
    const weight = fill(sizeW, ofW);
    const got = convolve(a, x, weight);
    exactly(a, x, weight, (y, sum, _size, tileSize) => {
      expect(Math.abs(got[y] - sum)).toBeLessThanOrEqual(24 * EPS * tileSize);
    });
  });
});

test.each([
  [3, 8, 6, 5],
  [5, 16, 4, 4],
  [29, 3, 7, 9],
])('a sample gives the same bits in a batch of %i', (n, ci, h, w) => {
  const a = window(n, ci, h, w, 6, 1);
  const rng = new Rng(5);
  const x = Float32Array.from({ length: n * ci * h * w }, () => rng.uniform() - 0.5);
  const weight = Float32Array.from({ length: a.co * ci * 9 }, () => rng.uniform() - 0.5);
  const all = convolve(a, x, weight);
  for (let s = 0; s < n; s++) {
    const one = convolve({ ...a, n: 1 }, x.slice(s * ci * h * w, (s + 1) * ci * h * w), weight);
    expect(all.slice(s * one.length, (s + 1) * one.length)).toEqual(one);
  }
});
