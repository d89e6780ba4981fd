/** Threads change no bit: every primitive, on two and three threads, at the sizes that the kernels' own tests use. */
import { afterAll, expect, test } from 'vitest';
import { type KernelCase, layCase } from '../../../bench/kernels/case.ts';
import { clusterCases } from '../../../bench/kernels/cluster-cases.ts';
import { convCases, winogradCases } from '../../../bench/kernels/conv-cases.ts';
import { elementwiseCases } from '../../../bench/kernels/elementwise-cases.ts';
import { gemmCases } from '../../../bench/kernels/gemm-cases.ts';
import { lossCases } from '../../../bench/kernels/loss-cases.ts';
import { normCases } from '../../../bench/kernels/norm-cases.ts';
import { optimCases } from '../../../bench/kernels/optim-cases.ts';
import { poolCases } from '../../../bench/kernels/pool-cases.ts';
import { quantCases } from '../../../bench/kernels/quant-cases.ts';
import { reduceCases } from '../../../bench/kernels/reduce-cases.ts';
import { sparseCases } from '../../../bench/kernels/sparse-cases.ts';
import type { Backend } from '../../../src/backend/backend.ts';
import { wasmBackend } from '../../helpers/backends.ts';
import { threaded } from '../../helpers/threads.ts';

const cases: Record<string, readonly KernelCase[]> = {
  cluster: clusterCases,
  conv: convCases,
  winograd: winogradCases,
  elementwise: elementwiseCases,
  gemm: gemmCases,
  loss: lossCases,
  norm: normCases,
  optim: optimCases,
  pool: poolCases,
  quant: quantCases,
  reduce: reduceCases,
  sparse: sparseCases,
};

/** Bytes of every output buffer. */
function result(backend: Backend, c: KernelCase): Buffer {
  const laid = layCase(backend, c);
  laid.run();
  const out = Object.values(laid.read()).map((values) => Buffer.from(values.buffer));
  laid.free();
  return Buffer.concat(out);
}

const single = wasmBackend();
// Everything is split, however small.
const backends = [await threaded(2, 0), await threaded(3, 0)];
afterAll(() => {
  for (const backend of backends) backend.close();
});

test.each(Object.entries(cases))('%s: the bits of one thread', (_family, list) => {
  const different = [];
  for (const c of list) {
    const want = result(single, c);
    for (const backend of backends) {
      if (!result(backend, c).equals(want)) {
        different.push(`${c.primitive} ${c.shape} on ${backend.threads} threads`);
      }
    }
  }
  expect(different).toEqual([]);
});
