/**
 * Where each buffer of a plan lies in its arena. A buffer is alive from the step that first touches it to the one that
 * last does; buffers that are never alive at the same time may share bytes. Largest first, each at the lowest offset
 * that is free for its whole life: the greedy rule of Pisarchyk and Lee, "Efficient memory management for deep neural
 * net inference" (2020), which on CNNs ends at or close to the lower bound.
 */
import { ALIGN } from '../backend/heap.ts';

/** Bytes that steps read and write. */
export interface Buffer {
  bytes: number;
  /** First and last step that touches it. An input is alive before step 0; inputs and outputs are alive for ever. */
  first: number;
  last: number;
  /** Within the arena; assigned by `assignOffsets`. */
  offset: number;
  /** The buffer whose bytes this one takes over, written in place. */
  within?: Buffer;
}

export function newBuffer(bytes: number): Buffer {
  return { bytes, first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY, offset: -1 };
}

/** The buffer that holds the bytes, after in-place steps were merged. */
export function rootOf(buffer: Buffer): Buffer {
  let root = buffer;
  while (root.within) root = root.within;
  return root;
}

/** Records that step number `step` reads or writes a buffer. */
export function touch(buffer: Buffer, step: number): void {
  buffer.first = Math.min(buffer.first, step);
  buffer.last = Math.max(buffer.last, step);
}

/**
 * Lets `to`, which step number `step` is the first to write, take over the bytes of `from`, which it is the last to read.
 * @returns whether it could
 */
export function mergeInPlace(from: Buffer, to: Buffer, step: number): boolean {
  const root = rootOf(from);
  if (to.within || root === to || root.last !== step || to.first !== step || root.bytes !== to.bytes)
    return false;
  to.within = root;
  root.last = to.last;
  return true;
}

/**
 * Gives every buffer its offset, a multiple of a cache line.
 * @returns bytes of the arena
 */
export function assignOffsets(buffers: Iterable<Buffer>): number {
  const roots = [...new Set([...buffers].map(rootOf))].sort((a, b) => b.bytes - a.bytes || a.first - b.first);
  const placed: Buffer[] = [];
  let total = 0;
  for (const buffer of roots) {
    const size = align(buffer.bytes);
    const rivals = placed
      .filter((other) => other.first <= buffer.last && buffer.first <= other.last)
      .sort((a, b) => a.offset - b.offset);
    let offset = 0;
    for (const rival of rivals) {
      if (offset + size <= rival.offset) break;
      offset = Math.max(offset, rival.offset + align(rival.bytes));
    }
    buffer.offset = offset;
    placed.push(buffer);
    total = Math.max(total, offset + size);
  }
  return total;
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGN) * ALIGN;
}
