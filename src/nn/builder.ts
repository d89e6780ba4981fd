/**
 * Builds a graph node by node. Every value has a name, so branches, residual adds and concatenations are written by naming
 * what they read. Shapes are inferred while building: a layer that does not fit is refused on its own line.
 */
import { ArgumentError, GraphError } from '../core/errors.ts';
import { Rng } from '../core/rng.ts';
import { fields, isRecord, obey, text } from '../core/rules.ts';
import { assertShape, formatShape, MOST_ELEMENTS, type Shape, sizeOf } from '../core/shape.ts';
import type {
  Attributes,
  Graph,
  Metadata,
  Node,
  NodeOf,
  OpName,
  Padding,
  Pair,
  Param,
} from '../graph/graph.ts';
import { schemaOf } from '../graph/schema.ts';
import { type Initializer, initialWeights } from './init.ts';
import { type LayerOp, layerRules } from './layers.ts';
import type {
  AvgPoolOptions,
  BatchNormOptions,
  Conv2dOptions,
  LinearOptions,
  PaddingOption,
  PairOption,
  PoolOptions,
  SharedOptions,
} from './options.ts';
import { sharedParam } from './shared.ts';

function toPair(value: PairOption): Pair {
  return typeof value === 'number' ? [value, value] : value;
}

function toPadding(value: PaddingOption): Padding {
  if (typeof value === 'number') return [value, value, value, value];
  return value.length === 2 ? [value[0], value[1], value[0], value[1]] : value;
}

/** See `builder`. Methods add one node each and return the builder; the node's value carries the node's name. */
export class GraphBuilder {
  private readonly name: string;
  private readonly rng: Rng;
  private readonly inputs: { name: string; shape: Shape }[] = [];
  private readonly nodes: Node[] = [];
  private readonly params = new Map<string, Param>();
  private readonly outputs: string[] = [];
  /** Of all parameters so far. */
  private elements = 0;
  private readonly shapes = new Map<string, Shape>();
  private metadata: Metadata = {};

  constructor(name: string, inputs: Readonly<Record<string, Shape>>, rng: Rng) {
    obey('builder', { name }, named);
    if (!isRecord(inputs))
      throw new ArgumentError('builder', 'inputs', 'an object from names to shapes', inputs);
    if (!(rng instanceof Rng)) throw new ArgumentError('builder', 'rng', 'an Rng', rng);
    this.name = name;
    this.rng = rng;
    for (const [input, shape] of Object.entries(inputs)) {
      assertShape('builder', `input '${input}'`, shape);
      this.inputs.push({ name: input, shape });
      this.shapes.set(input, [1, ...shape]);
    }
  }

  /**
   * Shape of a value made so far, without the batch dimension.
   * @throws GraphError if there is no such value
   */
  shapeOf(value: string): Shape {
    return this.batched(value, value).slice(1);
  }

  /** [C][H][W] -> [out][ho][wo]. Parameters `name.weight` [out][C/groups][kh][kw] and `name.bias` [out]. */
  conv2d(name: string, input: string, options: Conv2dOptions): this {
    check('conv2d', name, options);
    const { weight, bias } = this.convShapes(name, input, options);
    const params = this.weights(name, weight, bias, options.init);
    return this.node('conv2d', name, [input], params, convAttributes(options));
  }

  /** A conv2d whose weights are born shared: k values in all. */
  sharedConv2d(name: string, input: string, options: Conv2dOptions & SharedOptions): this {
    check('sharedConv2d', name, options);
    const { weight, bias } = this.convShapes(name, input, options);
    const params = this.weights(name, weight, bias, options.init, options.k);
    return this.node('conv2d', name, [input], params, convAttributes(options));
  }

  /** A conv2d with one filter a channel (groups = channels). */
  depthwiseConv2d(name: string, input: string, options: Omit<Conv2dOptions, 'out' | 'groups'>): this {
    check('depthwiseConv2d', name, options);
    const channels = this.batched(name, input)[1];
    return this.conv2d(name, input, { ...options, out: channels, groups: channels });
  }

  /** [in] -> [out]. Parameters `name.weight` [out][in] and `name.bias` [out]. */
  linear(name: string, input: string, options: LinearOptions): this {
    check('linear', name, options);
    const weight = this.linearShape(name, input, options);
    return this.node('linear', name, [input], this.weights(name, weight, options.bias, options.init), {});
  }

  /** A linear layer whose weights are born shared: k values in all. */
  sharedLinear(name: string, input: string, options: LinearOptions & SharedOptions): this {
    check('sharedLinear', name, options);
    const weight = this.linearShape(name, input, options);
    const params = this.weights(name, weight, options.bias, options.init, options.k);
    return this.node('linear', name, [input], params, {});
  }

