/**
 * Reading a .paring file by decoders that are handed in: kernels, or those in JavaScript. What is read is checked before
 * anything is allocated by its word: a truncated, altered or lying file gives a FormatError with the offset, or a
 * GraphError if it is well-formed and describes no model.
 */
import type { Decoders } from '../backend/backend.ts';
import { ArgumentError, FormatError, GraphError } from '../core/errors.ts';
import { MOST_ELEMENTS, sizeOf } from '../core/shape.ts';
import type { ActivationQuantization, Graph, Param } from '../graph/graph.ts';
import { inferShapes } from '../graph/infer.ts';
import { assertFinite } from '../graph/weights.ts';
import { ByteReader } from './bytes.ts';
import { Check } from './check.ts';
import { readHeader } from './header.ts';
import { readTensor, type TensorCoding } from './tensor.ts';
import { readText } from './text.ts';

export const MAGIC = [0x89, 0x50, 0x52, 0x47]; // one byte that is no text, then PRG
export const FORMAT_VERSION = 1;
/** Magic, version, checksum. */
const PREFIX = 9;

/** The same by a backend's own decoders (`Backend.decoders`): kernels read sooner in a fresh process. */
export function decodeWith(bytes: Uint8Array, decoders: Decoders): Graph {
  return read(bytes, decoders).graph;
}

/** Where the bytes of one tensor went. */
export interface TensorInfo extends TensorCoding {
  name: string;
  shape: readonly number[];
  bytes: number;
  /** Bits of the file for each element. */
  bitsPerWeight: number;
}

export interface FileInfo {
  bytes: number;
  /** Of magic, version, checksum, structure and lineage. */
  headerBytes: number;
  /** Of activation scales and zero points. */
  activationBytes: number;
  tensors: TensorInfo[];
}

/** The graph, and what each of its parts takes. Throws as `decode` does. */
export function read(bytes: Uint8Array, decoders: Decoders): { graph: Graph; info: FileInfo } {
  if (!ArrayBuffer.isView(bytes) || bytes.BYTES_PER_ELEMENT !== 1) {
    throw new ArgumentError('decode', 'bytes', 'a Uint8Array', Object.prototype.toString.call(bytes));
  }
  const reader = new ByteReader(bytes, 0, bytes.length, decoders);
  const magic = reader.bytes(4, 'the magic number');
  if (!MAGIC.every((byte, i) => magic[i] === byte)) {
    throw new FormatError(0, 'a .paring file (89 50 52 47)', hex(magic));
  }
  const version = reader.u8('the format version');
  if (version > FORMAT_VERSION) {
    const newer = `one written by a newer paring: format version ${version}, this reads up to ${FORMAT_VERSION}; update paring`;
    throw new FormatError(4, 'a file of this version', newer);
  }
  if (version !== FORMAT_VERSION) throw new FormatError(4, `format version ${FORMAT_VERSION}`, `${version}`);
  const stored = reader.bytes(4, 'the checksum');
  const checksum = decoders.crc32(bytes.subarray(0, 5), bytes.subarray(PREFIX));
  if (!stored.every((byte, i) => byte === ((checksum >>> (8 * i)) & 255))) {
    throw new FormatError(5, `checksum ${checksum.toString(16)} of the bytes here`, hex(stored));
  }

  const { graph: bare, params: specs } = readHeader(new Check(PREFIX), readText(reader));
  const headerBytes = reader.at;
  const names = [...bare.inputs, ...bare.nodes].map(({ name }) => name);
  const activations = readActivations(reader, names);
  const activationBytes = reader.at - headerBytes;

  const params = new Map<string, Param>();
  const tensors: TensorInfo[] = [];
  for (const { name, shape, trainable } of specs) {
    const start = reader.at;
    const { param, coding } = readTensor(reader, name, shape, trainable);
    params.set(name, param);
    const length = reader.at - start;
    tensors.push({ name, shape, ...coding, bytes: length, bitsPerWeight: (8 * length) / sizeOf(shape) });
  }
  reader.finished('the file');
  const graph: Graph = { ...bare, params, ...(activations ? { activations } : {}) };
  assertFinite(graph);
  for (const [name, shape] of inferShapes(graph, 1)) {
    if (!(sizeOf(shape) <= MOST_ELEMENTS)) {
      throw new GraphError(name, `a value of more than ${MOST_ELEMENTS} elements`);
    }
  }
  return { graph, info: { bytes: bytes.length, headerBytes, activationBytes, tensors } };
}

function readActivations(
  reader: ByteReader,
  names: readonly string[],
): Map<string, ActivationQuantization> | undefined {
  const start = reader.at;
  const form = reader.u8('form of the activation scales');
  if (form > 2) throw new FormatError(start, 'a form of activation scales of 0, 1 or 2', `${form}`);
  if (form === 0) return undefined;
  const listed = reader.bytes(Math.ceil(names.length / 8), 'listed values');
  const activations = new Map<string, ActivationQuantization>();
  for (let i = 0; i < 8 * listed.length; i++) {
    if (!(listed[i >> 3] & (128 >> (i & 7)))) continue;
    if (i >= names.length) throw new FormatError(start, `${names.length} values`, `value ${i}`);
    const at = reader.at;
    const size = form === 1 ? 4 : 8;
    const item = reader.bytes(size + 1, `scale of '${names[i]}'`);
    const view = new DataView(item.buffer, item.byteOffset, item.length);
    const scale = form === 1 ? view.getFloat32(0, true) : view.getFloat64(0, true);
    if (!isScale(scale))
      throw new FormatError(at, `a scale of '${names[i]}' that is positive and finite`, `${scale}`);
    activations.set(names[i], { scale, zeroPoint: view.getInt8(size) });
  }
  return activations;
}

/** As f32 it must be positive and finite, and so must its reciprocal. */
export function isScale(scale: number): boolean {
  const single = Math.fround(scale);
  return single > 0 && Number.isFinite(single) && Number.isFinite(Math.fround(1 / single));
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
