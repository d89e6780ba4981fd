/** Where the kernels modules come from. Nothing is compiled when this file is imported. */
import { BackendError } from '../core/errors.ts';

declare global {
  // For whoever compiles against paring with neither DOM nor WebWorker in `lib`: with them, it adds nothing.
  namespace WebAssembly {
    interface Module {}
    interface Memory {}
  }
}

/** What a kernels module may come as. */
export type BufferSource = ArrayBufferView<ArrayBuffer> | ArrayBuffer;

/** A compiled module, its bytes, or a promise of either. */
export type ModuleSource = WebAssembly.Module | BufferSource | Promise<WebAssembly.Module | BufferSource>;

let whole: Promise<WebAssembly.Module> | undefined;
let inference: Promise<WebAssembly.Module> | undefined;
let fast: Promise<WebAssembly.Module> | undefined;

/** The kernels module that comes with the package, compiled once and shared by every backend of the process. */
export function wasmModule(): Promise<WebAssembly.Module> {
  whole ??= import('#kernels').then(packaged);
  return whole;
}

/**
 * The kernels with every multiply-add of four floats as one relaxed instruction, likewise.
 * @throws BackendError where the host has no relaxed SIMD
 */
export function fastModule(): Promise<WebAssembly.Module> {
  fast ??= import('#kernels-fast').then(packaged);
  return fast;
}

/**
 * Whether this host has relaxed SIMD: a function of one f32x4.relaxed_madd is valid here. Nothing is compiled.
 * @throws BackendError where there is no WebAssembly
 */
export function hasRelaxedSimd(): boolean {
  if (typeof WebAssembly !== 'object') throw absent();
  return WebAssembly.validate(
    // biome-ignore format: a section a line
    Uint8Array.of(
      0, 97, 115, 109, 1, 0, 0, 0, // header
      1, 5, 1, 96, 0, 1, 123, // a type: () -> v128
      3, 2, 1, 0, // a function of that type
      10, 19, 1, 17, 0, 65, 0, 253, 17, 65, 0, 253, 17, 65, 0, 253, 17, 253, 133, 2, 11,
    ),
  );
}

/** The module of the kernels that plans call, a part of the other; likewise. */
export function inferenceModule(): Promise<WebAssembly.Module> {
  inference ??= import('#inference').then(packaged);
  return inference;
}

/** What the package has for this host, as it is: base64, or a module. */
export async function kernelsAsPackaged(name: 'wasm' | 'fast'): Promise<unknown> {
  const { default: kernels } = await (name === 'fast' ? import('#kernels-fast') : import('#kernels'));
  return kernels;
}

/** By the package's condition for this host: base64, or a module that the host has compiled already (hosts/). */
async function packaged({ default: kernels }: { default: unknown }): Promise<WebAssembly.Module> {
  return typeof kernels === 'string' ? compile(decodeBase64(kernels)) : toModule(kernels as ModuleSource);
}

/**
 * Compiles what it is given.
 * @throws BackendError if the source is neither a module nor bytes, or the host refuses to compile
 */
export async function toModule(source: ModuleSource): Promise<WebAssembly.Module> {
  const value = await source;
  if (isModule(value)) return value;
  if (isBytes(value)) return compile(value);
  throw new BackendError('wasm', `expected a WebAssembly.Module or its bytes, got ${tagOf(value)}`);
}

/** The same at once; a promise is neither. */
export function toModuleSync(source: WebAssembly.Module | BufferSource): WebAssembly.Module {
  if (isModule(source)) return source;
  if (typeof WebAssembly !== 'object') throw absent();
  try {
    return new WebAssembly.Module(source);
  } catch (cause) {
    throw refusal(cause);
  }
}

/** By its tag: instanceof fails across realms (a module made outside a sandbox). */
export function isModule(value: unknown): value is WebAssembly.Module {
  return tagOf(value) === '[object WebAssembly.Module]';
}

export function isBytes(value: unknown): value is BufferSource {
  return ArrayBuffer.isView(value) || tagOf(value) === '[object ArrayBuffer]';
}

const tagOf = (value: unknown): string => Object.prototype.toString.call(value);

async function compile(bytes: BufferSource): Promise<WebAssembly.Module> {
  if (typeof WebAssembly !== 'object') throw absent();
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw refusal(cause);
  }
}

function absent(): BackendError {
  return new BackendError(
    'wasm',
    "this host has no WebAssembly; { backend: 'reference' } answers without, slowly",
  );
}

function refusal(cause: unknown): BackendError {
  return new BackendError(
    'wasm',
    `this host will not compile WebAssembly from bytes (${cause}); hand in a WebAssembly.Module imported statically`,
    { cause },
  );
}

interface Base64Host {
  Uint8Array: { fromBase64?(text: string): Uint8Array<ArrayBuffer> };
  Buffer?: { from(text: string, encoding: 'base64'): Uint8Array<ArrayBuffer> };
}

/** atob decodes natively, but gives a string; a host that decodes straight into bytes saves 2 to 4 ms of a cold start. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const host = globalThis as unknown as Base64Host;
  if (host.Uint8Array.fromBase64) return host.Uint8Array.fromBase64(text);
  if (host.Buffer) return host.Buffer.from(text, 'base64');
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
