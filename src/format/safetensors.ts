/**
 * safetensors, the file in which weights travel between frameworks: eight bytes of length, a header in JSON that says name,
 * type, shape and place of each tensor, then the numbers. The reader believes none of it before it has checked: every
 * offset lies in the file, no two tensors share a byte, no byte belongs to none, no name comes twice.
 *
 * Format: https://huggingface.co/docs/safetensors (layout and the rules on gaps and duplicates are its own).
 */
import { ArgumentError, FormatError } from '../core/errors.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import { ByteWriter } from './bytes.ts';
import { Check } from './check.ts';
import { littleEndian, toHost } from './endian.ts';
import { fromBfloat16, fromFloat16, toFloat16 } from './half.ts';

/** Longest header in bytes: some 100,000 tensors. */
const LONGEST_HEADER = 1 << 24;
/** What a header's length takes. */
const PREFIX = 8;
/** Extents of a shape, at most. */
const MOST_EXTENTS = 8;
/** The header's own entry beside the tensors. */
const METADATA = '__metadata__';

/** Bytes of an element of each type this reads. */
const widths = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I8: 1, U8: 1 } as const;

export type SafetensorsDType = keyof typeof widths;
const dtypes = Object.keys(widths) as SafetensorsDType[];

/** Elements of a tensor, row by row. F16 and BF16 come as the f32 numbers they are. */
export type SafetensorsData =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | Int32Array
  | Int8Array
  | Uint8Array;

export interface SafeTensor {
  readonly dtype: SafetensorsDType;
  readonly shape: Shape;
  readonly data: SafetensorsData;
}

export interface Safetensors {
  /** By name, in the order in which they lie in the file. */
  readonly tensors: ReadonlyMap<string, SafeTensor>;
  /** Texts by key; empty if the file has none. */
  readonly metadata: Readonly<Record<string, string>>;
}

interface Entry {
  name: string;
  dtype: SafetensorsDType;
  shape: Shape;
  begin: number;
  end: number;
}

/**
 * What is in a safetensors file. Nothing of `bytes` is kept.
 * @throws ArgumentError if `bytes` is no Uint8Array; FormatError (with the offset) if they are not a whole file, a type is
 *   not one of F64, F32, F16, BF16, I64, I32, I8, U8, a name comes twice, or tensors overlap or leave gaps
 */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  if (!ArrayBuffer.isView(bytes) || bytes.BYTES_PER_ELEMENT !== 1) {
    throw new ArgumentError(
      'readSafetensors',
      'bytes',
      'a Uint8Array',
      Object.prototype.toString.call(bytes),
    );
  }
  const source = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { text, start } = readText(source);
  const check = new Check(PREFIX);
  const header = check.record(check.json(text), 'tensors');
  refuseDuplicates(check, text);
  const metadata: Record<string, string> = {};
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name !== METADATA) {
      entries.push(readEntry(check, name, value));
      continue;
    }
    for (const [key, item] of Object.entries(check.record(value, METADATA))) {
      metadata[key] = check.string(item, `${METADATA}.${key}`);
    }
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== at) {
      throw new FormatError(
        start + begin,
        `'${name}' to begin at byte ${at} of the data, where the one before ends`,
        `${begin}`,
      );
    }
    at = end;
  }
  if (start + at !== source.length) {
    throw new FormatError(
      start + at,
      'the end of the data, as the header has it',
      `${source.length - start - at} more bytes`,
    );
  }
  return {
    tensors: new Map(
      entries.map(({ name, dtype, shape, begin, end }) => [
        name,
        { dtype, shape, data: elements(dtype, source.slice(start + begin, start + end)) },
      ]),
    ),
    metadata,
  };
}

function readText(source: Uint8Array): { text: string; start: number } {
  if (source.length < PREFIX) {
    throw new FormatError(
      0,
      `a safetensors file (${PREFIX} bytes of length first)`,
      `${source.length} bytes`,
    );
  }
  const view = new DataView(source.buffer, source.byteOffset);
  const length = view.getBigUint64(0, true);
  const most = Math.min(LONGEST_HEADER, source.length - PREFIX);
  if (length > BigInt(most)) throw new FormatError(0, `a header of at most ${most} bytes`, `${length}`);
  const start = PREFIX + Number(length);
  if (source[PREFIX] !== 0x7b || start === PREFIX) {
    throw new FormatError(PREFIX, "a header that begins with '{'", `byte ${source[PREFIX]}`);
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(source.subarray(PREFIX, start)), start };
  } catch {
    throw new FormatError(PREFIX, 'a header in UTF-8', 'other bytes');
  }
}

/** JSON.parse keeps the last of two equal keys in silence; this finds the first that comes again. `text` is valid JSON. */
function refuseDuplicates(check: Check, text: string): void {
  const open: Set<string>[] = [];
  let last = '';
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '"') {
      const from = i;
      for (i += 1; text[i] !== '"'; i++) if (text[i] === '\\') i += 1;
      last = text.slice(from, i + 1);
    } else if (c === '{') {
      open.push(new Set());
    } else if (c === '}') {
      open.pop();
    } else if (c === ':') {
      const key = JSON.parse(last) as string;
      const keys = open[open.length - 1];
      if (keys.has(key)) check.fail('names', 'each once', `'${key}' twice`);
      keys.add(key);
    }
  }
}

