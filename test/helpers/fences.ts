import type { Backend } from '../../src/backend/backend.ts';
import type { Ptr } from '../../src/backend/heap.ts';

const FENCE = 256;
const CANARY = 0xa5;

/**
 * From now on every block of the backend's heap, prepared weights among them, and every piece of scratch is exactly as long as was asked
 * for and stands between two fences of canary bytes.
 * @returns a check: what was written over since, as `block of 52 bytes: byte 3 after it`; null if nothing was
 */
export function fence(backend: Backend): () => string | null {
  const { heap } = backend;
  const alloc = heap.alloc.bind(heap);
  const free = heap.free.bind(heap);
  const blocks = new Map<Ptr, number>();
  let broken: string | null = null;

  const inspect = (ptr: Ptr, bytes: number): void => {
    const whole = heap.u8(ptr - FENCE, bytes + 2 * FENCE);
    for (let i = 0; i < FENCE && broken === null; i++) {
      if (whole[i] !== CANARY) broken = `block of ${bytes} bytes: byte ${FENCE - i} before it`;
      if (whole[FENCE + bytes + i] !== CANARY) broken ??= `block of ${bytes} bytes: byte ${i} after it`;
    }
  };
  heap.alloc = (bytes) => {
    const outer = alloc(bytes + 2 * FENCE);
    heap.u8(outer, bytes + 2 * FENCE).fill(CANARY);
    blocks.set(outer + FENCE, bytes);
    return outer + FENCE;
  };
  heap.free = (ptr) => {
    inspect(ptr, blocks.get(ptr) as number);
    blocks.delete(ptr);
    free(ptr - FENCE);
  };
  // Scratch that is no longer than what one call asks for; what it asked for before may be handed out again.
  const scratches: Ptr[] = [];
  heap.scratch = (bytes) => {
    const ptr = heap.alloc(bytes);
    scratches.push(ptr);
    return ptr;
  };
  return () => {
    for (const ptr of scratches.splice(0)) heap.free(ptr);
    for (const [ptr, bytes] of blocks) inspect(ptr, bytes);
    const found = broken;
    broken = null;
    return found;
  };
}
