/**
 * The channel dependency graph: which channels of which values stand or fall together, and which slices of which
 * parameters belong to them.
 *
 * Every output channel of a conv2d or linear starts as a channel of its own. Walking the graph once, ops pass channels on
 * (activations, pools, batch norm, flatten, concat) or couple them: the two sides of an `add` or `mul`, a depthwise
 * filter and the channel it filters, the channels at one position of all groups of a grouped convolution, and two nodes
 * that share a parameter. Coupled channels form a `ChannelGroup` (union-find), the unit that can be removed. The idea of
 * grouping by dependency is that of Fang et al., "DepGraph: Towards Any Structural Pruning" (CVPR 2023); since our ops
 * are few, each one's rule is written out here instead of being found by tracing.
 */
import { GraphError } from '../core/errors.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import type { Graph, Node } from './graph.ts';
import { inferShapes } from './infer.ts';
import { schemaOf } from './schema.ts';

/** A conv2d or linear and one of its output channels. */
export interface ChannelProducer {
  readonly node: string;
  /** Name of the weight parameter; the channel is a slice along its axis 0. */
  readonly weight: string;
  readonly channel: number;
}

/** Channels that are removed together or not at all. */
export interface ChannelGroup {
  /** Index in `ChannelGraph.groups`. */
  readonly id: number;
  readonly producers: readonly ChannelProducer[];
  /** Why the group must stay: it reaches an input, an output or a softmax of the graph. null if it may go. */
  readonly fixed: string | null;
}

/** Groups among which a count is chosen: those of layers whose outputs are coupled, as all convolutions on one residual path. */
export interface ChannelSpace {
  /** Nodes (conv2d, linear) whose outputs are coupled, in graph order. */
  readonly nodes: readonly string[];
  /** Ids of the removable groups. */
  readonly groups: readonly number[];
  /** Most channels that one group has in one node: above 1 for grouped convolutions. */
  readonly channelsPerGroup: number;
}

export interface ChannelGraph {
  readonly groups: readonly ChannelGroup[];
  /** Value name -> group id of each position along axis 1 (features of a flattened value each have their channel's). */
  readonly ofValue: ReadonlyMap<string, Int32Array>;
  /** Parameter name -> for each axis, the group id of each position; null for an axis that is not channels. */
  readonly ofParam: ReadonlyMap<string, readonly (Int32Array | null)[]>;
  /** Spaces that have at least one removable group, in graph order. */
  readonly spaces: readonly ChannelSpace[];
}

/** A convolution with one input channel a filter: each output channel belongs to the channel it filters. */
export function isDepthwise(node: Node, weightShape: readonly number[]): boolean {
  return node.op === 'conv2d' && node.attrs.groups > 1 && weightShape[1] === 1;
}

/**
 * The channel dependency graph of a model.
 * @throws GraphError if the graph is not well formed
 */
