/**
 * Protocol buffers, the reading half: bytes as objects of src/onnx/proto.ts. Our own, since what ONNX needs of the format is
 * this one page, where the maintained libraries are 20 to 200 kB, generate code or evaluate it, and bound neither nesting nor
 * numbers of messages: a file from elsewhere may say anything.
 *
 * A message is fields one after another; a field is a varint of its number and wire type, then a varint, four or eight bytes,
 * or a length and as many bytes. Unknown fields are skipped. Wire format: https://protobuf.dev/programming-guides/encoding.
 */
import { FormatError } from '../core/errors.ts';
import {
  type Field,
  type FieldKind,
  type MessageName,
  messages,
  type OnnxModel,
  type OnnxTensor,
} from './proto.ts';

/** Deepest nesting of messages; a CNN's goes to 7. */
const DEEPEST = 16;
/** Most messages in a file: 50 times what the largest CNNs have, and few enough for memory. */
const MOST_MESSAGES = 1 << 20;

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

const wireTypes: Readonly<Record<FieldKind, number>> = {
  int: VARINT,
  float: FIXED32,
  double: FIXED64,
  string: DELIMITED,
  bytes: DELIMITED,
  message: DELIMITED,
};

/** Fields of each message by their number. */
const byNumber = new Map(
  Object.entries(messages).map(([name, fields]) => [
    name,
    new Map(Object.entries(fields).map(([key, field]) => [field.id, { key, field }])),
  ]),
);

/**
 * The model in a file. Byte arrays are views of `bytes`.
 * @throws FormatError, with the offset, for bytes that are not one
 */
export function readModel(bytes: Uint8Array): OnnxModel {
  return new Reader(bytes).message('Model', bytes.length, 0) as OnnxModel;
}

/**
 * A tensor that stands alone in a file, as the ONNX project keeps test data.
 * @throws FormatError, with the offset, for bytes that are not one
 */
export function readTensor(bytes: Uint8Array): OnnxTensor {
  return new Reader(bytes).message('Tensor', bytes.length, 0) as OnnxTensor;
}

class Reader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly text = new TextDecoder('utf-8', { fatal: true });
  private at = 0;
  private count = 0;
  /** The two halves of the last varint. */
  private low = 0;
  private high = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  message(name: MessageName, end: number, depth: number): Record<string, unknown> {
    this.count += 1;
    if (depth > DEEPEST)
      throw new FormatError(this.at, `messages nested at most ${DEEPEST} deep`, `${depth}`);
    if (this.count > MOST_MESSAGES) {
      throw new FormatError(this.at, `at most ${MOST_MESSAGES} messages`, `${this.count}`);
    }
    const fields = byNumber.get(name) as Map<number, { key: string; field: Field }>;
    const result: Record<string, unknown> = {};
    while (this.at < end) {
      const from = this.at;
      this.varint(end);
      const wire = this.low & 7;
      const id = this.high * 2 ** 29 + (this.low >>> 3);
      if (id === 0 || this.high > 0) throw new FormatError(from, 'a field number in [1, 2^29)', `${id}`);
      const known = fields.get(id);
      if (known) this.field(result, `${name}.${known.key}`, known.key, known.field, wire, end, depth);
      else this.skip(wire, end);
    }
    return result;
  }

  private field(
    result: Record<string, unknown>,
    what: string,
    key: string,
    field: Field,
    wire: number,
    end: number,
    depth: number,
  ): void {
    const wanted = wireTypes[field.kind];
    const packed = field.many && wire === DELIMITED && wanted !== DELIMITED;
    if (wire !== wanted && !packed) {
      throw new FormatError(this.at, `wire type ${wanted} for ${what}`, `wire type ${wire}`);
    }
    if (!field.many) {
      result[key] = this.value(field, end, depth);
      return;
    }
    if (!Object.hasOwn(result, key)) result[key] = [];
    const list = result[key] as unknown[];
    if (!packed) {
      list.push(this.value(field, end, depth));
      return;
    }
    const stop = this.length(end);
    while (this.at < stop) list.push(this.value(field, stop, depth));
  }

  private value(field: Field, end: number, depth: number): unknown {
    switch (field.kind) {
      case 'int':
        this.varint(end);
        return (this.high | 0) * 2 ** 32 + this.low;
      case 'float':
        return this.view.getFloat32(this.fixed(4, end), true);
      case 'double':
        return this.view.getFloat64(this.fixed(8, end), true);
      case 'message': {
        const stop = this.length(end);
        return this.message(field.of as MessageName, stop, depth + 1);
      }
      default: {
        const stop = this.length(end);
        const bytes = this.bytes.subarray(this.at, stop);
        const from = this.at;
        this.at = stop;
        if (field.kind === 'bytes') return bytes;
        try {
          return this.text.decode(bytes);
        } catch {
          throw new FormatError(from, 'text in UTF-8', `${bytes.length} bytes that are not`);
        }
      }
    }
  }

  private skip(wire: number, end: number): void {
    if (wire === VARINT) this.varint(end);
    else if (wire === FIXED64) this.fixed(8, end);
    else if (wire === DELIMITED) this.at = this.length(end);
    else if (wire === FIXED32) this.fixed(4, end);
    else throw new FormatError(this.at, 'wire type 0, 1, 2 or 5', `${wire}`);
  }

  /** Reads up to 64 bits into `low` and `high`, both below 2^32. */
  private varint(end: number): void {
    let low = 0;
    let high = 0;
    const from = this.at;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= end) throw new FormatError(this.at, 'more of a varint', 'the end of its message');
      const byte = this.bytes[this.at++];
      const bits = byte & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else if (bits > 1) break;
      else high |= bits << 31;
      if (byte < 128) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        return;
      }
    }
    throw new FormatError(from, 'a varint of at most 64 bits', 'a longer one');
  }

  /** Where the bytes that a length announces end. */
  private length(end: number): number {
    const from = this.at;
    this.varint(end);
    const length = this.high * 2 ** 32 + this.low;
    if (length > end - this.at) {
      throw new FormatError(from, `a length of at most ${end - this.at}`, `${length}`);
    }
    return this.at + length;
  }

  private fixed(count: number, end: number): number {
    if (end - this.at < count) throw new FormatError(this.at, `${count} bytes`, `${end - this.at}`);
    this.at += count;
    return this.at - count;
  }
}
