/** The kernels as bytes: only those can be given a shared memory, a compiled module cannot. */
import { BackendError } from '../../core/errors.ts';
import { decodeBase64, isBytes, kernelsAsPackaged, type ModuleSource } from '../module.ts';

/** Those of the package, decoded once a process. */
const decoded = new Map<string, Uint8Array>();

/**
 * @param wasm the kernels, where they do not come from the package
 * @throws BackendError if they are a compiled module
 */
export async function kernelBytes(name: 'wasm' | 'fast', wasm?: ModuleSource): Promise<Uint8Array> {
  const known = wasm === undefined ? decoded.get(name) : undefined;
  if (known) return known;
  const source: unknown = wasm === undefined ? await kernelsAsPackaged(name) : await wasm;
  if (typeof source === 'string') {
    const bytes = decodeBase64(source);
    decoded.set(name, bytes);
    return bytes;
  }
  if (!isBytes(source)) {
    throw new BackendError(
      name,
      'threads: a compiled module has a memory that is not shared; hand in its bytes',
    );
  }
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}