export function channelGraph(graph: Graph): ChannelGraph {
  const shapes = inferShapes(graph, 1);
  const elements = new UnionFind();
  const producers: { element: number; producer: ChannelProducer }[] = [];
  const fixed: { element: number; why: string }[] = [];
  const values = new Map<string, number[]>();
  const params = new Map<string, (number[] | null)[]>();

  const fresh = (count: number): number[] => Array.from({ length: count }, () => elements.add());
  const couple = (a: readonly number[], b: readonly number[]): void => {
    a.forEach((element, i) => {
      elements.union(element, b[i]);
    });
  };
  /** Binds the axes of a parameter; a second use of the same parameter couples both uses. */
  const bind = (name: string, axes: (number[] | null)[]): void => {
    const bound = params.get(name);
    if (!bound) {
      params.set(name, axes);
      return;
    }
    axes.forEach((axis, i) => {
      const other = bound[i];
      if (axis && other) couple(axis, other);
    });
  };

  for (const input of graph.inputs) {
    const ids = fresh(channelsOf(shapes.get(input.name) as Shape));
    values.set(input.name, ids);
    for (const element of ids) fixed.push({ element, why: `channels of input '${input.name}'` });
  }

  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => values.get(name) as number[]);
    const [x] = inputs;
    const xShape = shapes.get(node.inputs[0]) as Shape;
    const yShape = shapes.get(node.name) as Shape;
    /** For an op whose attributes count positions, or that mixes them: what goes in and what comes out stays. */
    const barrier = (): number[] => {
      const ids = fresh(channelsOf(yShape));
      for (const element of [...inputs.flat(), ...ids])
        fixed.push({ element, why: `channels of ${node.op} '${node.name}'` });
      return ids;
    };
    let y: number[];
    switch (node.op) {
      case 'conv2d':
      case 'linear': {
        const weight = graph.params.get(node.params.weight) as { shape: readonly number[] };
        const co = weight.shape[0];
        if (node.op === 'linear' && xShape.length > 2) {
          // A linear layer on rows: its features are on the last axis, channels are rows.
          y = barrier();
          bind(node.params.weight, [null, null]);
          if (node.params.bias) bind(node.params.bias, [null]);
          break;
        }
        y = fresh(co);
        y.forEach((element, channel) => {
          producers.push({ element, producer: { node: node.name, weight: node.params.weight, channel } });
        });
        let read: number[] | null = x;
        if (node.op === 'conv2d' && node.attrs.groups > 1) {
          const { groups } = node.attrs;
          const perGroup = co / groups;
          if (isDepthwise(node, weight.shape)) {
            // A channel and all filters on it: groups then has one entry a kept channel.
            y.forEach((element, o) => {
              elements.union(element, x[Math.floor(o / perGroup)]);
            });
            read = null;
          } else {
            // The same position in every group, so that the groups stay equally wide.
            const cig = weight.shape[1];
            x.forEach((element, i) => {
              elements.union(element, x[i % cig]);
            });
            y.forEach((element, o) => {
              elements.union(element, y[o % perGroup]);
            });
            read = x.slice(0, cig);
          }
        }
        bind(node.params.weight, [y, read, null, null].slice(0, weight.shape.length));
        if (node.params.bias) bind(node.params.bias, [y]);
        break;
      }
      case 'batchNorm':
        for (const name of Object.values(node.params)) bind(name, [x]);
        y = x;
        break;
      case 'add':
      case 'mul':
        couple(inputs[0], inputs[1]);
        y = x;
        break;
      case 'binary': {
        const value = graph.params.get(node.params.value ?? '')?.shape;
        const operands = value ? [x, channelsOfParam(value, yShape, fresh)] : inputs;
        const operandShapes = value ? [value] : node.inputs.map((name) => shapes.get(name) as Shape);
        const sameRank = operandShapes.every((shape) => value || shape.length === yShape.length);
        const [a, b] = operands;
        if (yShape.length < 2 || !sameRank || yShape.length !== xShape.length || a.length !== yShape[1]) {
          y = barrier();
          if (value)
            bind(
              node.params.value,
              value.map(() => null),
            );
          break;
        }
        if (b.length === a.length) couple(a, b);
        // One position for all channels: it stays, since no channel can be taken from it.
        else for (const element of b) fixed.push({ element, why: `channels of ${node.op} '${node.name}'` });
        if (value) {
          const axis = value.length - yShape.length + 1;
          bind(
            node.params.value,
            value.map((extent, i) => (i === axis && extent === b.length ? b : null)),
          );
        }
        y = a;
        break;
      }
      case 'concat':
        if ((node.attrs.axis ?? 1) === 1) {
          y = inputs.flat();
          break;
        }
        y = x;
        for (const other of inputs) couple(x, other);
        break;
      case 'reshape': {
        // The file of a graph names channels by 0 where they stay what they were.
        const [first, second] = node.attrs.shape;
        y = first === 0 && second === 0 && xShape.length > 1 ? x : barrier();
        break;
      }
      case 'transpose':
        y = node.attrs.perm[1] === 1 && xShape.length > 1 ? x : barrier();
        break;
      case 'slice':
      case 'gather':
        y = node.attrs.axis > 1 ? x : barrier();
        break;
      case 'reduceMean':
        y = node.attrs.axes.every((axis) => axis > 1) && xShape.length > 1 ? x : barrier();
        break;
      case 'matmul':
        y = barrier();
        break;
      case 'flatten': {
        const positions = sizeOf(xShape.slice(2));
        y = x.flatMap((element) => new Array<number>(positions).fill(element));
        break;
      }
      case 'softmax':
        for (const element of x) fixed.push({ element, why: `classes of softmax '${node.name}'` });
        y = x;
        break;
      default:
        if (schemaOf(node.op).inputs[1] !== 1) {
          throw new GraphError(node.name, `the channel rule of ${node.op} is not known`);
        }
        y = x;
    }
    values.set(node.name, y);
  }
  for (const name of graph.outputs) {
    for (const element of values.get(name) as number[])
      fixed.push({ element, why: `channels of output '${name}'` });
  }
  return assemble(elements, producers, fixed, values, params);
}

