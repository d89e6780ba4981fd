/**
 * Graphs in checkpoints: exact, unlike a model file, which keeps of a quantized weight the int8 codes alone. And what of a
 * graph has to be the same for a training to go on: all but the values.
 */
import type { Graph, Param } from '../graph/graph.ts';
import type { Tree, TreeFields } from './state.ts';

/** A graph as plain values. Shares its arrays. */
export function graphTree(graph: Graph): Tree {
  const { params, activations, ...rest } = graph;
  const plain = { ...rest, params: [...params.values()].map((p) => ({ ...p })) };
  // Interfaces have no index signature; every field is plain, lineage options included.
  return { ...plain, activations: activations && [...activations] } as unknown as Tree;
}

/** The graph that `graphTree` made plain. */
export function graphOfTree(tree: Tree): Graph {
  const { params, activations, ...rest } = tree as unknown as Omit<Graph, 'params' | 'activations'> & {
    params: Param[];
    activations?: [string, { scale: number; zeroPoint: number }][];
  };
  return {
    ...rest,
    params: new Map(params.map((p) => [p.name, p])),
    ...(activations && { activations: new Map(activations) }),
  };
}

/** Everything but values: nodes, shapes, what compression has decided about each parameter. */
export function graphStructure(graph: Graph): TreeFields {
  const params = [...graph.params.values()].map(({ name, shape, trainable, codebook, quant }) => ({
    name,
    shape,
    trainable,
    centroids: codebook?.centroids.length ?? 0,
    scales: quant?.scale.length ?? 0,
  }));
  const { inputs, nodes, outputs, activations } = graph;
  return {
    inputs,
    nodes,
    outputs,
    params,
    quantized: [...(activations?.keys() ?? [])],
  } as unknown as TreeFields;
}
