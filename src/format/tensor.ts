/**
 * One parameter: what compression has decided about it, and its numbers in the form that follows from that. Exact: a
 * mask, a codebook, scales and f32 values come back bit for bit. Of an int8 parameter without a codebook the codes are
 * kept, so its values come back as q * scale: what the integer plan computes with.
 */
import { FormatError, GraphError } from '../core/errors.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import type { Param } from '../graph/graph.ts';
import { dequantizedValues, firstNotFinite, quantizedCodes } from '../graph/weights.ts';
import { type ByteReader, ByteWriter } from './bytes.ts';
import { readFloats, writeFloats } from './floats.ts';
import { readPositions, writePositions } from './positions.ts';
import { readSymbols, writeSymbols } from './symbols.ts';

const KINDS = ['f32', 'codebook', 'int8'] as const;
/** Flags above the kind's two bits. */
const SPARSE = 4; // only the elements at coded positions are stored, the others are 0
const MASKED = 8; // those positions are the parameter's mask
const SCALED = 16; // int8 scales follow (always with int8; with a codebook if it is quantized as well)

/** @throws GraphError if the values break what mask or codebook promise */
export function writeTensor(writer: ByteWriter, param: Param, plain: boolean): void {
  checkPromises(param);
  const candidates: Uint8Array[] = [];
  // The index of a shared zero is part of its codebook: only a mask may leave it out.
  for (const sparse of param.mask ? [true] : param.codebook || plain ? [false] : [false, true]) {
    const trial = new ByteWriter();
    writeAs(trial, param, sparse, plain);
    candidates.push(trial.finish());
  }
  writer.bytes(candidates.reduce((best, bytes) => (bytes.length < best.length ? bytes : best)));
}

function writeAs(writer: ByteWriter, param: Param, sparse: boolean, plain: boolean): void {
  const { codebook, quant, mask, values } = param;
  const codes = quant && !codebook ? quantizedCodes(param) : undefined;
  const kind = codebook ? 1 : codes ? 2 : 0;
  writer.u8(kind | (sparse ? SPARSE : 0) | (mask ? MASKED : 0) | (quant ? SCALED : 0));
  if (quant) writeFloats(writer, quant.scale);
  // Without a mask every element that is not +0 (the code 0) is kept.
  const bits = new Uint32Array(values.slice().buffer);
  const present = mask ?? Uint8Array.from(values, (_, i) => ((codes ? codes[i] : bits[i]) === 0 ? 0 : 1));
  if (sparse) writePositions(writer, present, values.length / (param.shape[0] ?? 1));
  /** The elements that are stored. */
  const pick = <T extends Float32Array | Uint8Array | Int8Array>(all: T, stored: T): T => {
    for (let i = 0, at = 0; i < all.length; i++) if (!sparse || present[i] === 1) stored[at++] = all[i];
    return stored;
  };
  const count = sparse ? present.reduce((sum, bit) => sum + bit, 0) : values.length;
  if (codebook) {
    writer.u8(codebook.centroids.length - 1);
    writeFloats(writer, codebook.centroids);
    writeSymbols(writer, pick(codebook.indices, new Uint8Array(count)), codebook.centroids.length);
  } else if (codes) {
    const symbols = new Uint8Array(pick(codes, new Int8Array(count)).buffer);
    for (let i = 0; i < count; i++) symbols[i] ^= 128; // q + 128
    writeSymbols(writer, symbols, 256);
  } else {
    writeFloats(writer, pick(values, new Float32Array(count)), plain);
  }
}

/** What a file says about one tensor's storage. */
export interface TensorCoding {
  kind: (typeof KINDS)[number];
  /** The methods used, in words: `positions rows-columns, range`. */
  coding: string;
}

