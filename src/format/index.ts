/**
 * The .paring file: data only. Magic, version, checksum, header, activation scales, tensors; docs/format.md says it byte
 * by byte. What is read is checked before anything is allocated by its word: a truncated, altered or lying file gives a
 * FormatError with the offset, or a GraphError if it is well-formed and describes no model.
 */
import { GraphError } from '../core/errors.ts';
import type { Graph } from '../graph/graph.ts';
import { inferShapes } from '../graph/infer.ts';
import { assertFinite } from '../graph/weights.ts';
import { ByteWriter, crc32 } from './bytes.ts';
import { Check } from './check.ts';
import { javascriptDecoders } from './decoders.ts';
import { headerText, paramsInOrder, readHeader } from './header.ts';
import { type FileInfo, FORMAT_VERSION, isScale, MAGIC, read } from './read.ts';
import { writeTensor } from './tensor.ts';
import { writeText } from './text.ts';

export { decodeWith, type FileInfo, type TensorInfo } from './read.ts';

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

/** What a file spends its bytes on. Throws as `decode` does. */
export function inspect(bytes: Uint8Array): FileInfo {
  return read(bytes, javascriptDecoders).info;
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
