/** A backend for everything: training and running. */
import type { Backend } from './backend.ts';
import { type BackendOptions, chooseBackend } from './choose.ts';
import { wasmModule } from './module.ts';
import { createWasmBackend } from './wasm/index.ts';

export type { BackendOptions } from './choose.ts';

/** As `chooseBackend`, with all kernels. */
export function createBackend(options: BackendOptions = {}): Promise<Backend & { reason: string }> {
  return chooseBackend(options, { module: wasmModule, create: createWasmBackend });
}
