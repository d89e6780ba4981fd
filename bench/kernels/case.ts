/**
 * One case serves test and benchmark: a primitive, its sizes, and what its buffers hold. It can be laid into any
 * backend's heap, run, read back and compared.
 */
import type { ArgsOf, Backend, Preparable, PrimitiveName } from '../../src/backend/backend.ts';
import type { Ptr } from '../../src/backend/heap.ts';
import { type AnyTypedArray, bytesOf, type DType } from '../../src/core/dtype.ts';
import { Rng } from '../../src/core/rng.ts';

/** One pointer field of a descriptor. */
export interface BufferSpec {
  dtype: DType;
  length: number;
  /** Value of element i; zeros if absent. Called for i = 0, 1, 2... with one generator for the buffer. */
  init?: (rng: Rng, i: number) => number;
  /** Compared after the run. A buffer may be both read and written. */
  output?: boolean;
  /** Weights: the backend orders them first (`prepare`), and the descriptor gets prepared = true. */
  prepare?: boolean;
}

export interface KernelCase<P extends PrimitiveName = PrimitiveName> {
  primitive: P;
  /** As people read it: `3x3 28x28 128->128`. */
  shape: string;
  /** The descriptor without its pointers. */
  sizes: Partial<ArgsOf<P>>;
  buffers: Record<string, BufferSpec>;
  /** Largest |wasm - reference| / (|reference| + 1) allowed; 0 means equal bit for bit. */
  tolerance: number;
  /** Arithmetic operations a run does (2 per multiply-accumulate), for rates. */
  ops?: number;
}

/** A case whose type parameter is inferred from its primitive's name. */
export function kernelCase<P extends PrimitiveName>(c: KernelCase<P>): KernelCase {
  return c as unknown as KernelCase;
}

/** A case in a backend's memory. */
export interface LaidCase {
  args: Record<string, unknown>;
  run(): void;
  /** A copy of each output buffer. */
  read(): Record<string, AnyTypedArray>;
  /** Gives the memory back. */
  free(): void;
}

function view(backend: Backend, dtype: DType, ptr: Ptr, length: number): AnyTypedArray {
  return backend.heap[dtype](ptr, length);
}

/** What a buffer holds before the run: the same on every backend. */
export function bufferData(field: string, spec: BufferSpec): AnyTypedArray {
  const make = { f32: Float32Array, i8: Int8Array, u8: Uint8Array, i32: Int32Array }[spec.dtype];
  const data = new make(spec.length);
  if (spec.init) {
    const rng = new Rng(1).fork(field);
    for (let i = 0; i < spec.length; i++) data[i] = spec.init(rng, i);
  }
  return data;
}

export function layCase(backend: Backend, c: KernelCase): LaidCase {
  const args: Record<string, unknown> = { ...c.sizes };
  const blocks: Ptr[] = [];
  const data = new Map<string, AnyTypedArray>();
  for (const [field, spec] of Object.entries(c.buffers)) data.set(field, bufferData(field, spec));
  for (const [field, spec] of Object.entries(c.buffers)) {
    const values = data.get(field) as AnyTypedArray;
    if (spec.prepare) {
      const primitive = c.primitive as keyof Preparable;
      const bytes = backend.preparedBytes(primitive, args as never, values);
      const ptr = backend.heap.alloc(bytes);
      blocks.push(ptr);
      backend.prepare(primitive, args as never, values, ptr);
      args[field] = ptr;
      args.prepared = true;
    } else {
      const ptr = backend.heap.alloc(spec.length * bytesOf[spec.dtype]);
      blocks.push(ptr);
      view(backend, spec.dtype, ptr, spec.length).set(values);
      args[field] = ptr;
    }
  }
  return {
    args,
    run: () => (backend[c.primitive] as (a: unknown) => void)(args),
    read: () => {
      const out: Record<string, AnyTypedArray> = {};
      for (const [field, spec] of Object.entries(c.buffers)) {
        if (spec.output) out[field] = view(backend, spec.dtype, args[field] as Ptr, spec.length).slice();
      }
      return out;
    },
    free: () => {
      for (const ptr of blocks) backend.heap.free(ptr);
    },
  };
}

/**
 * Runs a case on two backends and compares every output.
 * @returns null if they agree, else what differs first: field, index, got, expected
 */
export function differs(reference: Backend, candidate: Backend, c: KernelCase): string | null {
  const expected = layCase(reference, c);
  const got = layCase(candidate, c);
  try {
    expected.run();
    got.run();
    const want = expected.read();
    const have = got.read();
    for (const field of Object.keys(want)) {
      for (let i = 0; i < want[field].length; i++) {
        const a = have[field][i];
        const b = want[field][i];
        if (Object.is(a, b) || a === b) continue;
        const error = Math.abs(a - b) / (Math.abs(b) + 1);
        if (!(error <= c.tolerance)) {
          return `${c.primitive} ${c.shape}: ${field}[${i}]: got ${a}, expected ${b} (error ${error}, allowed ${c.tolerance})`;
        }
      }
    }
    return null;
  } finally {
    expected.free();
    got.free();
  }
}

/** Common fillings. */
export const fill = {
  uniform: (rng: Rng) => rng.uniform() * 2 - 1,
  positive: (rng: Rng) => rng.uniform() + 0.5,
  i8: (rng: Rng) => rng.below(256) - 128,
  /** int8 weights: symmetric, without -128. */
  w8: (rng: Rng) => rng.below(255) - 127,
  bit: (rng: Rng) => rng.below(2),
  /** Zero with the given probability, else uniform in [-1, 1). */
  sparse: (zeros: number) => (rng: Rng) => (rng.uniform() < zeros ? 0 : rng.uniform() * 2 - 1),
};
