/**
 * The graph while it is being imported: what each ONNX value has become, and the nodes so far. A batch of unknown size stands
 * for itself as BATCH, a prime that no model has as an extent by chance: a shape that is computed from it shows where it went.
 */
import { type Shape, sameShape } from '../core/shape.ts';
import type { ActivationQuantization, Attributes, InputSpec, Node, OpName, Param } from '../graph/graph.ts';
import { schemaOf } from '../graph/schema.ts';
import type { NodeView } from './node.ts';
import type { ElementType } from './proto.ts';
import { type Constant, isFloat } from './tensor.ts';

export const BATCH = 1000003;

/** A shape in which the batch is anywhere but in front: the model has to be imported at a fixed size. */
export class BatchMoved extends Error {}

/** A value that is computed when the model runs. */
export interface Run {
  readonly kind: 'run';
  /** Of the graph's value. */
  readonly name: string;
  readonly shape: Shape;
  /** What ONNX holds it as; here it is f32. */
  readonly type: ElementType;
  /** How many read it. */
  readonly uses: number;
  /** It holds `type` codes of which the graph's value is the dequantized form. */
  readonly codes?: Grid;
}
/** Scale and zero point of codes, one for a tensor. */
export interface Grid {
  readonly scale: number;
  readonly zero: number;
}
export type Value = ({ readonly kind: 'constant' } & Constant) | Run;

export class ImportGraph {
  readonly values = new Map<string, Value>();
  readonly nodes: Node[] = [];
  readonly params = new Map<string, Param>();
  readonly activations = new Map<string, ActivationQuantization>();
  readonly inputs: (InputSpec & { whole: Shape })[] = [];
  /** Graph inputs that were taken as the constants they are bound to. */
  readonly bound = new Set<string>();
  readonly dynamic: boolean;
  /** Readers of each ONNX value, outputs of the model among them. */
  readonly uses: ReadonlyMap<string, number>;
  private readonly bindings: Readonly<Record<string, Constant>>;
  private readonly made = new Map<Constant, Map<string, string>>();

  constructor(
    dynamic: boolean,
    uses: ReadonlyMap<string, number>,
    bindings: Readonly<Record<string, Constant>>,
  ) {
    this.dynamic = dynamic;
    this.uses = uses;
    this.bindings = bindings;
  }

  /** Input `place` of a node; undefined if it is left out. */
  optional(node: NodeView, place: number): Value | undefined {
    const name = node.inputs[place];
    if (!name) return undefined;
    return this.values.get(name) ?? node.fail(`input '${name}' is made by nothing before it`);
  }

  value(node: NodeView, place: number): Value {
    return this.optional(node, place) ?? node.fail(`input ${place} is missing`);
  }

  /** An input that is computed at run time, as real numbers. */
  run(node: NodeView, place: number): Run {
    const value = this.value(node, place);
    if (value.kind === 'constant') return node.fail(`input ${place} is a constant, which has no form here`);
    return value;
  }

  /** An input whose elements are known, if it is there: a constant, or a graph input bound to one. */
  optionalConstant(node: NodeView, place: number): Constant | undefined {
    const value = this.optional(node, place);
    if (!value || value.kind === 'constant') return value;
    return (
      this.binding(value) ??
      node.fail(`input ${place} ('${node.inputs[place]}') must be known when the model is imported`)
    );
  }

  constant(node: NodeView, place: number): Constant {
    return this.optionalConstant(node, place) ?? node.fail(`input ${place} is missing`);
  }

  /** Whether it is a graph input that the options have a value for. */
  canBind({ name }: Run): boolean {
    return this.inputs.some((input) => input.name === name) && Object.hasOwn(this.bindings, name);
  }

  /** What a graph input is bound to by the options. */
  binding(value: Run): Constant | undefined {
    const input = this.inputs.find(({ name }) => name === value.name);
    const found = input && Object.hasOwn(this.bindings, input.name) ? this.bindings[input.name] : undefined;
    if (found) this.bound.add(value.name);
    return found;
  }

  input(name: string, shape: Shape, type: ElementType): void {
    const [first, ...rest] = shape;
    this.inputs.push(
      this.dynamic ? { name, shape: rest, whole: shape } : { name, shape, fixed: true, whole: shape },
    );
    const seen = this.dynamic ? [BATCH, ...rest] : [first, ...rest].filter((extent) => extent !== undefined);
    this.values.set(name, { kind: 'run', name, shape: seen, type, uses: this.uses.get(name) ?? 0 });
  }

  /** Adds a node. Its shape is what the schema infers. */
  emit<K extends OpName>(
    node: NodeView,
    op: K,
    inputs: readonly Run[],
    attrs: Attributes[K],
    params: Record<string, string> = {},
    type: ElementType = inputs[0].type,
  ): Run {
    // Its own name, for now: the last node of an operator gets the output's.
    const name = this.fresh(`${node.outputs[0] ?? node.name}/${op}`);
    const made = { op, name, inputs: inputs.map((x) => x.name), params, attrs } as unknown as Node;
    const roles = Object.entries(params).map(([role, p]) => [role, (this.params.get(p) as Param).shape]);
    const shape = schemaOf(op).shape(
      made as never,
      inputs.map((x) => x.shape),
      Object.fromEntries(roles),
    );
    this.checkBatch(shape);
    this.nodes.push(made);
    return { kind: 'run', name, shape, type, uses: 1 };
  }

