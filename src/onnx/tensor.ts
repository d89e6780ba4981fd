/** Constant tensors: what initializers hold and what folding computes, whatever their element type. */
import { FormatError } from '../core/errors.ts';
import { formatShape, MOST_ELEMENTS, type Shape, sizeOf } from '../core/shape.ts';
import { type ElementType, elementTypes, type OnnxTensor } from './proto.ts';

export type Numbers = Float32Array | Float64Array;

/** A tensor whose elements are known. */
export interface Constant {
  readonly type: ElementType;
  /** Extents may be 0. */
  readonly shape: Shape;
  /**
   * In f32 where every value of the type is one, else in f64: an integer beyond 2^53 is the nearest one to it. A bool is 0
   * or 1. Empty for texts.
   */
  readonly data: Numbers;
  /** The elements of a tensor of texts. */
  readonly text?: readonly string[];
  /** Of dequantized codes: the steps, one for all or one for each position of `axis`, where the code of 0 is 0. */
  readonly steps?: { readonly scale: Numbers; readonly axis: number };
}

const typeNames = new Map<number, ElementType>(
  Object.entries(elementTypes).map(([name, id]) => [id, name as ElementType]),
);

/** Types whose every value is an f32. */
const single: readonly ElementType[] = [
  'float',
  'float16',
  'bfloat16',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'bool',
  'string',
];

/** Bytes of an element in raw data. */
const widths: Readonly<Record<Exclude<ElementType, 'string'>, number>> = {
  float: 4,
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
  double: 8,
  uint32: 4,
  uint64: 8,
  bfloat16: 2,
};

export function isFloat(type: ElementType): boolean {
  return type === 'float' || type === 'float16' || type === 'double' || type === 'bfloat16';
}

export function elementType(id: number | undefined, what: string): ElementType {
  const type = typeNames.get(id ?? 0);
  if (!type) throw new FormatError(0, `${what}: an element type that tensors of a CNN have`, `${id ?? 0}`);
  return type;
}

/** Zeros. */
export function numbersFor(type: ElementType, size: number): Numbers {
  return single.includes(type) ? new Float32Array(size) : new Float64Array(size);
}

/** A constant of these numbers, each rounded or wrapped to the type. */
export function constant(type: ElementType, shape: Shape, values: ArrayLike<number>): Constant {
  const data = numbersFor(type, values.length);
  for (let i = 0; i < values.length; i++) data[i] = held(type, values[i]);
  return { type, shape, data };
}

/** What a type holds of a number: rounded for floats, towards 0 and wrapped for integers. */
function held(type: ElementType, value: number): number {
  const whole = Math.trunc(value);
  switch (type) {
    case 'int8':
      return (whole << 24) >> 24;
    case 'uint8':
      return whole & 255;
    case 'int16':
      return (whole << 16) >> 16;
    case 'uint16':
      return whole & 65535;
    case 'int32':
      return whole | 0;
    case 'uint32':
      return whole >>> 0;
    case 'int64':
    case 'uint64':
      return whole;
    case 'bool':
      return value === 0 ? 0 : 1;
    case 'float16':
      return toHalf(value);
    case 'bfloat16':
      return toBrain(value);
    default:
      return value;
  }
}

/** The nearest float16, halves to the even one; beyond its range, infinity. */
function toHalf(value: number): number {
  const size = Math.abs(value);
  if (!(size < Infinity) || size === 0) return value;
  // 11 significant bits, and no step below 2^-24.
  const step = 2 ** Math.max(Math.floor(Math.log2(size)) - 10, -24);
  const scaled = size / step;
  const floor = Math.floor(scaled);
  const up = scaled - floor > 0.5 || (scaled - floor === 0.5 && floor % 2 === 1);
  const rounded = (floor + (up ? 1 : 0)) * step;
  return Math.sign(value) * (rounded > 65504 ? Infinity : rounded);
}

