/**
 * A tree of plain values to bytes and back, exactly: what checkpoints are made of. Typed arrays keep every bit, numbers too
 * (NaN, infinities and -0, which JSON lacks, are written by name).
 *
 *   0   "PARINGCP"
 *   8   u32  version of the container
 *   12  u32  CRC-32 of everything but these 4 bytes
 *   16  u32  bytes of the whole
 *   20  u32  bytes of the manifest
 *   24  manifest: JSON { arrays: [[type, length], ...], tree }; an array in the tree is {"$array": n}
 *   ..  the arrays, one after another, little-endian
 */
import { ArgumentError, CheckpointError } from '../core/errors.ts';
import { isRecord } from '../core/rules.ts';
import { crc32 } from '../format/bytes.ts';

/** What can be packed. A field that is undefined is left out. */
export type Tree = null | boolean | number | string | TypedArray | readonly Tree[] | TreeFields;
export interface TreeFields {
  readonly [key: string]: Tree | undefined;
}

const types = {
  f32: Float32Array,
  f64: Float64Array,
  i8: Int8Array,
  u8: Uint8Array,
  i32: Int32Array,
  u32: Uint32Array,
} as const;
type TypeName = keyof typeof types;
type TypedArray = Float32Array | Float64Array | Int8Array | Uint8Array | Int32Array | Uint32Array;

const MAGIC = new TextEncoder().encode('PARINGCP');
const VERSION = 1;
const HEADER = 24;

/**
 * @returns the bytes of the tree
 * @throws ArgumentError for a value that is no part of a `Tree`
 */
export function pack(tree: Tree): Uint8Array {
  const arrays: TypedArray[] = [];
  const plain = toPlain(tree, arrays, 'tree');
  const list = arrays.map((array) => [typeOf(array), array.length]);
  const manifest = new TextEncoder().encode(JSON.stringify({ arrays: list, tree: plain }));
  const total = arrays.reduce((sum, array) => sum + array.byteLength, HEADER + manifest.length);
  const bytes = new Uint8Array(total);
  const header = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  header.setUint32(8, VERSION, true);
  header.setUint32(16, total, true);
  header.setUint32(20, manifest.length, true);
  bytes.set(manifest, HEADER);
  let at = HEADER + manifest.length;
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += array.byteLength;
  }
  header.setUint32(12, checksum(bytes), true);
  return bytes;
}

/**
 * The tree in `bytes`; its arrays are copies. Everything is checked before anything is read.
 * @throws CheckpointError if they are no checkpoint, of a newer version, truncated, altered, or followed by something
 */
export function unpack(bytes: Uint8Array): Tree {
  if (!(bytes instanceof Uint8Array)) throw damaged('a Uint8Array', typeof bytes);
  if (bytes.length < HEADER) throw damaged(`a header of ${HEADER} bytes`, `${bytes.length} bytes`);
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) throw damaged('a checkpoint of paring', 'something else');
  const version = header.getUint32(8, true);
  const total = header.getUint32(16, true);
  if (bytes.length !== total && version === VERSION) {
    const state = bytes.length < total ? 'truncated' : 'too long';
    throw damaged(`${total} bytes`, `${bytes.length} (${state})`);
  }
  const stored = header.getUint32(12, true);
  const found = checksum(bytes);
  if (found !== stored) {
    throw damaged(`checksum ${stored.toString(16)}`, `${found.toString(16)}: the bytes were altered`);
  }
  if (version !== VERSION) throw damaged(`version ${VERSION}`, `${version}`);
  const end = HEADER + header.getUint32(20, true);
  if (end > total) throw damaged(`a manifest within ${total} bytes`, `one that ends at byte ${end}`);
  const manifest = parse(bytes.subarray(HEADER, end));
  const arrays: TypedArray[] = [];
  let at = end;
  for (const [type, length] of manifest.arrays) {
    const size = length * types[type].BYTES_PER_ELEMENT;
    if (at + size > total) throw damaged(`${size} bytes of array ${arrays.length}`, `${total - at}`);
    arrays.push(new types[type](new Uint8Array(bytes.subarray(at, at + size)).buffer));
    at += size;
  }
  if (at !== total) throw damaged(`arrays that end at byte ${total}`, `${at}`);
  return fromPlain(manifest.tree, arrays);
}

function damaged(expected: string, got: string): CheckpointError {
  return new CheckpointError('file', expected, got);
}

/** Of all but the checksum itself. */
function checksum(bytes: Uint8Array): number {
  return crc32(bytes.subarray(0, 12), bytes.subarray(16));
}

function parse(bytes: Uint8Array): { arrays: [TypeName, number][]; tree: unknown } {
  let manifest: unknown;
  try {
    manifest = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw damaged('a manifest in JSON', String(cause));
  }
  const { arrays, tree } = isRecord(manifest) ? manifest : {};
  const sound =
    Array.isArray(arrays) &&
    arrays.every(
      (a) => Array.isArray(a) && Object.hasOwn(types, a[0]) && Number.isSafeInteger(a[1]) && a[1] >= 0,
    );
  if (!sound) throw damaged('a list of arrays', JSON.stringify(arrays));
  return { arrays, tree };
}

function typeOf(array: TypedArray): TypeName {
  return (Object.keys(types) as TypeName[]).find((name) => array instanceof types[name]) as TypeName;
}

/** JSON for a value; its arrays are moved to `arrays`. */
function toPlain(value: unknown, arrays: TypedArray[], path: string): unknown {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') {
    const exact = Number.isFinite(value) && !Object.is(value, -0);
    return exact ? value : { $number: Object.is(value, -0) ? '-0' : String(value) };
  }
  if (Array.isArray(value)) return value.map((item, i) => toPlain(item, arrays, `${path}[${i}]`));
  if (Object.values(types).some((type) => value instanceof type)) {
    arrays.push(value as TypedArray);
    return { $array: arrays.length - 1 };
  }
  if (isRecord(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value))) {
    const entries = Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .map(([key, v]) => [key, toPlain(v, arrays, `${path}.${key}`)] as const);
    // A key of the caller's that looks like one of ours.
    if (entries.some(([key]) => key.startsWith('$'))) return { $entries: entries };
    return Object.fromEntries(entries);
  }
  throw new ArgumentError('pack', path, 'plain values and typed arrays', value);
}

function fromPlain(value: unknown, arrays: readonly TypedArray[]): Tree {
  if (Array.isArray(value)) return value.map((item) => fromPlain(item, arrays));
  if (!isRecord(value)) return value as Tree;
  if (Object.hasOwn(value, '$number')) return Number(value.$number);
  if (Object.hasOwn(value, '$array')) {
    const array = arrays[value.$array as number];
    if (!array) throw damaged('an array of the list', `number ${value.$array}`);
    return array;
  }
  const entries = Object.hasOwn(value, '$entries')
    ? (value.$entries as [string, unknown][])
    : Object.entries(value);
  return Object.fromEntries(entries.map(([key, v]) => [key, fromPlain(v, arrays)]));
}
