/** A chain of layers written as a list: the short way to a graph without branches. */
import { ArgumentError } from '../core/errors.ts';
import { Rng } from '../core/rng.ts';
import { isRecord, obey, oneOfNames } from '../core/rules.ts';
import type { Shape } from '../core/shape.ts';
import type { Graph } from '../graph/graph.ts';
import { builder, type GraphBuilder } from './builder.ts';
import { joins, type LayerOp, layerOps, layerRules } from './layers.ts';
import type {
  AvgPoolOptions,
  BatchNormOptions,
  Conv2dOptions,
  LinearOptions,
  PaddingOption,
  PoolOptions,
  SharedOptions,
} from './options.ts';

/** Layers that can be named by their op alone. */
export type PlainLayer =
  | 'batchNorm'
  | 'relu'
  | 'relu6'
  | 'leakyRelu'
  | 'sigmoid'
  | 'tanh'
  | 'hardSwish'
  | 'globalAvgPool'
  | 'flatten'
  | 'softmax';

/** What each layer can be told, by op. */
export interface LayerOptions {
  conv2d: Conv2dOptions;
  sharedConv2d: Conv2dOptions & SharedOptions;
  depthwiseConv2d: Omit<Conv2dOptions, 'out' | 'groups'>;
  linear: LinearOptions;
  sharedLinear: LinearOptions & SharedOptions;
  batchNorm: BatchNormOptions;
  leakyRelu: { slope?: number };
  maxPool: PoolOptions;
  avgPool: AvgPoolOptions;
  pad: { padding: PaddingOption; value?: number };
}

/** One layer: an op's name, or the op with its options and, if wanted, a name. */
export type LayerSpec =
  | PlainLayer
  | { [K in keyof LayerOptions]: { op: K; name?: string } & LayerOptions[K] }[keyof LayerOptions]
  | { op: PlainLayer; name?: string };

/** Short names for unnamed layers: conv1, bn1, relu1, pool1, fc1... */
const stems: Readonly<Record<string, string>> = {
  conv2d: 'conv',
  sharedConv2d: 'conv',
  depthwiseConv2d: 'dw',
  linear: 'fc',
  sharedLinear: 'fc',
  batchNorm: 'bn',
  maxPool: 'pool',
  avgPool: 'pool',
  globalAvgPool: 'gap',
};

/**
 * A graph with input `x` of `inputShape` (without batch) and one layer after another; the last one's value comes out.
 * @param options rng: source of the initial weights; default seed 1
 * @throws ArgumentError, GraphError naming the layer that does not fit
 */
export function sequential(
  name: string,
  inputShape: Shape,
  layers: readonly LayerSpec[],
  options: { rng?: Rng } = {},
): Graph {
  if (!Array.isArray(layers) || layers.length === 0)
    throw new ArgumentError('sequential', 'layers', 'a list of at least one layer', layers);
  const b = builder(name, { x: inputShape }, options.rng ?? new Rng(1));
  const nameOf = layerNames();
  let value = 'x';
  layers.forEach((layer, i) => {
    const spec: unknown = typeof layer === 'string' ? { op: layer } : layer;
    const at = `layers[${i}]`;
    if (!isRecord(spec)) throw new ArgumentError('sequential', at, 'an op, or an object with an op', spec);
    const { op, name: given, ...rest } = spec;
    const known = layerOps.filter((layerOp) => !joins.has(layerOp));
    if (!known.includes(op as LayerOp))
      throw new ArgumentError('sequential', `${at}.op`, oneOfNames(known, op), op);
    const layerName = nameOf(op as LayerOp, given as string | undefined);
    addLayer(b, op as LayerOp, layerName, value, rest);
    value = layerName;
  });
  return b.output(value).build();
}

/** Adds a layer with the builder's method of its op, which checks the options. */
export function addLayer(
  b: GraphBuilder,
  op: LayerOp,
  name: string,
  input: string | readonly string[],
  options: object,
): void {
  obey(name, options, layerRules[op]); // the methods of ops without options look at none
  // The cast stands for any of the methods: all take a name, what is read, and options.
  const add = b[op as 'conv2d'] as (name: string, input: unknown, options: object) => GraphBuilder;
  add.call(b, name, input, options);
}

/** Names a layer that has none after its op and how many of its kind came before. */
export function layerNames(): (op: string, given?: string) => string {
  const counts = new Map<string, number>();
  return (op, given) => {
    const stem = stems[op] ?? op;
    const count = (counts.get(stem) ?? 0) + 1;
    counts.set(stem, count);
    return given ?? `${stem}${count}`;
  };
}
