import type { Backend } from '../../src/backend/backend.ts';
import type { Ptr } from '../../src/backend/heap.ts';

const GUARD = 256;
const CANARY = 0xa5;

/**
 * Hands out scratch of exactly the bytes asked for, between two fences, while `run` runs.
 * @returns the most bytes asked for at once, and whether every fence still stands
 */
export function guardScratch(backend: Backend, run: () => void): { asked: number; intact: boolean } {
  const { heap } = backend;
  const original = heap.scratch;
  const handed: { ptr: Ptr; bytes: number }[] = [];
  heap.scratch = (bytes) => {
    const ptr = heap.alloc(bytes + 2 * GUARD);
    heap.u8(ptr, bytes + 2 * GUARD).fill(CANARY);
    handed.push({ ptr, bytes });
    return ptr + GUARD;
  };
  try {
    run();
  } finally {
    heap.scratch = original;
  }
  let asked = 0;
  let intact = true;
  for (const { ptr, bytes } of handed) {
    asked = Math.max(asked, bytes);
    const before = heap.u8(ptr, GUARD);
    const after = heap.u8(ptr + GUARD + bytes, GUARD);
    intact &&= before.every((b) => b === CANARY) && after.every((b) => b === CANARY);
    heap.free(ptr);
  }
  return { asked, intact };
}
