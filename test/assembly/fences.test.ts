/** No kernel writes outside its buffers, its scratch or its prepared weights: at every size that the cases list, and from 1 to beyond two tiles. */
import { expect, test } from 'vitest';
import { type KernelCase, layCase } from '../../bench/kernels/case.ts';
import { assignCase, clusterCases, memberCases } from '../../bench/kernels/cluster-cases.ts';
import { convCases, winogradCases } from '../../bench/kernels/conv-cases.ts';
import {
  axpbyCase,
  binaryCase,
  elementwiseCases,
  unaryCase,
  unaryGradCase,
} from '../../bench/kernels/elementwise-cases.ts';
import { gemmCases } from '../../bench/kernels/gemm-cases.ts';
import { lossCases, rowCases } from '../../bench/kernels/loss-cases.ts';
import { normCases } from '../../bench/kernels/norm-cases.ts';
import {
  accumulateSquaresCase,
  adamwCase,
  maskCase,
  optimCases,
  sgdCase,
} from '../../bench/kernels/optim-cases.ts';
import { poolCases } from '../../bench/kernels/pool-cases.ts';
import { qconvCase, qlinearCase, quantCases } from '../../bench/kernels/quant-cases.ts';
import { argmaxCase, reduceCase, reduceCases } from '../../bench/kernels/reduce-cases.ts';
import { sparseCases, sparseConvCase, sparseLinearCase } from '../../bench/kernels/sparse-cases.ts';
import { inferencePrimitives, trainingPrimitives } from '../../src/backend/primitives.ts';
import { wasmBackend } from '../helpers/backends.ts';
import { fence } from '../helpers/fences.ts';

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

/** Dense forms of a sparse case: the same descriptor. */
const dense = (c: KernelCase, primitive: 'conv2d' | 'linear'): KernelCase => ({ ...c, primitive });

/** Two micro-tiles and one more: rows of 5, columns of 8 (32 in scattered sparse products). */
const tiles: KernelCase[] = [
  ...upTo(11).flatMap((co) =>
    upTo(17).flatMap((w) => {
      const g = { ci: 2, h: 1, w, co };
      const sparse = [false, true].map((blocks) => sparseConvCase(g, { blocks }));
      return [...sparse, dense(sparse[0], 'conv2d'), qconvCase(g)];
    }),
  ),
  ...upTo(65).flatMap((w) => [sparseConvCase({ ci: 2, h: 1, w, co: 2 }), sparseLinearCase(w, 3, 2)]),
  ...upTo(11).flatMap((o) =>
    upTo(17).flatMap((n) => {
      const sparse = [false, true].map((blocks) => sparseLinearCase(n, 3, o, { blocks }));
      return [...sparse, dense(sparse[0], 'linear'), qlinearCase(n, 3, o)];
    }),
  ),
  ...upTo(33).flatMap((size) => [
    ...[unaryCase('relu', size), unaryCase('tanh', size), unaryGradCase('hardSwish', size)],
    ...[binaryCase('add', size, -1, 1), binaryCase('mul', size, -1, 1), axpbyCase(size, 2, 3)],
    ...[reduceCase('sum', size), reduceCase('minMax', size), argmaxCase(2, size), ...rowCases(2, size)],
    ...[sgdCase(size, 0.9, 0.1, true), adamwCase(size, 0.1, 1), maskCase(size), accumulateSquaresCase(size)],
    ...[assignCase(size, 5), ...memberCases(size, 5, 5, true)],
    ...[1, 2].flatMap((stride) =>
      [1, 3].map((k) => {
        const shape = {
          ci: 2,
          h: 4,
          w: size,
          co: 2,
          kh: k,
          kw: k,
          strideH: stride,
          strideW: stride,
          groups: 2,
        };
        return qconvCase({ ...shape, padT: k >> 1, padL: k >> 1, padB: k >> 1, padR: k >> 1 });
      }),
    ),
  ]),
];

const lists: readonly (readonly KernelCase[])[] = [
  ...[clusterCases, convCases, winogradCases, elementwiseCases, gemmCases, lossCases, normCases, optimCases],
  ...[poolCases, quantCases, reduceCases, sparseCases, tiles],
];
const byPrimitive = new Map<string, KernelCase[]>();
for (const c of lists.flat()) byPrimitive.set(c.primitive, [...(byPrimitive.get(c.primitive) ?? []), c]);

test('every primitive is here', () => {
  const all = [...inferencePrimitives, ...trainingPrimitives] as readonly string[];
  // Views of any strides have no case list; test/backend compares them.
  expect(all.filter((name) => !byPrimitive.has(name) && name !== 'strided')).toEqual([]);
});

test.each([...byPrimitive])('%s', (_name, cases) => {
  const backend = wasmBackend();
  const check = fence(backend);
  for (const c of cases) {
    const laid = layCase(backend, c);
    laid.run();
    expect(check() ?? 'intact', c.shape).toBe('intact');
    laid.free();
  }
});

test('a byte beside a block, and beside scratch, is seen', () => {
  const backend = wasmBackend();
  const check = fence(backend);
  const ptr = backend.heap.alloc(52);
  expect(check()).toBeNull();
  backend.heap.u8(ptr + 52, 1)[0] = 1;
  expect(check()).toBe('block of 52 bytes: byte 0 after it');
  backend.heap.u8(ptr + 52, 1)[0] = 0xa5;
  backend.heap.u8(backend.heap.scratch(8) - 1, 1)[0] = 0;
  expect(check()).toBe('block of 8 bytes: byte 1 before it');
});
