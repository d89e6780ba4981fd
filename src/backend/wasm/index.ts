import { BackendError } from '../../core/errors.ts';
import type { Backend, Preparable, PrimitiveName, Primitives } from '../backend.ts';
import { Heap, WasmStore } from '../heap.ts';
import { cluster } from './cluster.ts';
import { conv } from './conv.ts';
import { elementwise } from './elementwise.ts';
import type { Family, Kernels, Preparer } from './family.ts';
import { gemm } from './gemm.ts';
import { loss } from './loss.ts';
import { norm } from './norm.ts';
import { optim } from './optim.ts';
import { pool } from './pool.ts';
import { quant } from './quant.ts';
import { reduce } from './reduce.ts';
import { sparse } from './sparse.ts';

/** A family whose primitives are some of all: which, its own type says. */
type SomeFamily = Omit<Family<PrimitiveName>, 'primitives'> & { primitives: Partial<Primitives> };

/** The folders of kernels, one entry each. A new family is added here and in assembly/index.ts. */
const families: readonly ((kernels: Kernels, heap: Heap) => SomeFamily)[] = [
  cluster,
  conv,
  elementwise,
  gemm,
  loss,
  norm,
  optim,
  pool,
  quant,
  reduce,
  sparse,
];

/**
 * A backend with a memory of its own, from a compiled kernels module (`wasmModule()`, or a statically imported one).
 * Instantiation takes well under a millisecond, so each plan and each training run has one, and the garbage collector
 * takes it back.
 * @param initialBytes memory to start with; it grows when asked for more
 * @throws BackendError if the module is not the kernels module or cannot be instantiated
 */
export function createWasmBackend(module: WebAssembly.Module, initialBytes = 1 << 20): Backend {
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
  const heap = new Heap(new WasmStore(memory), kernels.heapBase());

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
  };
}
