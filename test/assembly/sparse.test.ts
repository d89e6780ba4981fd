import { describe, expect, test } from 'vitest';
import { layCase } from '../../bench/kernels/case.ts';
import { sparseCases } from '../../bench/kernels/sparse-cases.ts';
import type { ArgsOf } from '../../src/backend/backend.ts';
import { wasmBackend } from '../helpers/backends.ts';
import { kernelSuite } from '../helpers/kernel-suite.ts';
import { guardScratch } from '../helpers/scratch-guard.ts';

describe('sparse kernels agree with the reference', () => {
  kernelSuite(sparseCases);
});

describe('sparse primitives ask for the scratch they announce and stay inside it', () => {
  const wasm = wasmBackend();
  test.each(sparseCases.map((c) => [`${c.primitive} ${c.shape}`, c] as const))('%s', (_name, c) => {
    const laid = layCase(wasm, c);
    const { asked, intact } = guardScratch(wasm, laid.run);
    expect(asked).toBe(wasm.scratchBytes(c.primitive, laid.args as unknown as ArgsOf<typeof c.primitive>));
    expect(intact).toBe(true);
    laid.free();
  });
});
