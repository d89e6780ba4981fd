/** What every wasm backend has in common: a memory, an instance of the kernels, and the primitives that its families add. */
import { BackendError } from '../../core/errors.ts';
import type { Backend, Preparable, PrimitiveName, Primitives } from '../backend.ts';
import { Heap, WasmStore } from '../heap.ts';
import { decoders } from './decoders.ts';
import type { Family, Kernels, Preparer } from './family.ts';

/** A backend that also has kernels for reading files. */
export type WasmBackend = Backend & Required<Pick<Backend, 'decoders'>>;

/** A family whose primitives are some of all: which, its own type says. */
type SomeFamily = Omit<Family<PrimitiveName>, 'primitives'> & { primitives: Partial<Primitives> };

export type MakeFamily = (kernels: Kernels, heap: Heap) => SomeFamily;

/**
 * An instance of a compiled kernels module, with a memory of its own.
 * @param initialBytes memory to start with; it grows when asked for more
 * @throws BackendError if the module is not a kernels module or cannot be instantiated
 */
export function instantiate(module: WebAssembly.Module, initialBytes: number): [Kernels, Heap] {
  let memory: WebAssembly.Memory;
  let kernels: Kernels;
  try {
    memory = new WebAssembly.Memory({
      initial: Math.max(2, Math.ceil(initialBytes / 65536)),
      maximum: 65536,
    });
    const abort = (_message: number, _file: number, line: number, column: number): never => {
      throw new BackendError('wasm', `a kernel's assertion failed at line ${line}, column ${column}`);
    };
    kernels = new WebAssembly.Instance(module, { env: { memory, abort } }).exports as unknown as Kernels;
  } catch (cause) {
    throw new BackendError('wasm', `the kernels module cannot be instantiated: ${cause}`, { cause });
  }
  if (typeof kernels.heapBase !== 'function') {
    throw new BackendError('wasm', 'the module given is not the kernels module: it has no export heapBase');
  }
  return [kernels, new Heap(new WasmStore(memory), kernels.heapBase())];
}

/** A backend of what the families bring. */
export function assemble(kernels: Kernels, heap: Heap, families: readonly MakeFamily[]): WasmBackend {
  const primitives = {} as Record<string, unknown>;
  const prepare = {} as Record<string, Preparer<keyof Preparable>>;
  const scratch = {} as Record<string, (args: unknown) => number>;
  for (const family of families) {
    const made = family(kernels, heap);
    Object.assign(primitives, made.primitives);
    Object.assign(prepare, made.prepare);
    Object.assign(scratch, made.scratch);
  }
  return {
    ...(primitives as unknown as Primitives),
    name: 'wasm',
    heap,
    preparedBytes: (primitive, args, weights) => prepare[primitive].bytes(args, weights),
    prepare: (primitive, args, weights, to) => prepare[primitive].write(args, weights, to),
    scratchBytes: (primitive, args) => scratch[primitive]?.(args) ?? 0,
    decoders: decoders(kernels, heap),
  };
}
