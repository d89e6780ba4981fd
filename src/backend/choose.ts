/** The one place where a backend is chosen. What was asked for is what answers, or an error says why it cannot. */
import { ArgumentError, BackendError } from '../core/errors.ts';
import type { Backend } from './backend.ts';
import { fastModule, hasRelaxedSimd, type ModuleSource, toModule } from './module.ts';

export interface BackendOptions {
  /**
   * `wasm` (default): the kernels, the same bits on every host. `fast`: the same kernels with fused multiply-adds (relaxed SIMD),
   * about 1.1 times as fast; the last bits of f32 results then differ from `wasm` and from host to host, int8 stays exact.
   * `reference`: plain loops, slow, for hosts without WebAssembly and for checking.
   */
  backend?: 'wasm' | 'fast' | 'reference';
  /** The kernels, where they do not come from the package: a compiled module, its bytes, or a promise of either. */
  wasm?: ModuleSource;
}

/** The kernels of one entry of the package: all of them, or those that plans call. */
export interface PackagedKernels {
  module(): Promise<WebAssembly.Module>;
  create(module: WebAssembly.Module): Backend;
}

/**
 * A new backend with a memory of its own. `reason` says in words why this one answers.
 * @throws BackendError if the wasm backend is wanted and cannot be had here; nothing falls back to the reference
 * @throws ArgumentError for an unknown name, or kernels handed in for the reference backend
 */
export async function chooseBackend(
  options: BackendOptions,
  packaged: PackagedKernels,
): Promise<Backend & { reason: string }> {
  const { backend: name = 'wasm', wasm } = options;
  if (name === 'reference') {
    if (wasm !== undefined) {
      throw new ArgumentError('createBackend', 'wasm', "nothing, as backend is 'reference'", 'kernels');
    }
    // Seldom wanted: loaded when it is.
    const { createReferenceBackend } = await import('./reference/index.ts');
    return Object.assign(createReferenceBackend(), { reason: 'the reference backend was asked for by name' });
  }
  if (name !== 'wasm' && name !== 'fast') {
    throw new ArgumentError('createBackend', 'backend', "'wasm', 'fast' or 'reference'", name);
  }
  if (name === 'fast' && !hasRelaxedSimd()) {
    throw new BackendError('fast', "this host has no relaxed SIMD; ask for 'wasm'");
  }
  const asked = options.backend === undefined ? 'wasm is the default' : `${name} was asked for by name`;
  const source = wasm === undefined ? 'the kernels of the package' : 'the kernels handed in';
  const own = name === 'fast' ? fastModule : packaged.module;
  const module = await (wasm === undefined ? own() : toModule(wasm));
  return Object.assign(packaged.create(module), { name, reason: `${asked}, and this host runs ${source}` });
}
