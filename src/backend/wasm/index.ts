import type { Backend } from '../backend.ts';
import type { Heap } from '../heap.ts';
import { assemble, instantiate, type MakeFamily } from './assemble.ts';
import { cluster } from './cluster.ts';
import { clustered } from './clustered.ts';
import { conv } from './conv.ts';
import { elementwise } from './elementwise.ts';
import type { Kernels } from './family.ts';
import { gemm } from './gemm.ts';
import { loss } from './loss.ts';
import { norm } from './norm.ts';
import { optim } from './optim.ts';
import { pool } from './pool.ts';
import { quant } from './quant.ts';
import { reduce } from './reduce.ts';
import { sparse } from './sparse.ts';

/** The folders of kernels, one entry each. A new family is added here and in assembly/index.ts. */
const families: readonly MakeFamily[] = [
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
  clustered,
];

/**
 * A backend with a memory of its own, from a compiled kernels module (`wasmModule()`, or a statically imported one).
 * Instantiation takes well under a millisecond, so each plan and each training run has one, and the garbage collector
 * takes it back.
 * @param initialBytes memory to start with; it grows when asked for more
 * @throws BackendError if the module is not the kernels module or cannot be instantiated
 */
export function createWasmBackend(module: WebAssembly.Module, initialBytes = 1 << 20): Backend {
  return wasmBackend(...instantiate(module, initialBytes));
}

/** The same from kernels that are instantiated already. */
export function wasmBackend(kernels: Kernels, heap: Heap): Backend {
  return assemble(kernels, heap, families);
}
