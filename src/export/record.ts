/**
 * Watches a plan being made and run once, and writes down what of it is left for a process that only runs it: which weights
 * were ordered for which primitive and to which address, which constants lie where, and every kernel call with its
 * arguments. A plan's calls are the same in every run (sizes and addresses, never values, decide), so one run tells all.
 */

import type { Backend, Decoders, Preparable } from '../backend/backend.ts';
import { Heap, type Ptr, type Store } from '../backend/heap.ts';
import { instantiate } from '../backend/wasm/assemble.ts';
import type { Kernels } from '../backend/wasm/family.ts';
import { inferenceBackend } from '../backend/wasm/inference.ts';
import type { AnyTypedArray } from '../core/dtype.ts';
import type { Graph } from '../graph/graph.ts';
import { type CompileOptions, compile, type Plan } from '../plan/compile.ts';
import type { KernelCall } from './wasm/link.ts';

/** Weights that were ordered. */
export interface Prepared {
  primitive: keyof Preparable;
  /** The fields of the descriptor that were asked for. */
  args: Record<string, number | boolean>;
  weights: AnyTypedArray;
  to: Ptr;
}

/** Bytes that never change. */
export interface Constant {
  to: Ptr;
  bytes: Uint8Array;
}

export interface Recording {
  plan: Plan;
  heap: RecordingHeap;
  decoders: Decoders;
  prepared: Prepared[];
  constants: Constant[];
  /** Calls of one run. */
  calls: KernelCall[];
  /** Names of the kernels that ordering called, and decoding so far. */
  startKernels: Set<string>;
}

/** Knows what is allocated, and gives all scratch from one block if it is told beforehand how much is needed. */
export class RecordingHeap extends Heap {
  readonly blocks = new Map<Ptr, number>();
  /** Most scratch asked for. */
  most = 0;
  private readonly fixed: Ptr = 0;

  constructor(store: Store, base: Ptr, scratch: number) {
    super(store, base);
    if (scratch > 0) {
      this.fixed = super.alloc(scratch);
      this.most = scratch;
    }
  }

  override alloc(bytes: number): Ptr {
    const ptr = super.alloc(bytes);
    // The constructor of Heap does not allocate: `blocks` is there.
    this.blocks.set(ptr, bytes);
    return ptr;
  }

  override free(ptr: Ptr): void {
    super.free(ptr);
    this.blocks.delete(ptr);
  }

  override scratch(bytes: number): Ptr {
    if (this.fixed !== 0 && bytes <= this.most) return this.fixed;
    this.most = Math.max(this.most, bytes);
    return super.scratch(bytes);
  }
}

/**
 * @param module the inference kernels
 * @param scratch bytes of scratch to set aside; 0 to find out how many are needed
 * @throws as `compile` does
 */
export function record(
  module: WebAssembly.Module,
  graph: Graph,
  options: CompileOptions,
  scratch: number,
): Recording {
  const [original, { store }] = instantiate(module, 1 << 20);
  const heap = new RecordingHeap(store, original.heapBase(), scratch);
  const startKernels = new Set<string>();
  const calls: KernelCall[] = [];
  let starting = false;
  let running = false;
  const kernels = watched(original, (kernel, args, result) => {
    if (starting) startKernels.add(kernel);
    // What returns a number is a question about sizes, already answered in the arguments of the others.
    if (running && result === undefined) calls.push({ kernel, args: args as (number | boolean)[] });
  });
  /** `work`, its kernels written down as those of the start. */
  const whenStarting = <T>(work: () => T): T => {
    starting = true;
    try {
      return work();
    } finally {
      starting = false;
    }
  };

  const backend = inferenceBackend(kernels, heap);
  const prepared: Prepared[] = [];
  const watching: Backend = {
    ...backend,
    prepare(primitive, args, weights, to) {
      const asked = fieldsAsked(args);
      whenStarting(() => backend.prepare(primitive, asked.view, weights, to));
      prepared.push({ primitive, args: asked.fields, weights, to });
    },
  };
  const plan = compile(graph, watching, options);
  running = true;
  plan.run();
  running = false;

  const input = plan.inputs[graph.inputs[0].name].byteOffset;
  const own = new Set(prepared.map(({ to }) => to));
  const constants = [...heap.blocks]
    .filter(
      ([ptr, bytes]) => !own.has(ptr) && !(ptr <= input && input < ptr + bytes) && ptr !== heap.scratch(0),
    )
    .map(([to, bytes]) => ({ to, bytes: heap.u8(to, bytes).slice() }));
  // Told in general: which decoders there are is the format's business.
  const decoding = Object.entries(backend.decoders as Decoders).map(([name, decode]) => {
    const plain = decode as (...args: unknown[]) => unknown;
    return [name, (...args: unknown[]) => whenStarting(() => plain(...args))];
  });
  const decoders = Object.fromEntries(decoding) as Decoders;
  return { plan, heap, decoders, prepared, constants, calls, startKernels };
}

/** The kernels, each call of which is told. */
function watched(
  kernels: Kernels,
  tell: (kernel: string, args: readonly unknown[], result: unknown) => void,
): Kernels {
  const wrapped = Object.entries(kernels).map(([name, value]) => {
    if (typeof value !== 'function') return [name, value];
    const call = value as (...args: readonly unknown[]) => unknown;
    return [
      name,
      (...args: readonly unknown[]) => {
        const result = call(...args);
        tell(name, args, result);
        return result;
      },
    ];
  });
  return Object.fromEntries(wrapped) as Kernels;
}

/** A view of a descriptor, and the fields that were read through it. */
function fieldsAsked<T extends object>(args: T): { view: T; fields: Record<string, number | boolean> } {
  const fields: Record<string, number | boolean> = {};
  const view = new Proxy(args, {
    get(target, key) {
      const value = Reflect.get(target, key) as unknown;
      if (typeof value === 'number' || typeof value === 'boolean') fields[String(key)] = value;
      return value;
    },
  });
  return { view, fields };
}