  /** Parameters `name.gamma`, `name.beta`, and the running `name.mean`, `name.variance`, all [C]. */
  batchNorm(name: string, input: string, options: BatchNormOptions = {}): this {
    check('batchNorm', name, options);
    const shape = [this.batched(name, input)[1]];
    const filled = (value: number): Float32Array => new Float32Array(shape[0]).fill(value);
    const params: Record<string, string> = {};
    for (const [role, value, trainable] of [
      ['gamma', 1, true],
      ['beta', 0, true],
      ['mean', 0, false],
      ['variance', 1, false],
    ] as const) {
      params[role] = this.param({ name: `${name}.${role}`, shape, values: filled(value), trainable });
    }
    const attrs = { eps: options.eps ?? 1e-5, momentum: options.momentum ?? 0.1 };
    return this.node('batchNorm', name, [input], params, attrs);
  }

  relu(name: string, input: string): this {
    return this.node('relu', name, [input], {}, {});
  }
  relu6(name: string, input: string): this {
    return this.node('relu6', name, [input], {}, {});
  }
  /** Slope below 0; default 0.01, as in torch. */
  leakyRelu(name: string, input: string, options: { slope?: number } = {}): this {
    check('leakyRelu', name, options);
    return this.node('leakyRelu', name, [input], {}, { slope: options.slope ?? 0.01 });
  }
  sigmoid(name: string, input: string): this {
    return this.node('sigmoid', name, [input], {}, {});
  }
  tanh(name: string, input: string): this {
    return this.node('tanh', name, [input], {}, {});
  }
  hardSwish(name: string, input: string): this {
    return this.node('hardSwish', name, [input], {}, {});
  }
  /** Over the features of [features]. */
  softmax(name: string, input: string): this {
    return this.node('softmax', name, [input], {}, {});
  }

  maxPool(name: string, input: string, options: PoolOptions): this {
    check('maxPool', name, options);
    return this.node('maxPool', name, [input], {}, poolAttributes(options));
  }
  avgPool(name: string, input: string, options: AvgPoolOptions): this {
    check('avgPool', name, options);
    const countIncludePad = options.countIncludePad ?? true;
    return this.node('avgPool', name, [input], {}, { ...poolAttributes(options), countIncludePad });
  }
  /** [C][H][W] -> [C][1][1]. */
  globalAvgPool(name: string, input: string): this {
    return this.node('globalAvgPool', name, [input], {}, {});
  }

  add(name: string, a: string, b: string): this {
    return this.node('add', name, [a, b], {}, {});
  }
  mul(name: string, a: string, b: string): this {
    return this.node('mul', name, [a, b], {}, {});
  }
  /** Along channels: two to 64 values. */
  concat(name: string, inputs: readonly string[]): this {
    if (!Array.isArray(inputs)) throw new ArgumentError(name, 'inputs', 'a list of names', inputs);
    return this.node('concat', name, inputs, {}, {});
  }
  pad(name: string, input: string, options: { padding: PaddingOption; value?: number }): this {
    check('pad', name, options);
    const padding = toPadding(options.padding);
    return this.node('pad', name, [input], {}, { padding, value: options.value ?? 0 });
  }
  flatten(name: string, input: string): this {
    return this.node('flatten', name, [input], {}, {});
  }

  /** Declares values as what comes out, in order. */
  output(...names: string[]): this {
    for (const name of names) {
      this.batched(name, name);
      this.outputs.push(name);
    }
    return this;
  }

  /** What input and output mean; merged into what was said before. */
  meta(metadata: Metadata): this {
    this.metadata = { ...this.metadata, ...metadata };
    return this;
  }

  /**
   * The graph. Its output is taken as probabilities if a softmax makes it, as logits otherwise, unless `meta` said more.
   * @throws GraphError if no output was declared
   */
  build(): Graph {
    if (this.outputs.length === 0) throw new GraphError(this.name, 'has no output: call output(name)');
    const last = this.nodes.find((node) => node.name === this.outputs[0]);
    return {
      name: this.name,
      inputs: [...this.inputs],
      nodes: [...this.nodes],
      outputs: [...this.outputs],
      params: new Map(this.params),
      meta: { output: last?.op === 'softmax' ? 'probabilities' : 'logits', ...this.metadata },
    };
  }

  private batched(node: string, value: string): Shape {
    const shape = this.shapes.get(value);
    if (!shape) throw new GraphError(node, `reads '${value}', which nothing has made so far`);
    return shape;
  }