/** The nearest bfloat16, halves to the even one. */
function toBrain(value: number): number {
  const f32 = Float32Array.of(value);
  const bits = new Uint32Array(f32.buffer);
  if (Number.isNaN(value)) return value;
  bits[0] = (bits[0] + 0x7fff + ((bits[0] >>> 16) & 1)) & 0xffff0000;
  return f32[0];
}

function fromHalf(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const sign = bits & 32768 ? -1 : 1;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function fromBrain(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0];
}

/**
 * The tensor of a file.
 * @throws FormatError if its data is elsewhere, is of another length than its shape, or it is larger than any parameter may be
 */
export function constantOf(tensor: OnnxTensor, name = tensor.name ?? ''): Constant {
  const what = `tensor '${name}'`;
  if (tensor.dataLocation === 1 || tensor.externalData?.length) {
    throw new FormatError(0, `${what}: data in the file itself`, 'data in another file, which is not read');
  }
  const type = elementType(tensor.dataType, what);
  const shape = tensor.dims ?? [];
  if (
    !shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0) ||
    sizeOf(shape) > MOST_ELEMENTS
  ) {
    throw new FormatError(0, `${what}: extents of at most ${MOST_ELEMENTS} elements`, `[${shape}]`);
  }
  const size = sizeOf(shape);
  if (type === 'string') {
    const text = (tensor.stringData ?? []).map((bytes) => new TextDecoder().decode(bytes));
    if (text.length !== size) wrongLength(what, shape, text.length);
    return { type, shape, data: new Float32Array(0), text };
  }
  if (tensor.rawData !== undefined)
    return { type, shape, data: rawNumbers(type, tensor.rawData, size, what, shape) };
  const typed = typedData(type, tensor);
  if (typed.length !== size) wrongLength(what, shape, typed.length);
  const data = numbersFor(type, size);
  const decode = type === 'float16' ? fromHalf : type === 'bfloat16' ? fromBrain : undefined;
  for (let i = 0; i < size; i++) data[i] = decode ? decode(typed[i]) : typed[i];
  return { type, shape, data };
}

function wrongLength(what: string, shape: Shape, got: number): never {
  throw new FormatError(0, `${what}: as many elements as ${formatShape(shape)} has`, `${got}`);
}

function typedData(type: ElementType, tensor: OnnxTensor): readonly number[] {
  if (type === 'float') return tensor.floatData ?? [];
  if (type === 'double') return tensor.doubleData ?? [];
  if (type === 'int64') return tensor.int64Data ?? [];
  if (type === 'uint32' || type === 'uint64') {
    return (tensor.uint64Data ?? []).map((value) => (value < 0 ? value + 2 ** 64 : value));
  }
  return tensor.int32Data ?? [];
}

function rawNumbers(
  type: Exclude<ElementType, 'string'>,
  raw: Uint8Array,
  size: number,
  what: string,
  shape: Shape,
): Numbers {
  const width = widths[type];
  if (raw.length !== size * width) wrongLength(what, shape, raw.length / width);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const data = numbersFor(type, size);
  const readers: Record<Exclude<ElementType, 'string'>, (at: number) => number> = {
    float: (at) => view.getFloat32(at, true),
    double: (at) => view.getFloat64(at, true),
    float16: (at) => fromHalf(view.getUint16(at, true)),
    bfloat16: (at) => fromBrain(view.getUint16(at, true)),
    int8: (at) => view.getInt8(at),
    uint8: (at) => view.getUint8(at),
    bool: (at) => (view.getUint8(at) === 0 ? 0 : 1),
    int16: (at) => view.getInt16(at, true),
    uint16: (at) => view.getUint16(at, true),
    int32: (at) => view.getInt32(at, true),
    uint32: (at) => view.getUint32(at, true),
    int64: (at) => Number(view.getBigInt64(at, true)),
    uint64: (at) => Number(view.getBigUint64(at, true)),
  };
  const read = readers[type];
  for (let i = 0; i < size; i++) data[i] = read(i * width);
  return data;
}
