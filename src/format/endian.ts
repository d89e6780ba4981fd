/** Numbers as little-endian bytes, which is what files hold, whatever the host. */

const hostIsLittleEndian = (): boolean => new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** The bytes of a typed array, little endian: a copy. */
export function littleEndian(
  values: Float32Array | Float64Array | BigInt64Array | Int32Array | Uint16Array | Int8Array | Uint8Array,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
  if (!hostIsLittleEndian()) reverseEach(bytes, values.BYTES_PER_ELEMENT);
  return bytes;
}

/** Makes little-endian elements of `width` bytes the host's own, in place. */
export function toHost(bytes: Uint8Array, width: number): void {
  if (!hostIsLittleEndian()) reverseEach(bytes, width);
}

function reverseEach(bytes: Uint8Array, width: number): void {
  for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
}
