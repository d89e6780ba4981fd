/** A chain of layers written as a list: the short way to a graph without branches. */
import { ArgumentError } from '../core/errors.ts';
import { Rng } from '../core/rng.ts';
import type { Shape } from '../core/shape.ts';
import type { Graph } from '../graph/graph.ts';
import {
  type AvgPoolOptions,
  type BatchNormOptions,
  builder,
  type Conv2dOptions,
  type GraphBuilder,
  type LinearOptions,
  type PaddingOption,
  type PoolOptions,
  type SharedOptions,
} from './builder.ts';

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
  if (layers.length === 0) throw new ArgumentError('sequential', 'layers', 'at least one layer', 'none');
  const b = builder(name, { x: inputShape }, options.rng ?? new Rng(1));
  const counts = new Map<string, number>();
  let value = 'x';
  for (const spec of layers) {
    const {
      op,
      name: given,
      ...rest
    } = (typeof spec === 'string' ? { op: spec } : spec) as {
      op: keyof LayerOptions;
      name?: string;
    };
    const stem = stems[op] ?? op;
    const count = (counts.get(stem) ?? 0) + 1;
    counts.set(stem, count);
    const layer = given ?? `${stem}${count}`;
    addLayer(b, op, layer, value, rest);
    value = layer;
  }
  return b.output(value).build();
}

const layerOps: ReadonlySet<string> = new Set([
  ...[
    'conv2d',
    'sharedConv2d',
    'depthwiseConv2d',
    'linear',
    'sharedLinear',
    'batchNorm',
    'maxPool',
    'avgPool',
  ],
  ...[
    'globalAvgPool',
    'pad',
    'flatten',
    'softmax',
    'relu',
    'relu6',
    'leakyRelu',
    'sigmoid',
    'tanh',
    'hardSwish',
  ],
]);

function addLayer(b: GraphBuilder, op: string, name: string, input: string, options: object): void {
  if (!layerOps.has(op)) {
    throw new ArgumentError('sequential', `layer '${name}'`, `an op among ${[...layerOps].join(', ')}`, op);
  }
  // The builder's method of that name; `LayerSpec` has checked the options' type where the list was written.
  const add = b[op as 'conv2d'] as (name: string, input: string, options: object) => GraphBuilder;
  add.call(b, name, input, options);
}
