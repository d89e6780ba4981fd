/**
 * The .paring file: data only. Magic, version, checksum, header, activation scales, tensors; docs/format.md says it byte
 * by byte. What is read is checked before anything is allocated by its word: a truncated, altered or lying file gives a
 * FormatError with the offset, or a GraphError if it is well-formed and describes no model.
 */
import type { Decoders } from '../backend/backend.ts';
import { ArgumentError, FormatError, GraphError } from '../core/errors.ts';
import { MOST_ELEMENTS, sizeOf } from '../core/shape.ts';
import type { ActivationQuantization, Graph, Param } from '../graph/graph.ts';
import { inferShapes } from '../graph/infer.ts';
import { assertFinite } from '../graph/weights.ts';
import { ByteReader, ByteWriter, crc32 } from './bytes.ts';
import { Check } from './check.ts';
import { javascriptDecoders } from './decoders.ts';
import { headerText, paramsInOrder, readHeader } from './header.ts';
import { readTensor, type TensorCoding, writeTensor } from './tensor.ts';
import { readText, writeText } from './text.ts';

const MAGIC = [0x89, 0x50, 0x52, 0x47]; // one byte that is no text, then PRG
const FORMAT_VERSION = 1;
/** Magic, version, checksum. */
const PREFIX = 9;

export interface EncodeOptions {
  /** f32 tensors as they are, four bytes a number: what a model weighs before anything is done to it. Default false. */
  plain?: boolean;
}

/**
 * The graph as a file. Each tensor takes the smallest exact form of what it is; `decode` gives the graph back bit for
 * bit, but for three things: parameters no node uses are left out, codebook indices of pruned weights come back as 0, and
 * values of int8 parameters without a codebook come back as q * scale.
 * @throws GraphError if the graph is not a model, a weight is not finite, or it holds what the format cannot say
 */
export function encode(graph: Graph, { plain = false }: EncodeOptions = {}): Uint8Array {
  inferShapes(graph, 1);
  assertFinite(graph);
  const text = headerText(graph);
  try {
    readHeader(new Check(0), text);
  } catch (error) {
    throw new GraphError(graph.name, `cannot be stored: ${(error as Error).message}`);
  }
  const body = new ByteWriter();
  writeText(body, text);
  writeActivations(body, graph);
  for (const param of paramsInOrder(graph)) writeTensor(body, param, plain);

  const file = new ByteWriter();
  for (const byte of [...MAGIC, FORMAT_VERSION]) file.u8(byte);
  const rest = body.finish();
  const checksum = crc32(file.finish(), rest);
  for (let shift = 0; shift < 32; shift += 8) file.u8((checksum >>> shift) & 255);
  file.bytes(rest);
  return file.finish();
}

/**
 * The graph in a file.
 * @throws ArgumentError if `bytes` is no Uint8Array; FormatError if the bytes are not a whole, unaltered file of this format; GraphError if what it describes is not
 *   a model
 */
export function decode(bytes: Uint8Array): Graph {
  return read(bytes, javascriptDecoders).graph;
}

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

/** What a file spends its bytes on. Throws as `decode` does. */
export function inspect(bytes: Uint8Array): FileInfo {
  return read(bytes, javascriptDecoders).info;
}

function read(bytes: Uint8Array, decoders: Decoders): { graph: Graph; info: FileInfo } {
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

/**
 * 0 for none. Else 1 (scales are f32) or 2 (f64), a bit for each value of the graph (inputs, then nodes; first bit
 * highest) that says whether it is listed, and for each that is: the scale, little endian, and the zero point as int8.
 */
function writeActivations(writer: ByteWriter, graph: Graph): void {
  const { activations } = graph;
  if (!activations) {
    writer.u8(0);
    return;
  }
  const names = [...graph.inputs, ...graph.nodes].map(({ name }) => name);
  const known = new Set(names);
  for (const [name, { scale, zeroPoint }] of activations) {
    if (!known.has(name)) throw new GraphError(name, 'has an activation scale, but nothing makes it');
    if (!isScale(scale) || !Number.isInteger(zeroPoint) || zeroPoint < -128 || zeroPoint > 127) {
      throw new GraphError(name, `activation scale ${scale}, zero point ${zeroPoint} cannot be stored`);
    }
  }
  const single = [...activations.values()].every(({ scale }) => Math.fround(scale) === scale);
  writer.u8(single ? 1 : 2);
  const listed = new Uint8Array(Math.ceil(names.length / 8));
  const items: Uint8Array[] = [];
  names.forEach((name, i) => {
    const quant = activations.get(name);
    if (!quant) return;
    listed[i >> 3] |= 128 >> (i & 7);
    const item = new DataView(new ArrayBuffer(single ? 5 : 9));
    if (single) item.setFloat32(0, quant.scale, true);
    else item.setFloat64(0, quant.scale, true);
    item.setInt8(single ? 4 : 8, quant.zeroPoint);
    items.push(new Uint8Array(item.buffer));
  });
  writer.bytes(listed);
  for (const item of items) writer.bytes(item);
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
function isScale(scale: number): boolean {
  const single = Math.fround(scale);
  return single > 0 && Number.isFinite(single) && Number.isFinite(Math.fround(1 / single));
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
