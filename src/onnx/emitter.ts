/** An ONNX graph under construction: nodes, constants, and names that are each used once. */
import { littleEndian } from '../format/endian.ts';
import { attributeTypes, elementTypes, type OnnxAttribute, type OnnxNode, type OnnxTensor } from './proto.ts';

/** A constant's elements, of the type that the array has. */
export type ConstantData = Float32Array | Int32Array | Int8Array | BigInt64Array;

/** An attribute without its name. */
export type Attribute = Omit<OnnxAttribute, 'name'>;

export const int = (i: number): Attribute => ({ i, type: attributeTypes.int });
export const float = (f: number): Attribute => ({ f, type: attributeTypes.float });
export const ints = (values: readonly number[]): Attribute => ({
  ints: [...values],
  type: attributeTypes.ints,
});

export class Emitter {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];
  private readonly taken: Set<string>;

  /** @param reserved names of values that are spoken for */
  constructor(reserved: Iterable<string>) {
    this.taken = new Set(reserved);
  }

  /** `wanted`, or with a number after it if that name is taken. */
  fresh(wanted: string): string {
    let name = wanted;
    for (let i = 1; this.taken.has(name); i++) name = `${wanted}.${i}`;
    this.taken.add(name);
    return name;
  }

  /** Adds a constant and gives its name, which is `wanted` or close to it. */
  constant(wanted: string, dims: readonly number[], data: ConstantData): string {
    const name = this.fresh(wanted);
    this.initializers.push({ dims: [...dims], dataType: typeOf(data), name, rawData: littleEndian(data) });
    return name;
  }

  /** Adds a node with one output, and gives that output's name. */
  node(
    opType: string,
    input: readonly string[],
    output: string,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    const attribute = Object.entries(attributes).map(([name, value]) => ({ name, ...value }));
    this.nodes.push({ input: [...input], output: [output], name: output, opType, attribute });
    return output;
  }
}

function typeOf(data: ConstantData): number {
  if (data instanceof Float32Array) return elementTypes.float;
  if (data instanceof Int32Array) return elementTypes.int32;
  return data instanceof Int8Array ? elementTypes.int8 : elementTypes.int64;
}
