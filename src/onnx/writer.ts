/**
 * Protocol buffers, the writing half: an object of src/onnx/proto.ts as bytes. A message is its fields one after another; a
 * field is a varint of its number and wire type, then a varint, four or eight bytes, or a length and as many bytes.
 *
 * Wire format: https://protobuf.dev/programming-guides/encoding.
 */
import { ArgumentError } from '../core/errors.ts';
import { ByteWriter } from '../format/bytes.ts';
import { type Field, type FieldKind, type MessageName, messages, type OnnxModel } from './proto.ts';

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

/** How a single value of each kind lies on the wire. */
const wireTypes: Readonly<Record<FieldKind, number>> = {
  int: VARINT,
  float: FIXED32,
  double: FIXED64,
  string: DELIMITED,
  bytes: DELIMITED,
  message: DELIMITED,
};

/**
 * The bytes of a model. Fields come in the order of `messages`, numbers of an array packed, so equal models are equal bytes.
 * @throws ArgumentError if a field has a value that is not of its kind
 */
export function writeModel(model: OnnxModel): Uint8Array {
  return writeMessage('Model', model);
}

/** As `writeModel`, for a message of any kind. */
export function writeMessage(name: MessageName, value: object): Uint8Array {
  const writer = new ByteWriter();
  const given = value as Readonly<Record<string, unknown>>;
  for (const [key, field] of Object.entries(messages[name])) {
    const item = given[key];
    if (item !== undefined) writeField(writer, `${name}.${key}`, field, item);
  }
  return writer.finish();
}

function writeField(writer: ByteWriter, path: string, field: Field, value: unknown): void {
  const wire = wireTypes[field.kind];
  const tag = (type: number): void => writer.varint(field.id * 8 + type);
  if (!field.many) {
    tag(wire);
    writeValue(writer, path, field, value);
    return;
  }
  if (!Array.isArray(value)) throw new ArgumentError('writeModel', path, 'a list', value);
  if (value.length === 0) return;
  if (wire === DELIMITED) {
    for (const item of value) {
      tag(wire);
      writeValue(writer, path, field, item);
    }
    return;
  }
  const packed = new ByteWriter();
  for (const item of value) writeValue(packed, path, field, item);
  tag(DELIMITED);
  writer.block(packed.finish());
}

function writeValue(writer: ByteWriter, path: string, { kind, of }: Field, value: unknown): void {
  const fail = (expected: string): never => {
    throw new ArgumentError('writeModel', path, expected, value);
  };
  switch (kind) {
    case 'int':
      if (!Number.isSafeInteger(value)) fail('a whole number');
      writeInt(writer, value as number);
      return;
    case 'float':
    case 'double': {
      if (typeof value !== 'number') fail('a number');
      const view = new DataView(new ArrayBuffer(kind === 'float' ? 4 : 8));
      if (kind === 'float') view.setFloat32(0, value as number, true);
      else view.setFloat64(0, value as number, true);
      writer.bytes(new Uint8Array(view.buffer));
      return;
    }
    case 'string':
      if (typeof value !== 'string') fail('a text');
      writer.block(new TextEncoder().encode(value as string));
      return;
    case 'bytes':
      if (!(value instanceof Uint8Array)) fail('bytes');
      writer.block(value as Uint8Array);
      return;
    case 'message':
      writer.block(writeMessage(of as MessageName, value as object));
  }
}

/** Two's complement of 64 bits: ten bytes if negative. */
function writeInt(writer: ByteWriter, value: number): void {
  if (value >= 0) {
    writer.varint(value);
    return;
  }
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 128n; rest >>= 7n) writer.u8(Number(rest & 127n) | 128);
  writer.u8(Number(rest));
}
