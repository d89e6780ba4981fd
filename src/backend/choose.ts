/** The one place where a backend is chosen. What was asked for is what answers, or an error says why it cannot. */
import { ArgumentError } from '../core/errors.ts';
import type { Backend } from './backend.ts';
import { type ModuleSource, toModule } from './module.ts';

export interface BackendOptions {
  /** `wasm` (default): the kernels. `reference`: plain loops, slow, for hosts without WebAssembly and for checking. */
  backend?: 'wasm' | 'reference';
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
  if (name !== 'wasm') {
    throw new ArgumentError('createBackend', 'backend', "'wasm' or 'reference'", name);
  }
  const asked = options.backend === undefined ? 'wasm is the default' : 'wasm was asked for by name';
  const source = wasm === undefined ? 'the kernels of the package' : 'the kernels handed in';
  const module = await (wasm === undefined ? packaged.module() : toModule(wasm));
  return Object.assign(packaged.create(module), { reason: `${asked}, and this host runs ${source}` });
}
