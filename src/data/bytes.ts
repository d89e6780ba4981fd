/**
 * Bytes that are read at a position: what every file format here is parsed from, so that one parser serves a buffer, a
 * file that does not fit memory, and a temporary one. Every read is checked against the length first.
 */
import { DataError } from '../core/errors.ts';

/** Random access to bytes. */
export interface ByteSource {
  /** What messages call it: a path. */
  readonly name: string;
  readonly length: number;
  /**
   * Fills `into` with the bytes from `position` on. Synchronous.
   * @throws DataError if there are fewer
   */
  read(position: number, into: Uint8Array): void;
}

/** A buffer as a source. No copy. */
export function memorySource(bytes: Uint8Array, name: string): ByteSource {
  return {
    name,
    length: bytes.length,
    read(position, into) {
      checkRange(this, position, into.length);
      into.set(bytes.subarray(position, position + into.length));
    },
  };
}

/** `length` bytes of a source from `offset` on, as a source of their own. */
export function slice(source: ByteSource, offset: number, length: number): ByteSource {
  checkRange(source, offset, length);
  return {
    name: source.name,
    length,
    read(position, into) {
      checkRange(this, position, into.length);
      source.read(offset + position, into);
    },
  };
}

/**
 * The `count` bytes at `position`. Allocates only after the range was checked.
 * @throws DataError naming the byte if the source is too short
 */
export function readAt(source: ByteSource, position: number, count: number): Uint8Array {
  checkRange(source, position, count);
  const bytes = new Uint8Array(count);
  source.read(position, bytes);
  return bytes;
}

/** @throws DataError unless the source holds bytes position..position+count-1 */
export function checkRange(source: ByteSource, position: number, count: number): void {
  if (!(position >= 0 && count >= 0 && position + count <= source.length)) {
    const left = Math.max(0, source.length - position);
    throw new DataError(`${source.name}: byte ${position}`, `${count} more bytes`, `${left} (truncated)`);
  }
}
