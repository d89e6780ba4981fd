/**
 * `paring/bench`: the kernels as a list of cases that any benchmark suite can run. Each lays its buffers into a backend of
 * its own when `setup` is called, does one call of the kernel in `fn`, and compares with the reference in `verify`.
 */
import type { Backend } from '../../src/backend/backend.ts';
import { wasmModule } from '../../src/backend/module.ts';
import { createReferenceBackend } from '../../src/backend/reference/index.ts';
import { createWasmBackend } from '../../src/backend/wasm/index.ts';
import { BackendError } from '../../src/core/errors.ts';
import { benchCases } from './all.ts';
import { differs, type KernelCase, type LaidCase, layCase } from './case.ts';

export interface KernelBenchCase {
  /** The primitive and its shape: `conv2d 3x3 28x28 128->128 pad 1,1,1,1 prepared`. No two cases share one. */
  readonly name: string;
  readonly primitive: string;
  readonly shape: string;
  /**
   * Arithmetic operations of one call, 2 a multiply-accumulate; for sparse kernels those of the dense layer, so that
   * flops over time is the effective rate; 0 where counting makes no sense (copies, pooling).
   */
  readonly flops: number;
  /** Allocates and fills the buffers and orders the weights. Called again it does nothing. */
  setup(): void;
  /** One call of the kernel. @throws BackendError before `setup` */
  fn(): void;
  /** Runs kernel and reference on the same data. @throws BackendError that names the first element that differs */
  verify(): void;
  /** Lets the memory go; `setup` brings it back. */
  teardown(): void;
}

/**
 * A kernel case as a suite takes it. Its memory is its own, so that none finds another's data in the cache or keeps it alive.
 * @param module the kernels
 */
export function benchCase(module: WebAssembly.Module, c: KernelCase): KernelBenchCase {
  const name = `${c.primitive} ${c.shape}`;
  let backend: Backend | undefined;
  let laid: LaidCase | undefined;
  return {
    name,
    primitive: c.primitive,
    shape: c.shape,
    flops: c.ops ?? 0,
    setup() {
      if (laid) return;
      backend = createWasmBackend(module);
      laid = layCase(backend, c);
    },
    fn() {
      if (!laid) throw new BackendError('wasm', `${name}: setup() must be called before fn()`);
      laid.run();
    },
    verify() {
      const difference = differs(createReferenceBackend(), createWasmBackend(module), c);
      if (difference) throw new BackendError('wasm', difference);
    },
    teardown() {
      backend = undefined;
      laid = undefined;
    },
  };
}

/**
 * Every kernel at shapes of real models, each with its own memory from `setup` to `teardown`.
 * @param options.filter only cases whose name contains it
 * @param options.module the kernels, where they do not come from the package
 */
export async function kernelBenchCases(
  options: { filter?: string; module?: WebAssembly.Module } = {},
): Promise<KernelBenchCase[]> {
  const module = options.module ?? (await wasmModule());
  return benchCases
    .filter((c) => `${c.primitive} ${c.shape}`.includes(options.filter ?? ''))
    .map((c) => benchCase(module, c));
}