/** Positions along axis 1; one that stands for the whole value if it has no such axis. */
function channelsOf(shape: Shape): number {
  return shape.length > 1 ? shape[1] : 1;
}

/** Channels of a parameter that is aligned with a value at their last axes. */
function channelsOfParam(param: Shape, value: Shape, fresh: (count: number) => number[]): number[] {
  return fresh(param[param.length - value.length + 1] ?? 1);
}

/** Numbers the classes of the union-find in order of first appearance and collects what belongs to each. */
function assemble(
  elements: UnionFind,
  producers: readonly { element: number; producer: ChannelProducer }[],
  fixed: readonly { element: number; why: string }[],
  values: ReadonlyMap<string, number[]>,
  params: ReadonlyMap<string, (number[] | null)[]>,
): ChannelGraph {
  const idOfRoot = new Map<number, number>();
  const groups: { id: number; producers: ChannelProducer[]; fixed: string | null }[] = [];
  const id = (element: number): number => {
    const root = elements.find(element);
    let known = idOfRoot.get(root);
    if (known === undefined) {
      known = groups.length;
      idOfRoot.set(root, known);
      groups.push({ id: known, producers: [], fixed: null });
    }
    return known;
  };
  const ids = (list: readonly number[]): Int32Array => Int32Array.from(list, id);
  const ofValue = new Map<string, Int32Array>();
  for (const [name, list] of values) ofValue.set(name, ids(list));
  const ofParam = new Map<string, (Int32Array | null)[]>();
  for (const [name, axes] of params)
    ofParam.set(
      name,
      axes.map((axis) => axis && ids(axis)),
    );
  for (const { element, producer } of producers) groups[id(element)].producers.push(producer);
  for (const { element, why } of fixed) groups[id(element)].fixed ??= why;
  return { groups, ofValue, ofParam, spaces: findSpaces(groups) };
}

/** Joins the producers that share a group, then lists the removable groups of each joined set. */
function findSpaces(groups: readonly ChannelGroup[]): ChannelSpace[] {
  const nodes = [...new Set(groups.flatMap((group) => group.producers.map((p) => p.node)))];
  const index = new Map(nodes.map((name, i) => [name, i]));
  const joined = new UnionFind();
  for (const _ of nodes) joined.add();
  for (const { producers } of groups) {
    for (const p of producers) {
      joined.union(index.get(p.node) as number, index.get(producers[0].node) as number);
    }
  }
  const spaces = new Map<number, { nodes: string[]; groups: number[]; channelsPerGroup: number }>();
  nodes.forEach((name, i) => {
    const root = joined.find(i);
    const space = spaces.get(root) ?? { nodes: [], groups: [], channelsPerGroup: 1 };
    space.nodes.push(name);
    spaces.set(root, space);
  });
  for (const group of groups) {
    if (group.fixed !== null || group.producers.length === 0) continue;
    const space = spaces.get(joined.find(index.get(group.producers[0].node) as number)) as {
      groups: number[];
      channelsPerGroup: number;
    };
    space.groups.push(group.id);
    const inNode = new Map<string, number>();
    for (const p of group.producers) inNode.set(p.node, (inNode.get(p.node) ?? 0) + 1);
    space.channelsPerGroup = Math.max(space.channelsPerGroup, ...inNode.values());
  }
  return [...spaces.values()].filter((space) => space.groups.length > 0);
}

/** Disjoint sets of whole numbers, with path halving; the smaller root wins, so numbering does not depend on the order of unions. */
class UnionFind {
  private readonly parent: number[] = [];

  add(): number {
    return this.parent.push(this.parent.length) - 1;
  }

  find(i: number): number {
    while (this.parent[i] !== i) {
      this.parent[i] = this.parent[this.parent[i]];
      i = this.parent[i];
    }
    return i;
  }

  union(a: number, b: number): void {
    const [low, high] = [this.find(a), this.find(b)].sort((p, q) => p - q);
    this.parent[high] = low;
  }
}
