import { expect, test } from 'vitest';
import { layCase } from '../../bench/kernels/case.ts';
import { clusterCases, sharedCases } from '../../bench/kernels/cluster-cases.ts';
import type { PrimitiveName } from '../../src/backend/backend.ts';
import { wasmBackend } from '../helpers/backends.ts';
import { kernelSuite } from '../helpers/kernel-suite.ts';

kernelSuite(clusterCases);

test.each(['kmeansUpdate', 'scatterCentroids', 'clusteredConv2d', 'clusteredLinear'] as const)(
  '%s asks for the scratch it announces',
  (name) => {
    const backend = wasmBackend();
    for (const c of clusterCases.filter((one) => one.primitive === name)) {
      const laid = layCase(backend, c);
      const asked: number[] = [];
      const { scratch } = backend.heap;
      backend.heap.scratch = (bytes) => {
        asked.push(bytes);
        return scratch.call(backend.heap, bytes);
      };
      laid.run();
      backend.heap.scratch = scratch;
      expect(asked).toEqual([backend.scratchBytes(name as PrimitiveName, laid.args as never)]);
      laid.free();
    }
  },
);

test.each(sharedCases.map((c) => [`${c.primitive} ${c.shape}`, c] as const))(
  '%s: the bits of all weights',
  (_name, c) => {
    const backend = wasmBackend();
    const stored = layCase(backend, c);
    const primitive = c.primitive === 'clusteredLinear' ? 'linear' : 'conv2d';
    const expanded = layCase(backend, { ...c, primitive });
    stored.run();
    expanded.run();
    expect(stored.read()).toEqual(expanded.read());
    stored.free();
    expanded.free();
  },
);
