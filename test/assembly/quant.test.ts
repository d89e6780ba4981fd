import { describe, expect, test } from 'vitest';
import { layCase } from '../../bench/kernels/case.ts';
import { quantCases } from '../../bench/kernels/quant-cases.ts';
import type { ArgsOf } from '../../src/backend/backend.ts';
import { wasmBackend } from '../helpers/backends.ts';
import { kernelSuite } from '../helpers/kernel-suite.ts';
import { guardScratch } from '../helpers/scratch-guard.ts';

describe('int8 kernels equal the reference bit for bit', () => {
  kernelSuite(quantCases);
});

describe('int8 primitives ask for the scratch they announce and stay inside it', () => {
  const wasm = wasmBackend();
  test.each(quantCases.map((c) => [`${c.primitive} ${c.shape}`, c] as const))('%s', (_name, c) => {
    const laid = layCase(wasm, c);
    const { asked, intact } = guardScratch(wasm, laid.run);
    expect(asked).toBe(wasm.scratchBytes(c.primitive, laid.args as unknown as ArgsOf<typeof c.primitive>));
    expect(intact).toBe(true);
    laid.free();
  });
});
