/**
 * Fuse activation: relu and relu6 are a clamp, which the kernel before them can do while its results are still in
 * registers. Saves one pass over memory a layer.
 */
import type { FusedActivation, Graph, Node } from '../graph.ts';
import { consumers } from '../infer.ts';
import { withNodes } from './dead-code.ts';

/**
 * Moves each relu and relu6 into the conv2d, linear or add whose only reader it is. The fused node carries the name of
 * the activation, so later readers and outputs need no renaming. A value that is a graph output, or that is quantized on
 * its own (listed in `graph.activations`), stays as it is: someone looks at it. The graph given is not changed.
 */
export function fuseActivations(graph: Graph): Graph {
  const readers = consumers(graph);
  const byName = new Map(graph.nodes.map((node) => [node.name, node]));
  const fusedInto = new Map<string, Node>();
  const gone = new Set<string>();
  for (const node of graph.nodes) {
    if (node.op !== 'relu' && node.op !== 'relu6') continue;
    const before = byName.get(node.inputs[0]);
    if (!before || !canClamp(before) || readers.get(before.name)?.length !== 1) continue;
    if (graph.outputs.includes(before.name) || graph.activations?.has(before.name)) continue;
    fusedInto.set(node.name, withActivation(before, node.name, node.op));
    gone.add(before.name);
  }
  // The fused node takes the activation's place: everything it reads comes before that.
  const nodes = graph.nodes
    .filter((node) => !gone.has(node.name))
    .map((node) => fusedInto.get(node.name) ?? node);
  return withNodes(graph, nodes, graph.params);
}

function canClamp(node: Node): boolean {
  return (
    (node.op === 'conv2d' || node.op === 'linear' || node.op === 'add') && node.attrs.activation === undefined
  );
}

function withActivation(node: Node, name: string, activation: FusedActivation): Node {
  return { ...node, name, attrs: { ...node.attrs, activation } } as Node;
}