  /** Checks that the batch is the first extent, and there only. */
  checkBatch(shape: Shape): void {
    if (!this.dynamic) return;
    if (shape[0] !== BATCH || shape.slice(1).some((extent) => extent % BATCH === 0)) {
      throw new BatchMoved(`the batch is not the first axis of [${shape}]`);
    }
  }

  /** Checks that a constant was not computed from the batch. */
  checkConstant({ data, shape }: Constant): void {
    const batchy = (v: number): boolean => v !== 0 && v % BATCH === 0;
    if (this.dynamic && data.length <= 64 && (data.some(batchy) || shape.some(batchy))) {
      throw new BatchMoved('a constant is computed from the batch');
    }
  }

  fresh(wanted: string): string {
    const base = wanted.replace(/\p{Cc}/gu, '').slice(0, 200) || 'value';
    const taken = (name: string): boolean =>
      this.inputs.some((input) => input.name === name) || this.nodes.some((node) => node.name === name);
    let name = base;
    for (let i = 1; taken(name); i++) name = `${base}.${i}`;
    return name;
  }

  /** A parameter, once for each form of a constant. Numbers as f32. */
  param(source: Constant, form: string, make: () => Omit<Param, 'name'>): string {
    const forms = this.made.get(source) ?? new Map<string, string>();
    this.made.set(source, forms);
    this.checkConstant(source);
    const known = forms.get(form);
    if (known !== undefined) return known;
    const name = `p${this.params.size}`;
    this.params.set(name, { name, ...make() });
    forms.set(form, name);
    return name;
  }

  /** A parameter of these values, never shared. */
  ownParam(shape: Shape, values: Float32Array, trainable: boolean): string {
    const name = `p${this.params.size}`;
    this.params.set(name, { name, shape, values, trainable });
    return name;
  }

  /** The same elements under another shape. */
  reshape(node: NodeView, x: Run, shape: Shape): Run {
    if (sameShape(x.shape, shape)) return x;
    this.checkBatch(shape);
    if (shape.some((extent) => extent === 0)) node.fail('a value without elements');
    if (shape.length === 2 && x.shape.length > 2 && shape[0] === x.shape[0])
      return this.emit(node, 'flatten', [x], {});
    // Leading extents that stay are kept as such, so that a batch and pruned channels pass.
    let same = true;
    const wanted = shape.map((extent, axis) => {
      same &&= axis < 2 && axis < x.shape.length && extent === x.shape[axis];
      return same ? 0 : extent;
    });
    return this.emit(node, 'reshape', [x], { shape: wanted });
  }

  /** A copy that can be quantized on its own. */
  again(node: NodeView, x: Run): Run {
    return this.emit(node, 'reshape', [x], { shape: x.shape.map(() => 0) });
  }

  /** Puts a value on an int8 grid; a copy of it, if others see it or it is on another one. */
  mark(node: NodeView, x: Run, grid: Grid, type: ElementType): Run {
    const quant = { scale: grid.scale, zeroPoint: type === 'uint8' ? grid.zero - 128 : grid.zero };
    const has = this.activations.get(x.name);
    if (has && has.scale === quant.scale && has.zeroPoint === quant.zeroPoint) return x;
    const to = has || x.uses > 1 ? this.again(node, x) : x;
    this.activations.set(to.name, quant);
    return to;
  }

  /** Gives a node made for `output` that name, if it is free. */
  rename(from: string, to: string): boolean {
    if (from === to) return true;
    if (this.fresh(to) !== to) return false;
    const at = this.nodes.findIndex((node) => node.name === from);
    if (at < 0) return false;
    const swap = (name: string): string => (name === from ? to : name);
    for (let i = at; i < this.nodes.length; i++) {
      const node = this.nodes[i];
      this.nodes[i] = { ...node, name: swap(node.name), inputs: node.inputs.map(swap) } as Node;
    }
    const quant = this.activations.get(from);
    if (quant) {
      this.activations.delete(from);
      this.activations.set(to, quant);
    }
    for (const [name, value] of this.values) {
      if (value.kind === 'run' && value.name === from) this.values.set(name, { ...value, name: to });
    }
    return true;
  }
}

/** The first number of a constant that must have one. */
export function scalar(node: NodeView, x: Constant): number {
  return x.data.length === 1 ? x.data[0] : node.fail(`expected one number, got [${x.shape}]`);
}

export function floatsOnly(node: NodeView, x: Run): Run {
  return isFloat(x.type) ? x : node.fail(`${x.type} arithmetic has no form at run time`);
}
