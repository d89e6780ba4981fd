/**
 * The wire schema of ONNX: field numbers and kinds of the messages that a CNN model uses, as plain data that the reader and
 * the writer share. From onnx/onnx.proto3 of the ONNX project (IR versions 3 to 10), without functions, training information,
 * sequences and maps. What is not listed is skipped when read, as protobuf asks.
 */

/**
 * How a field lies on the wire. `int`: a varint, two's complement int64 or enum, held as a number (the nearest one beyond
 * 2^53). `float`, `double`: 4 or 8 bytes, little endian. `string`: UTF-8. `bytes`: as they are. `message`: nested.
 */
export type FieldKind = 'int' | 'float' | 'double' | 'string' | 'bytes' | 'message';

export interface Field {
  readonly id: number;
  readonly kind: FieldKind;
  /** Of kind `message`: which one. */
  readonly of?: MessageName;
  /** An array. Numbers may come packed or one by one, and are written packed. */
  readonly many?: true;
}

export type MessageName =
  | 'Model'
  | 'OperatorSet'
  | 'StringPair'
  | 'Graph'
  | 'Node'
  | 'Attribute'
  | 'Tensor'
  | 'ValueInfo'
  | 'Type'
  | 'TensorType'
  | 'Shape'
  | 'Dimension'
  | 'QuantAnnotation';

const int = (id: number): Field => ({ id, kind: 'int' });
const float = (id: number): Field => ({ id, kind: 'float' });
const string = (id: number): Field => ({ id, kind: 'string' });
const bytes = (id: number): Field => ({ id, kind: 'bytes' });
const message = (id: number, of: MessageName): Field => ({ id, kind: 'message', of });
const many = (field: Field): Field => ({ ...field, many: true });

/** Fields by message, by the names of the interfaces below. */
export const messages: { readonly [M in MessageName]: Readonly<Record<string, Field>> } = {
  Model: {
    irVersion: int(1),
    producerName: string(2),
    producerVersion: string(3),
    domain: string(4),
    modelVersion: int(5),
    docString: string(6),
    graph: message(7, 'Graph'),
    opsetImport: many(message(8, 'OperatorSet')),
    metadataProps: many(message(14, 'StringPair')),
  },
  OperatorSet: { domain: string(1), version: int(2) },
  StringPair: { key: string(1), value: string(2) },
  Graph: {
    node: many(message(1, 'Node')),
    name: string(2),
    initializer: many(message(5, 'Tensor')),
    docString: string(10),
    input: many(message(11, 'ValueInfo')),
    output: many(message(12, 'ValueInfo')),
    valueInfo: many(message(13, 'ValueInfo')),
    quantizationAnnotation: many(message(14, 'QuantAnnotation')),
  },
  Node: {
    input: many(string(1)),
    output: many(string(2)),
    name: string(3),
    opType: string(4),
    attribute: many(message(5, 'Attribute')),
    docString: string(6),
    domain: string(7),
  },
  Attribute: {
    name: string(1),
    f: float(2),
    i: int(3),
    s: bytes(4),
    t: message(5, 'Tensor'),
    g: message(6, 'Graph'),
    floats: many(float(7)),
    ints: many(int(8)),
    strings: many(bytes(9)),
    type: int(20),
  },
  Tensor: {
    dims: many(int(1)),
    dataType: int(2),
    floatData: many(float(4)),
    int32Data: many(int(5)),
    stringData: many(bytes(6)),
    int64Data: many(int(7)),
    name: string(8),
    rawData: bytes(9),
    doubleData: many({ id: 10, kind: 'double' }),
    uint64Data: many(int(11)),
    externalData: many(message(13, 'StringPair')),
    dataLocation: int(14),
  },
  ValueInfo: { name: string(1), type: message(2, 'Type') },
  Type: { tensorType: message(1, 'TensorType') },
  TensorType: { elemType: int(1), shape: message(2, 'Shape') },
  Shape: { dim: many(message(1, 'Dimension')) },
  Dimension: { dimValue: int(1), dimParam: string(2) },
  QuantAnnotation: { tensorName: string(1), quantParameterTensorNames: many(message(2, 'StringPair')) },
};

/** The messages as objects. A field that was not there is absent; an array that was not there is absent, too. */
export interface OnnxModel {
  irVersion?: number;
  producerName?: string;
  producerVersion?: string;
  domain?: string;
  modelVersion?: number;
  docString?: string;
  graph?: OnnxGraph;
  opsetImport?: OperatorSet[];
  metadataProps?: StringPair[];
}
export interface OperatorSet {
  /** Empty or `ai.onnx`: the standard one. */
  domain?: string;
  version?: number;
}
export interface StringPair {
  key?: string;
  value?: string;
}
export interface OnnxGraph {
  node?: OnnxNode[];
  name?: string;
  initializer?: OnnxTensor[];
  docString?: string;
  input?: ValueInfo[];
  output?: ValueInfo[];
  valueInfo?: ValueInfo[];
}
export interface OnnxNode {
  /** Names of values; '' for an optional one that is left out. */
  input?: string[];
  output?: string[];
  name?: string;
  opType?: string;
  attribute?: OnnxAttribute[];
  docString?: string;
  domain?: string;
}
export interface OnnxAttribute {
  name?: string;
  f?: number;
  i?: number;
  s?: Uint8Array;
  t?: OnnxTensor;
  g?: OnnxGraph;
  floats?: number[];
  ints?: number[];
  strings?: Uint8Array[];
  /** Of `attributeTypes`. */
  type?: number;
}
export interface OnnxTensor {
  dims?: number[];
  /** Of `elementTypes`. */
  dataType?: number;
  floatData?: number[];
  int32Data?: number[];
  stringData?: Uint8Array[];
  int64Data?: number[];
  name?: string;
  /** Little endian, in place of the typed arrays. */
  rawData?: Uint8Array;
  doubleData?: number[];
  uint64Data?: number[];
  externalData?: StringPair[];
  /** 1: in another file, which is refused. */
  dataLocation?: number;
}
export interface ValueInfo {
  name?: string;
  type?: { tensorType?: { elemType?: number; shape?: { dim?: Dimension[] } } };
}
/** A number, a name, or neither: unknown. */
export interface Dimension {
  dimValue?: number;
  dimParam?: string;
}

/** TensorProto.DataType. */
export const elementTypes = {
  float: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  double: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
} as const;
export type ElementType = keyof typeof elementTypes;

/** AttributeProto.AttributeType. */
export const attributeTypes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const;