/** @throws FormatError with the offset of what is wrong */
export function readTensor(
  reader: ByteReader,
  name: string,
  shape: Shape,
  trainable: boolean,
): { param: Param; coding: TensorCoding } {
  const start = reader.at;
  const flags = reader.u8(`flags of '${name}'`);
  const kind = KINDS[flags & 3];
  const sparse = (flags & SPARSE) !== 0;
  const masked = (flags & MASKED) !== 0;
  const scaled = (flags & SCALED) !== 0;
  const known = kind !== undefined && flags < 32 && (sparse || !masked);
  if (!known || (kind === 'int8' && !scaled) || (kind === 'f32' && scaled)) {
    throw new FormatError(start, `flags of '${name}' that go together`, `${flags}`);
  }
  const size = sizeOf(shape);
  const rows = shape[0] ?? 1;
  const scale = scaled ? readScales(reader, rows, name) : undefined;
  const words: string[] = [];

  const positions = sparse ? readPositions(reader, size, size / rows) : undefined;
  if (positions) words.push(`positions ${positions.method}`);
  const kept = positions?.kept ?? size;
  /** Spreads what is stored over the tensor. */
  const spread = <T extends Float32Array | Uint8Array | Int8Array>(dense: T, stored: T): T => {
    if (!positions) return stored;
    for (let i = 0, at = 0; i < size; i++) if (positions.mask[i]) dense[i] = stored[at++];
    return dense;
  };
  const param: Param = { name, shape, trainable, values: new Float32Array(0) };
  if (masked && positions) param.mask = positions.mask;
  if (scale) param.quant = { scale };

  if (kind === 'f32') {
    const { values, planes } = readFloats(reader, kept, `'${name}'`);
    words.push(planes ? 'byte planes' : 'raw');
    param.values = spread(positions ? new Float32Array(size) : values, values);
  } else if (kind === 'codebook') {
    const k = reader.u8(`centroids of '${name}'`) + 1;
    const centroids = readFloats(reader, k, `centroids of '${name}'`).values;
    const { symbols, method } = readSymbols(reader, kept, k);
    words.push(`${k} centroids`, method);
    const indices = spread(positions ? new Uint8Array(size) : symbols, symbols);
    param.codebook = { centroids, indices };
    const values = new Float32Array(size);
    for (let i = 0; i < size; i++) if (!positions || positions.mask[i]) values[i] = centroids[indices[i]];
    param.values = values;
  } else {
    const { symbols, method } = readSymbols(reader, kept, 256);
    words.push(method);
    const stored = new Int8Array(kept);
    for (let i = 0; i < kept; i++) {
      if (symbols[i] === 0) throw new FormatError(start, `codes of '${name}' within +-127`, '-128');
      stored[i] = symbols[i] - 128;
    }
    const codes = spread(positions ? new Int8Array(size) : stored, stored);
    param.values = dequantizedValues(codes, scale as Float32Array);
  }
  return { param, coding: { kind, coding: words.join(', ') } };
}

function readScales(reader: ByteReader, rows: number, name: string): Float32Array {
  const start = reader.at;
  const { values } = readFloats(reader, rows, `scales of '${name}'`);
  const wrong = values.find((s) => !(s > 0 && Number.isFinite(s) && Number.isFinite(Math.fround(1 / s))));
  if (wrong !== undefined) {
    throw new FormatError(start, `scales of '${name}' that are positive and finite`, `${wrong}`);
  }
  return values;
}

/** A file cannot say what breaks its own rules; better to hear it when writing. */
function checkPromises({ name, values, mask, codebook }: Param): void {
  if (mask?.some((bit, i) => bit > 1 || (bit === 0 && values[i] !== 0))) {
    throw new GraphError(name, 'a value that the mask prunes is not 0');
  }
  if (!codebook) return;
  const { centroids, indices } = codebook;
  if (centroids.length < 1 || centroids.length > 256 || indices.length !== values.length) {
    throw new GraphError(name, `a codebook of ${centroids.length} centroids and ${indices.length} indices`);
  }
  const bad = firstNotFinite(centroids);
  if (bad >= 0) throw new GraphError(name, `centroid ${bad} is ${centroids[bad]}: weights must be finite`);
  for (let i = 0; i < values.length; i++) {
    const pruned = mask !== undefined && mask[i] === 0;
    if (!pruned && !Object.is(values[i], centroids[indices[i]])) {
      throw new GraphError(name, `value ${i} is ${values[i]}, its centroid ${centroids[indices[i]]}`);
    }
  }
}
