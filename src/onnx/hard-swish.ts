/** x * HardSigmoid(x), which is how opsets before 14 say hard swish, as the one op it is here. */
import type { Graph, Node } from '../graph/graph.ts';
import { consumers } from '../graph/infer.ts';
import { withNodes } from '../graph/passes/dead-code.ts';

/** The graph with such pairs joined, where nothing else reads the HardSigmoid and no grid lies on it. */
export function joinHardSwish(graph: Graph): Graph {
  const readers = consumers(graph);
  const byName = new Map(graph.nodes.map((node) => [node.name, node]));
  const gone = new Set<string>();
  /** Which of a product's operands is the gate of the other. */
  const gateOf = (node: Node): Node | undefined => {
    if (node.op !== 'mul') return undefined;
    for (const [x, name] of [node.inputs, [...node.inputs].reverse()]) {
      const gate = byName.get(name);
      if (gate?.op !== 'hardSigmoid' || gate.inputs[0] !== x) continue;
      const { alpha, beta } = gate.attrs;
      const alone = readers.get(name)?.length === 1 && !graph.outputs.includes(name);
      const hidden = alone && !graph.activations?.has(name);
      if (hidden && Math.fround(alpha) === Math.fround(1 / 6) && beta === 0.5) return gate;
    }
    return undefined;
  };
  const nodes = graph.nodes.map((node): Node => {
    const gate = gateOf(node);
    if (!gate) return node;
    gone.add(gate.name);
    return { name: node.name, op: 'hardSwish', inputs: gate.inputs, params: {}, attrs: {} };
  });
  if (gone.size === 0) return graph;
  return withNodes(
    graph,
    nodes.filter(({ name }) => !gone.has(name)),
    graph.params,
  );
}