function readEntry(check: Check, name: string, value: unknown): Entry {
  check.name(name, 'name of a tensor');
  const entry = check.record(value, `'${name}'`);
  const field = (key: string): unknown => check.field(entry, key);
  const dtype = check.oneOf(field('dtype'), dtypes, `dtype of '${name}'`);
  const shape = check
    .list(field('shape'), `shape of '${name}'`)
    .map((extent) => check.whole(extent, `shape of '${name}'`, 0, Number.MAX_SAFE_INTEGER));
  if (shape.length > MOST_EXTENTS)
    check.fail(`shape of '${name}'`, `at most ${MOST_EXTENTS} extents`, shape.length);
  const offsets = check.list(field('data_offsets'), `data_offsets of '${name}'`);
  if (offsets.length !== 2) check.fail(`data_offsets of '${name}'`, 'a begin and an end', offsets);
  const [begin, end] = offsets.map((o) =>
    check.whole(o, `data_offsets of '${name}'`, 0, Number.MAX_SAFE_INTEGER),
  );
  const size = sizeOf(shape) * widths[dtype];
  if (end - begin !== size) {
    check.fail(`data_offsets of '${name}'`, `${size} bytes (${dtype}, shape [${shape}])`, `${end - begin}`);
  }
  return { name, dtype, shape, begin, end };
}

/** Elements of little-endian bytes, which are this function's own. */
function elements(dtype: SafetensorsDType, bytes: Uint8Array<ArrayBuffer>): SafetensorsData {
  toHost(bytes, widths[dtype]);
  const { buffer } = bytes;
  switch (dtype) {
    case 'F64':
      return new Float64Array(buffer);
    case 'F32':
      return new Float32Array(buffer);
    case 'F16':
      return fromFloat16(new Uint16Array(buffer));
    case 'BF16':
      return fromBfloat16(new Uint16Array(buffer));
    case 'I64':
      return new BigInt64Array(buffer);
    case 'I32':
      return new Int32Array(buffer);
    case 'I8':
      return new Int8Array(buffer);
    case 'U8':
      return bytes;
  }
}

/** A tensor to write: f32 numbers as F32 or F16, int8 as I8. */
export type WritableTensor =
  | { readonly dtype: 'F32' | 'F16'; readonly shape: Shape; readonly data: Float32Array }
  | { readonly dtype: 'I8'; readonly shape: Shape; readonly data: Int8Array };

/**
 * A safetensors file. F16 rounds to the nearest, halves to the even one. The header is padded so that data begins at a
 * multiple of eight, and tensors of wider types come first, as the reference writer has it.
 * @throws ArgumentError if a tensor's data is no array of its type or not of its shape, or a finite number leaves F16
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, WritableTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = Object.create(null);
  if (Object.keys(metadata).length > 0) header[METADATA] = metadata;
  const bodies: Uint8Array[] = [];
  let at = 0;
  const sorted = [...tensors].sort(([, a], [, b]) => widths[b.dtype] - widths[a.dtype]);
  for (const [name, tensor] of sorted) {
    if (
      name === METADATA ||
      name === '__proto__' ||
      name.length < 1 ||
      name.length > 256 ||
      /\p{Cc}/u.test(name)
    ) {
      throw new ArgumentError(
        'writeSafetensors',
        'tensors',
        'names of 1 to 256 characters, none reserved',
        name,
      );
    }
    const body = encoded(name, tensor);
    header[name] = { dtype: tensor.dtype, shape: [...tensor.shape], data_offsets: [at, at + body.length] };
    at += body.length;
    bodies.push(body);
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(text.length / 8) * 8;
  if (padded > LONGEST_HEADER) {
    throw new ArgumentError(
      'writeSafetensors',
      'tensors',
      `a header of at most ${LONGEST_HEADER} bytes`,
      padded,
    );
  }
  const prefix = new DataView(new ArrayBuffer(PREFIX));
  prefix.setBigUint64(0, BigInt(padded), true);
  const file = new ByteWriter();
  file.bytes(new Uint8Array(prefix.buffer));
  file.bytes(text);
  file.bytes(new Uint8Array(padded - text.length).fill(0x20));
  for (const body of bodies) file.bytes(body);
  return file.finish();
}

function encoded(name: string, { dtype, shape, data }: WritableTensor): Uint8Array {
  const fail = (expected: string, got: unknown): never => {
    throw new ArgumentError('writeSafetensors', `'${name}'`, expected, got);
  };
  const wanted = dtype === 'I8' ? 'Int8Array' : 'Float32Array';
  if (!ArrayBuffer.isView(data) || data[Symbol.toStringTag] !== wanted) fail(`a ${wanted}`, data);
  if (data.length !== sizeOf(shape)) fail(`${sizeOf(shape)} elements (shape [${shape}])`, data.length);
  let raw: Float32Array | Int8Array | Uint16Array = data;
  if (dtype === 'F16') {
    const halves = toFloat16(data);
    const lost = halves.findIndex((h, i) => (h & 0x7fff) === 0x7c00 && Number.isFinite(data[i]));
    if (lost >= 0) fail('numbers within F16 (65504 at most)', data[lost]);
    raw = halves;
  }
  return littleEndian(raw);
}
