/**
 * IDX, the format of MNIST and its kin (LeCun, Cortes and Burges, "The MNIST database"): two zero bytes, a type byte, the
 * number of dimensions, each extent as a big-endian 32-bit integer, then the elements.
 */
import { DataError } from '../core/errors.ts';

/** Type byte of unsigned bytes, the only element type the image sets use. */
const U8 = 0x08;

/** The longest header: 4 dimensions. */
export const IDX_HEADER = 20;

export interface IdxHeader {
  /** Extents, outermost first: [count] for labels, [count, rows, columns] for images. */
  shape: number[];
  /** Where the elements begin. */
  offset: number;
  /** Number of elements, each a byte. What the file says: not yet compared with its length. */
  size: number;
}

export interface IdxArray {
  /** Extents, outermost first: [count] for labels, [count, rows, columns] for images. */
  shape: number[];
  /** A view of the bytes handed in; no copy. */
  data: Uint8Array;
}

/**
 * Reads the header of an IDX file of unsigned bytes.
 * @param bytes the file, or its first IDX_HEADER bytes
 * @param source name for messages: the file's path
 * @throws DataError if the bytes are not IDX, of another element type, or too few
 */
export function idxHeader(bytes: Uint8Array, source = 'idx'): IdxHeader {
  if (bytes.length < 4) {
    throw new DataError(source, 'an IDX header of at least 4 bytes', `${bytes.length} bytes`);
  }
  const [zero0, zero1, type, rank] = bytes;
  if (zero0 !== 0 || zero1 !== 0) {
    throw new DataError(source, 'an IDX file, which starts with two zero bytes', hex(bytes.subarray(0, 4)));
  }
  if (type !== U8) {
    const found = `type ${hex(bytes.subarray(2, 3))}`;
    throw new DataError(`${source}: byte 2`, 'elements of type 0x08 (unsigned bytes)', found);
  }
  if (rank < 1 || rank > 4) throw new DataError(`${source}: byte 3`, '1 to 4 dimensions', `${rank}`);
  const offset = 4 + 4 * rank;
  if (bytes.length < offset) {
    const expected = `a header of ${offset} bytes for ${rank} dimensions`;
    throw new DataError(source, expected, `${bytes.length} bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape: number[] = [];
  let size = 1;
  for (let i = 0; i < rank; i++) {
    shape.push(view.getUint32(4 + 4 * i));
    size *= shape[i];
  }
  return { shape, offset, size };
}

/**
 * Compares what the header says with the bytes there are.
 * @throws DataError if the elements are fewer or more than the extents say
 */
export function checkIdxLength({ shape, offset, size }: IdxHeader, length: number, source = 'idx'): void {
  const found = length - offset;
  if (found === size) return;
  const state = found < size ? 'truncated' : 'too long';
  const place = `${source}: byte ${offset}`;
  throw new DataError(place, `${size} bytes of data for ${shape.join('x')}`, `${found} (${state})`);
}

/**
 * Reads an IDX file of unsigned bytes.
 * @param source name for messages: the file's path
 * @throws DataError if the bytes are not IDX, of another element type, truncated, or followed by something
 */
export function readIdx(bytes: Uint8Array, source = 'idx'): IdxArray {
  const header = idxHeader(bytes, source);
  checkIdxLength(header, bytes.length, source);
  return { shape: header.shape, data: bytes.subarray(header.offset) };
}

function hex(bytes: Uint8Array): string {
  return `0x${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
