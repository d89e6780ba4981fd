import { MemoryError } from '../core/errors.ts';

/** Byte offset into a heap. 0 is never handed out and stands for "none". */
export type Ptr = number;

/** Every block starts at a multiple of this many bytes: a cache line. */
export const ALIGN = 64;

/** The memory under a heap: WebAssembly's linear memory, or a plain buffer that grows by copying. */
export interface Store {
  /** Current buffer; replaced whenever the store grows. */
  readonly buffer: ArrayBufferLike;
  /** Makes at least `bytes` bytes addressable, keeping the contents. Throws MemoryError. */
  growTo(bytes: number): void;
}

/** A store for hosts (or backends) that need no linear memory. */
export class PlainStore implements Store {
  buffer: ArrayBuffer = new ArrayBuffer(65536);

  growTo(bytes: number): void {
    if (bytes <= this.buffer.byteLength) return;
    const grown = new ArrayBuffer(Math.max(bytes, Math.ceil(this.buffer.byteLength * 1.5)));
    new Uint8Array(grown).set(new Uint8Array(this.buffer));
    this.buffer = grown;
  }
}

/** WebAssembly linear memory, grown by whole 64 KiB pages. */
export class WasmStore implements Store {
  readonly memory: WebAssembly.Memory;
  constructor(memory: WebAssembly.Memory) {
    this.memory = memory;
  }
  get buffer(): ArrayBufferLike {
    return this.memory.buffer;
  }
  growTo(bytes: number): void {
    const have = this.memory.buffer.byteLength;
    if (bytes <= have) return;
    try {
      this.memory.grow(Math.ceil((bytes - have) / 65536));
    } catch (cause) {
      throw new MemoryError(bytes - have, `WebAssembly memory is ${have} bytes and will not grow (${cause})`);
    }
  }
}

/**
 * One address space for everything a backend touches, in three parts that may interleave:
 *
 * - blocks: `alloc` and `free`, for what lives long (parameters, optimizer state, a plan's weights);
 * - the arena: `arenaAlloc` between `arenaMark` and `arenaReset`, for one training step. Its chunks are blocks that stay
 *   and are used again in the same order, so after the first step nothing grows;
 * - scratch: one block shared by all kernels, valid during one kernel call only.
 *
 * Typed-array views go stale when the store grows; take them anew with `f32(ptr, length)` and do not keep them across
 * an allocation.
 */
export class Heap {
  readonly store: Store;
  private top: number;
  /** Free blocks by size in bytes. */
  private readonly freeBlocks = new Map<number, Ptr[]>();
  private readonly sizes = new Map<Ptr, number>();
  private readonly chunks: { ptr: Ptr; size: number }[] = [];
  private chunk = 0;
  private used = 0;
  private scratchPtr: Ptr = 0;
  private scratchSize = 0;

  /** @param base first byte that may be handed out: what lies below belongs to the kernels' static data */
  constructor(store: Store, base = 1024) {
    this.store = store;
    this.top = align(Math.max(base, ALIGN));
  }

  /** Highest byte in use: what the store had to grow to. */
  get bytesReserved(): number {
    return this.top;
  }

  /** A block of at least `bytes` bytes. Contents are whatever was there. */
  alloc(bytes: number): Ptr {
    const size = Math.max(align(bytes), ALIGN);
    const reusable = this.freeBlocks.get(size);
    const reused = reusable?.pop();
    if (reused !== undefined) {
      this.sizes.set(reused, size);
      return reused;
    }
    const ptr = this.top;
    if (ptr + size > 2 ** 32) throw new MemoryError(bytes, 'the address space of 4 GiB is full');
    this.store.growTo(ptr + size);
    this.top = ptr + size;
    this.sizes.set(ptr, size);
    return ptr;
  }

  /** Gives a block back. It is reused by the next `alloc` of the same rounded size. */
  free(ptr: Ptr): void {
    const size = this.sizes.get(ptr);
    if (size === undefined) throw new MemoryError(0, `free of ${ptr}, which is not an allocated block`);
    this.sizes.delete(ptr);
    const list = this.freeBlocks.get(size);
    if (list) list.push(ptr);
    else this.freeBlocks.set(size, [ptr]);
  }

  /** Where the arena stands; hand it to `arenaReset` to drop everything allocated since. */
  arenaMark(): { chunk: number; used: number } {
    return { chunk: this.chunk, used: this.used };
  }

  arenaReset(mark: { chunk: number; used: number }): void {
    this.chunk = mark.chunk;
    this.used = mark.used;
  }

  /** Memory that lives until the arena is reset below it. Contents are whatever was there. */
  arenaAlloc(bytes: number): Ptr {
    const size = Math.max(align(bytes), ALIGN);
    while (this.chunk < this.chunks.length) {
      const chunk = this.chunks[this.chunk];
      if (this.used + size <= chunk.size) {
        const ptr = chunk.ptr + this.used;
        this.used += size;
        return ptr;
      }
      this.chunk += 1;
      this.used = 0;
    }
    const chunkSize = Math.max(size, 1 << 20);
    this.chunks.push({ ptr: this.alloc(chunkSize), size: chunkSize });
    this.used = size;
    return this.chunks[this.chunk].ptr;
  }

  /** At least `bytes` bytes that any later call of `scratch` may hand out again. */
  scratch(bytes: number): Ptr {
    if (bytes > this.scratchSize) {
      if (this.scratchPtr !== 0) this.free(this.scratchPtr);
      this.scratchSize = align(Math.ceil(bytes * 1.25));
      this.scratchPtr = this.alloc(this.scratchSize);
    }
    return this.scratchPtr;
  }

  f32(ptr: Ptr, length: number): Float32Array {
    return new Float32Array(this.store.buffer as ArrayBuffer, ptr, length);
  }
  i32(ptr: Ptr, length: number): Int32Array {
    return new Int32Array(this.store.buffer as ArrayBuffer, ptr, length);
  }
  i8(ptr: Ptr, length: number): Int8Array {
    return new Int8Array(this.store.buffer as ArrayBuffer, ptr, length);
  }
  u8(ptr: Ptr, length: number): Uint8Array {
    return new Uint8Array(this.store.buffer as ArrayBuffer, ptr, length);
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGN) * ALIGN;
}
