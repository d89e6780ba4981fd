/**
 * IDX, the format of MNIST and its kin (LeCun, Cortes and Burges, "The MNIST database"): two zero bytes, a type byte, the
 * number of dimensions, each extent as a big-endian 32-bit integer, then the elements.
 */
import { DataError } from '../core/errors.ts';

/** Type byte of unsigned bytes, the only element type the image sets use. */
const U8 = 0x08;

export interface IdxArray {
  /** Extents, outermost first: [count] for labels, [count, rows, columns] for images. */
  shape: number[];
  /** A view of the bytes handed in; no copy. */
  data: Uint8Array;
}

/**
 * Reads an IDX file of unsigned bytes.
 * @param source name for messages: the file's path
 * @throws DataError if the bytes are not IDX, of another element type, truncated, or followed by something
 */
export function readIdx(bytes: Uint8Array, source = 'idx'): IdxArray {
  if (bytes.length < 4)
    throw new DataError(source, 'an IDX header of at least 4 bytes', `${bytes.length} bytes`);
  const [zero0, zero1, type, rank] = bytes;
  if (zero0 !== 0 || zero1 !== 0) {
    throw new DataError(source, 'an IDX file, which starts with two zero bytes', hex(bytes.subarray(0, 4)));
  }
  if (type !== U8) {
    throw new DataError(
      source,
      'elements of type 0x08 (unsigned bytes)',
      `type ${hex(bytes.subarray(2, 3))}`,
    );
  }
  if (rank < 1 || rank > 4) throw new DataError(source, '1 to 4 dimensions', `${rank}`);
  const header = 4 + 4 * rank;
  if (bytes.length < header) {
    throw new DataError(
      source,
      `a header of ${header} bytes for ${rank} dimensions`,
      `${bytes.length} bytes`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape: number[] = [];
  let size = 1;
  for (let i = 0; i < rank; i++) {
    shape.push(view.getUint32(4 + 4 * i));
    size *= shape[i];
  }
  const data = bytes.subarray(header);
  if (data.length !== size) {
    const state = data.length < size ? 'truncated' : 'too long';
    throw new DataError(source, `${size} bytes of data for ${shape.join('x')}`, `${data.length} (${state})`);
  }
  return { shape, data };
}

function hex(bytes: Uint8Array): string {
  return `0x${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
