/** Cases of the matrix product and the fully connected layer: tile edges for the tests, real shapes for the benchmark. */
import { fill, type KernelCase, kernelCase } from './case.ts';

interface GemmOptions {
  transA?: boolean;
  transB?: boolean;
  accumulate?: boolean;
}

function gemm(m: number, n: number, k: number, options: GemmOptions = {}): KernelCase {
  const { transA = false, transB = false, accumulate = false } = options;
  const marks = `${transA ? ' A^T' : ''}${transB ? ' B^T' : ''}${accumulate ? ' accumulate' : ''}`;
  return kernelCase({
    primitive: 'gemm',
    shape: `${m}x${n}x${k}${marks}`,
    sizes: { m, n, k, transA, transB, accumulate },
    buffers: {
      a: { dtype: 'f32', length: m * k, init: fill.uniform },
      b: { dtype: 'f32', length: k * n, init: fill.uniform },
      c: { dtype: 'f32', length: m * n, init: fill.uniform, output: true },
    },
    tolerance: 2e-6 * Math.sqrt(k),
    ops: 2 * m * n * k,
  });
}

interface LinearOptions {
  bias?: boolean;
  prepare?: boolean;
  lo?: number;
  hi?: number;
}

function linear(n: number, i: number, o: number, options: LinearOptions = {}): KernelCase {
  const { bias = true, prepare = false, lo = -Infinity, hi = Infinity } = options;
  const marks = `${bias ? '' : ' no bias'}${prepare ? ' prepared' : ''}${lo > -Infinity || hi < Infinity ? ' clamp' : ''}`;
  return kernelCase({
    primitive: 'linear',
    shape: `batch ${n} ${i}->${o}${marks}`,
    sizes: { n, i, o, lo, hi, prepared: false, ...(bias ? {} : { bias: 0 }) },
    buffers: {
      x: { dtype: 'f32', length: n * i, init: fill.uniform },
      weight: { dtype: 'f32', length: o * i, init: fill.uniform, prepare },
      ...(bias ? { bias: { dtype: 'f32', length: o, init: fill.uniform } } : {}),
      y: { dtype: 'f32', length: n * o, output: true },
    },
    tolerance: 2e-6 * Math.sqrt(i),
    ops: 2 * n * i * o,
  });
}

/** Every way to store the operands, around the edges of tiles (4, 5, 8) and of blocks (96 columns, 240 rows, 384 steps). */
const gemmEdges: KernelCase[] = [];
for (let m = 1; m <= 17; m++) {
  gemmEdges.push(
    gemm(m, 1 + ((m * 7) % 17), 1 + ((m * 5) % 19)),
    gemm(m, 1 + ((m * 11) % 17), 1 + ((m * 3) % 13), { transA: true }),
    gemm(m, 1 + ((m * 13) % 17), 1 + ((m * 7) % 11), { transB: true, accumulate: true }),
    gemm(m, 1 + ((m * 3) % 17), 1 + ((m * 2) % 7), { transA: true, transB: true }),
  );
}
for (let size = 31; size <= 41; size++) {
  gemmEdges.push(
    gemm(size, 72 - size, size + 2, { accumulate: size % 2 === 0 }),
    gemm(size, size + 6, 67 - size, { transA: size % 3 === 0, transB: size % 3 === 1 }),
  );
}

export const gemmCases: readonly KernelCase[] = [
  ...gemmEdges,
  gemm(13, 97, 383),
  gemm(11, 101, 389, { transA: true }),
  gemm(7, 193, 787, { transB: true, accumulate: true }),
  gemm(241, 17, 11),
  gemm(251, 103, 397, { transA: true, transB: true }),
  ...[1, 2, 3, 4, 5, 7].flatMap((n) => [
    linear(n, 13, 11),
    linear(n, 31, 17, { bias: false }),
    linear(n, 37, 8, { prepare: true, lo: 0 }),
    linear(n, 5, 3, { prepare: true, bias: false, lo: -0.5, hi: 0.5 }),
  ]),
  linear(1, 1, 1),
  linear(3, 7, 2, { prepare: true }),
  linear(2, 401, 10, { prepare: true }),
  linear(16, 397, 10, { lo: 0, hi: 6 }),
  linear(19, 787, 23, { prepare: true, lo: 0, hi: 6 }),
];

export const gemmBench: readonly KernelCase[] = [
  ...[250, 256, 257, 333, 512, 768, 1024].map((size) => gemm(size, size, size)),
  gemm(64, 800, 500),
  gemm(500, 800, 64, { transA: true }),
  linear(1, 800, 500, { prepare: true }),
  linear(1, 500, 10, { prepare: true }),
  linear(32, 800, 500, { prepare: true }),
  linear(64, 800, 500),
  linear(64, 500, 10),
];
