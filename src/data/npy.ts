/**
 * NPY, the file of one numpy array ("NEP 1: a simple file format for numpy arrays"): the magic bytes 93 NUMPY, a version, the
 * header's length, a Python dictionary literal {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4)}, the elements.
 * The dictionary is matched, not evaluated; objects, which would need Python's unpickler, are refused.
 */
import { DataError } from '../core/errors.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import { type ByteSource, memorySource, readAt } from './bytes.ts';

/** Reads one element. `true` as second argument of a DataView's getter means little endian. */
type Getter = (view: DataView, offset: number, little: boolean) => number;

/** What `descr` may be, without the byte order in front. */
const types: Readonly<Record<string, { bytes: number; name: string; get: Getter }>> = {
  b1: { bytes: 1, name: 'bool', get: (v, o) => v.getUint8(o) },
  u1: { bytes: 1, name: 'uint8', get: (v, o) => v.getUint8(o) },
  i1: { bytes: 1, name: 'int8', get: (v, o) => v.getInt8(o) },
  u2: { bytes: 2, name: 'uint16', get: (v, o, l) => v.getUint16(o, l) },
  i2: { bytes: 2, name: 'int16', get: (v, o, l) => v.getInt16(o, l) },
  u4: { bytes: 4, name: 'uint32', get: (v, o, l) => v.getUint32(o, l) },
  i4: { bytes: 4, name: 'int32', get: (v, o, l) => v.getInt32(o, l) },
  u8: { bytes: 8, name: 'uint64', get: (v, o, l) => Number(v.getBigUint64(o, l)) },
  i8: { bytes: 8, name: 'int64', get: (v, o, l) => Number(v.getBigInt64(o, l)) },
  f4: { bytes: 4, name: 'float32', get: (v, o, l) => v.getFloat32(o, l) },
  f8: { bytes: 8, name: 'float64', get: (v, o, l) => v.getFloat64(o, l) },
};

/** The longest dictionary read: far beyond that of any plain array. */
const MAX_HEADER = 65_536;

export interface NpyHeader {
  /** Extents, outermost first; [] for a scalar. */
  shape: Shape;
  /** numpy's name of the element type: uint8, float32... */
  type: string;
  bytesPerElement: number;
  /** Where the elements begin. */
  offset: number;
  /** Writes `count` elements that stand in `bytes` to `into` from `at` on, as numbers. */
  decode(
    bytes: Uint8Array,
    count: number,
    into: Float64Array | Float32Array | Uint8Array | Int32Array,
    at: number,
  ): void;
}

/**
 * Reads the header.
 * @param source the file, or a beginning of it that holds the header
 * @throws DataError if it is no NPY, of objects or another type that cannot be read, in Fortran order, or ends early
 */
export function npyHeader(source: ByteSource): NpyHeader {
  const { name } = source;
  const lead = readAt(source, 0, Math.min(12, source.length));
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
  if (lead.length < 12 || magic.some((byte, i) => lead[i] !== byte)) {
    throw new DataError(name, 'an NPY file, which starts with 0x93 NUMPY', `${lead.length} other bytes`);
  }
  const version = lead[6];
  if (version < 1 || version > 3) {
    throw new DataError(`${name}: byte 6`, 'NPY version 1 to 3', `version ${version}`);
  }
  const view = new DataView(lead.buffer);
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER) {
    throw new DataError(`${name}: byte 8`, `a header of at most ${MAX_HEADER} bytes`, `${length}`);
  }
  const text = new TextDecoder('latin1').decode(readAt(source, start, length));
  return { ...elements(text, `${name}: byte ${start}`), offset: start + length };
}

/** What the dictionary says. */
function elements(text: string, place: string): Omit<NpyHeader, 'offset'> {
  const descr = /'descr'\s*:\s*(?:'([^']*)'|\[)/.exec(text);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text);
  const extents = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(text);
  if (!descr || !order || !extents) {
    throw new DataError(place, "a dictionary with 'descr', 'fortran_order' and 'shape'", text.slice(0, 60));
  }
  const code = descr[1] ?? 'records';
  if (code.includes('O')) {
    throw new DataError(place, 'numbers', `an array of Python objects ('${code}'), which is never unpickled`);
  }
  const type = types[code.replace(/^[<>|=]/, '')];
  if (!type) throw new DataError(place, `one of ${Object.keys(types).join(', ')}`, `dtype '${code}'`);
  const shape = extents[1]
    .split(',')
    .filter((extent) => extent.trim() !== '')
    .map(Number);
  if (!shape.every(Number.isSafeInteger) || !Number.isSafeInteger(sizeOf(shape))) {
    throw new DataError(place, 'extents that can be', `(${shape})`);
  }
  if (order[1] === 'True' && shape.length > 1) {
    const found = 'Fortran order; save it with numpy.ascontiguousarray';
    throw new DataError(place, "elements in C order ('fortran_order': False)", found);
  }
  const little = !code.startsWith('>');
  return {
    shape,
    type: type.name,
    bytesPerElement: type.bytes,
    decode(bytes, count, into, at) {
      if (type.name === 'uint8') return into.set(bytes.subarray(0, count), at);
      const view = new DataView(bytes.buffer, bytes.byteOffset, count * type.bytes);
      for (let i = 0; i < count; i++) into[at + i] = type.get(view, i * type.bytes, little);
    },
  };
}

/**
 * Compares what the header says with the bytes there are.
 * @throws DataError if the elements are fewer or more than the shape says
 */
export function checkNpyLength(header: NpyHeader, length: number, name: string): void {
  const expected = sizeOf(header.shape) * header.bytesPerElement;
  const found = length - header.offset;
  if (found === expected) return;
  const state = found < expected ? 'truncated' : 'too long';
  const place = `${name}: byte ${header.offset}`;
  const what = `${expected} bytes of ${header.type} for shape (${header.shape})`;
  throw new DataError(place, what, `${found} (${state})`);
}

/**
 * Reads an NPY file that is in memory.
 * @returns bytes as they are; every other type as f64, in which 64-bit integers beyond 2^53 are rounded
 * @throws DataError as `npyHeader`, or if the file is longer or shorter than its shape says
 */
export function readNpy(
  bytes: Uint8Array,
  source = 'npy',
): { shape: Shape; type: string; data: Uint8Array | Float64Array } {
  const header = npyHeader(memorySource(bytes, source));
  checkNpyLength(header, bytes.length, source);
  const { shape, type } = header;
  const content = bytes.subarray(header.offset);
  if (type === 'uint8') return { shape, type, data: content };
  const data = new Float64Array(sizeOf(shape));
  header.decode(content, data.length, data, 0);
  return { shape, type, data };
}

/**
 * What an NPY 1.0 file has before its elements: magic, version, the dictionary for C order, padded to a multiple of 64 bytes.
 * @param descr numpy's code of the type, as '|u1' or '<f4'
 */
export function npyLead(descr: string, shape: Shape): Uint8Array {
  const extents = `${shape.join(', ')}${shape.length === 1 ? ',' : ''}`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${extents}), }`;
  // Magic, version and length are 10 bytes; the dictionary ends with a newline.
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const lead = new Uint8Array(10 + length);
  lead.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8]);
  lead.set(new TextEncoder().encode(`${text.padEnd(length - 1)}\n`), 10);
  return lead;
}
