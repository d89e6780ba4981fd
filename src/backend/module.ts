/** Where the kernels module comes from. Nothing is compiled when this file is imported. */
import { BackendError } from '../core/errors.ts';

/** A compiled module, its bytes, or a promise of either. */
export type ModuleSource = WebAssembly.Module | BufferSource | Promise<WebAssembly.Module | BufferSource>;

let shared: Promise<WebAssembly.Module> | undefined;

/** The kernels module that comes with the package, compiled once and shared by every backend of the process. */
export function wasmModule(): Promise<WebAssembly.Module> {
  shared ??= import('#kernels').then(({ default: base64 }) => compile(decodeBase64(base64)));
  return shared;
}

/**
 * Compiles what it is given.
 * @throws BackendError if the source is neither a module nor bytes, or the host refuses to compile
 */
export async function toModule(source: ModuleSource): Promise<WebAssembly.Module> {
  const value = await source;
  // instanceof fails across realms (a module made outside a sandbox): ask for the tag instead.
  if (Object.prototype.toString.call(value) === '[object WebAssembly.Module]')
    return value as WebAssembly.Module;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return compile(value as BufferSource);
  throw new BackendError(
    'wasm',
    `expected a WebAssembly.Module or its bytes, got ${Object.prototype.toString.call(value)}`,
  );
}

async function compile(bytes: BufferSource): Promise<WebAssembly.Module> {
  if (typeof WebAssembly !== 'object') {
    throw new BackendError(
      'wasm',
      "this host has no WebAssembly; ask for the 'reference' backend, which is slow",
    );
  }
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw new BackendError(
      'wasm',
      `this host will not compile WebAssembly from bytes (${cause}); hand in a WebAssembly.Module imported statically`,
      { cause },
    );
  }
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
