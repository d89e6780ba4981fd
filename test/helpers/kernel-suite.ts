import { expect, test } from 'vitest';
import { differs, type KernelCase } from '../../bench/kernels/case.ts';
import { referenceBackend, wasmBackend } from './backends.ts';

/** One test a case and build: the kernel must agree with the reference on each. */
export function kernelSuite(cases: readonly KernelCase[]): void {
  const reference = referenceBackend();
  for (const build of ['release', 'debug', 'fast'] as const) {
    const wasm = wasmBackend(build);
    test.each(cases.map((c) => [`${c.primitive} ${c.shape}`, c] as const))(`${build}: %s`, (_name, c) => {
      expect(differs(reference, wasm, c)).toBeNull();
    });
  }
}
