/** The wasm backend of `paring/runtime`: it runs plans. What only training calls, it refuses by name. */
import { BackendError } from '../../core/errors.ts';
import type { Backend, Primitives } from '../backend.ts';
import type { Heap } from '../heap.ts';
import { trainingPrimitives, trainingUnaries } from '../primitives.ts';
import { assemble, instantiate, type MakeFamily, type WasmBackend } from './assemble.ts';
import { clustered } from './clustered.ts';
import { conv } from './conv.ts';
import { elementwise } from './elementwise.ts';
import type { Kernels } from './family.ts';
import { gemm } from './gemm.ts';
import { loss } from './loss.ts';
import { norm } from './norm.ts';
import { pool } from './pool.ts';
import { quant } from './quant.ts';
import { sparse } from './sparse.ts';

const families: readonly MakeFamily[] = [conv, elementwise, gemm, loss, norm, pool, quant, sparse, clustered];

/**
 * A backend with a memory of its own, from the compiled inference module or the whole kernels module, which gives the same
 * bits. Training primitives are there, as `Backend` promises, and throw a BackendError that names them.
 * @throws BackendError if the module is neither or cannot be instantiated
 */
export function createInferenceBackend(module: WebAssembly.Module, initialBytes = 1 << 20): WasmBackend {
  return inferenceBackend(...instantiate(module, initialBytes));
}

/** The same from kernels that are instantiated already. */
export function inferenceBackend(kernels: Kernels, heap: Heap): WasmBackend {
  const backend = assemble(kernels, heap, families);
  const { unary } = backend;
  const checked: Backend['unary'] = (a) => {
    if (trainingUnaries.includes(a.kind)) refuse(`unary '${a.kind}'`);
    unary(a);
  };
  const refusals = trainingPrimitives.map((name) => [name, () => refuse(name)]);
  return {
    ...backend,
    ...(Object.fromEntries(refusals) as Partial<Primitives>),
    unary: checked,
  };
}

function refuse(primitive: string): never {
  throw new BackendError(
    'wasm',
    `${primitive} is for training, which the inference kernels leave out; createBackend of 'paring' has it`,
  );
}