  private convShapes(name: string, input: string, options: Conv2dOptions): { weight: Shape; bias?: boolean } {
    const x = this.batched(name, input);
    if (x.length !== 4)
      throw new GraphError(name, `conv2d reads CxHxW, '${input}' is ${x.slice(1).join('x')}`);
    const groups = options.groups ?? 1;
    const perGroup = x[1] / groups;
    if (!Number.isInteger(perGroup))
      throw new GraphError(name, `groups ${groups} must divide ${x[1]} channels`);
    return { weight: [options.out, perGroup, ...toPair(options.kernel)], bias: options.bias };
  }

  private linearShape(name: string, input: string, options: LinearOptions): Shape {
    const x = this.batched(name, input);
    if (x.length !== 2) throw new GraphError(name, `linear reads features; put a flatten after '${input}'`);
    return [options.out, x[1]];
  }

  private weights(
    name: string,
    shape: Shape,
    bias = true,
    init: Initializer = 'he',
    k?: number,
  ): Record<string, string> {
    this.elements += sizeOf(shape);
    if (this.elements > MOST_ELEMENTS) {
      throw new GraphError(
        name,
        `with weights of ${formatShape(shape)} the model has more than ${MOST_ELEMENTS} parameters`,
      );
    }
    // A stream of its own for each layer: adding one changes no other layer's start.
    const rng = this.rng.fork(`init:${name}`);
    const weight = `${name}.weight`;
    const params: Record<string, string> = {
      weight: this.param(
        k === undefined
          ? { name: weight, shape, values: initialWeights(init, rng, shape), trainable: true }
          : sharedParam(weight, shape, k, init, rng),
      ),
    };
    if (bias) {
      const values = new Float32Array(shape[0]);
      params.bias = this.param({ name: `${name}.bias`, shape: [shape[0]], values, trainable: true });
    }
    return params;
  }

  private param(param: Param): string {
    if (this.params.has(param.name))
      throw new GraphError(param.name, 'a parameter of this name exists already');
    this.params.set(param.name, param);
    return param.name;
  }

  private node<K extends OpName>(
    op: K,
    name: string,
    inputs: readonly string[],
    params: Readonly<Record<string, string>>,
    attrs: Attributes[K],
  ): this {
    obey(op, { name }, named);
    if (this.shapes.has(name)) throw new GraphError(name, 'a value of this name exists already');
    const [fewest, most] = schemaOf(op).inputs;
    if (inputs.length < fewest || inputs.length > most)
      throw new GraphError(name, `${op} takes ${fewest} to ${most} inputs, got ${inputs.length}`);
    const node: NodeOf<K> = { name, op, inputs, params, attrs };
    const shapes: Record<string, Shape> = {};
    for (const [role, param] of Object.entries(params))
      shapes[role] = (this.params.get(param) as Param).shape;
    const read = inputs.map((input) => this.batched(name, input));
    const shape = schemaOf(op).shape(node, read, shapes);
    if (!(sizeOf(shape) <= MOST_ELEMENTS))
      throw new GraphError(name, `makes ${formatShape(shape)}, more than ${MOST_ELEMENTS} elements`);
    this.shapes.set(name, shape);
    this.nodes.push(node as unknown as Node);
    return this;
  }
}

const named = fields({ name: text }, ['name']);

/** @throws ArgumentError naming the layer and the option that is unknown, missing or out of range */
function check(op: LayerOp, name: string, options: object): void {
  obey(name, options, layerRules[op]);
}

function convAttributes(options: Conv2dOptions): Attributes['conv2d'] {
  return {
    stride: toPair(options.stride ?? 1),
    padding: toPadding(options.padding ?? 0),
    dilation: toPair(options.dilation ?? 1),
    groups: options.groups ?? 1,
  };
}

function poolAttributes(options: PoolOptions): Attributes['maxPool'] {
  return {
    kernel: toPair(options.kernel),
    stride: toPair(options.stride ?? options.kernel),
    padding: toPadding(options.padding ?? 0),
  };
}

/**
 * Starts a graph.
 * @param inputs name to shape without batch: `{ x: [3, 32, 32] }`
 * @param rng initial weights come from it; default seed 1
 * @throws ArgumentError, ShapeError; every method: ArgumentError for an option that is unknown, missing or out of range,
 *   GraphError for a layer that does not fit what it reads
 */
export function builder(
  name: string,
  inputs: Readonly<Record<string, Shape>>,
  rng: Rng = new Rng(1),
): GraphBuilder {
  return new GraphBuilder(name, inputs, rng);
}
