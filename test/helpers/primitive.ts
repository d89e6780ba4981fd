import { expect } from 'vitest';
import type { ArgsOf, Backend, Preparable, PrimitiveName, Window } from '../../src/backend/backend.ts';
import type { Ptr } from '../../src/backend/heap.ts';
import type { AnyTypedArray } from '../../src/core/dtype.ts';

/**
 * Runs one primitive on arrays instead of pointers.
 * @param sizes the descriptor's fields that are not pointers, and pointers that are 0
 * @param buffers the descriptor's pointers: what they hold before the run
 * @returns what they hold after it
 */
export function runPrimitive<P extends PrimitiveName, B extends Record<string, AnyTypedArray>>(
  backend: Backend,
  primitive: P,
  sizes: Partial<ArgsOf<P>>,
  buffers: B,
): B {
  const { heap } = backend;
  const args: Record<string, unknown> = { ...sizes };
  for (const [field, data] of Object.entries(buffers)) {
    const ptr = heap.alloc(data.byteLength);
    bytesAt(backend, ptr, data).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    args[field] = ptr;
  }
  (backend[primitive] as (a: unknown) => void)(args);
  const after: Record<string, AnyTypedArray> = {};
  for (const [field, data] of Object.entries(buffers)) {
    const ptr = args[field] as number;
    const copy = data.slice();
    new Uint8Array(copy.buffer).set(bytesAt(backend, ptr, data));
    after[field] = copy;
    heap.free(ptr);
  }
  return after as B;
}

/** A block with the weights in the order in which the primitive reads them; for the descriptor's `weight`. */
export function prepareWeights<P extends keyof Preparable>(
  backend: Backend,
  primitive: P,
  sizes: Partial<Preparable[P]>,
  weights: AnyTypedArray,
): Ptr {
  const args = { ...sizes, prepared: true } as Preparable[P];
  const to = backend.heap.alloc(backend.preparedBytes(primitive, args, weights));
  backend.prepare(primitive, args, weights, to);
  return to;
}

function bytesAt(backend: Backend, ptr: number, data: AnyTypedArray): Uint8Array {
  return backend.heap.u8(ptr, data.byteLength);
}

/** A Float32Array of the numbers given. */
export const f32 = (...values: number[]): Float32Array => Float32Array.from(values);
export const i8 = (...values: number[]): Int8Array => Int8Array.from(values);
export const u8 = (...values: number[]): Uint8Array => Uint8Array.from(values);
export const i32 = (...values: number[]): Int32Array => Int32Array.from(values);
/** 1, 2, 3 ... n. */
export const count = (n: number): Float32Array => Float32Array.from({ length: n }, (_, i) => i + 1);

/** Every element within 5e-7 of the expected one; lengths equal. */
export function expectClose(got: AnyTypedArray, expected: readonly number[]): void {
  expect(got.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) expect(got[i], `element ${i}`).toBeCloseTo(expected[i], 6);
}

/** No clamp. */
export const unbounded = { lo: -Infinity, hi: Infinity };

/** The smallest window: one sample, one channel, one position, no padding. */
export const unit: Window = {
  n: 1,
  ci: 1,
  h: 1,
  w: 1,
  co: 1,
  ho: 1,
  wo: 1,
  kh: 1,
  kw: 1,
  strideH: 1,
  strideW: 1,
  padT: 0,
  padL: 0,
  padB: 0,
  padR: 0,
  dilH: 1,
  dilW: 1,
  groups: 1,
};
