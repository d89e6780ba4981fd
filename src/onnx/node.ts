/** One node as the importer asks about it: attributes by name and kind, and errors that say where. */
import { OnnxError } from '../core/errors.ts';
import type { OnnxAttribute, OnnxNode } from './proto.ts';

export class NodeView {
  readonly op: string;
  readonly opset: number;
  /** What errors call it. */
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  private readonly attributes: Map<string, OnnxAttribute>;

  constructor(node: OnnxNode, opset: number) {
    this.op = node.opType ?? '';
    this.opset = opset;
    this.inputs = node.input ?? [];
    this.outputs = node.output ?? [];
    this.name = node.name || this.outputs[0] || this.op;
    this.attributes = new Map((node.attribute ?? []).map((attribute) => [attribute.name ?? '', attribute]));
  }

  /** Throws what is wrong, with node, op and opset. */
  fail(detail: string): never {
    throw new OnnxError(this.name, this.op, this.opset, detail);
  }

  has(name: string): boolean {
    return this.attributes.has(name);
  }

  attribute(name: string): OnnxAttribute | undefined {
    return this.attributes.get(name);
  }

  int(name: string, fallback: number): number {
    const attribute = this.attributes.get(name);
    if (!attribute) return fallback;
    // A zero may be left out on the wire.
    const value = attribute.i ?? 0;
    return Number.isSafeInteger(value) ? value : this.fail(`attribute '${name}' is ${value}`);
  }

  float(name: string, fallback: number): number {
    const attribute = this.attributes.get(name);
    return attribute ? (attribute.f ?? 0) : fallback;
  }

  ints(name: string): readonly number[] | undefined {
    const attribute = this.attributes.get(name);
    return attribute && (attribute.ints ?? []);
  }

  text(name: string, fallback: string): string {
    const attribute = this.attributes.get(name);
    return attribute?.s ? new TextDecoder().decode(attribute.s) : fallback;
  }
}

/** An axis counted from the end if below 0. */
export function wholeAxis(node: NodeView, axis: number, rank: number): number {
  const at = axis < 0 ? axis + rank : axis;
  if (!Number.isSafeInteger(at) || at < 0 || at >= rank) {
    node.fail(`axis ${axis} does not exist in a tensor of rank ${rank}`);
  }
  return at;
}
