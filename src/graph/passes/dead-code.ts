/** Dead code: nodes that no output needs, and the parameters and scales that only they used. */
import type { ActivationQuantization, Graph, Node, Param } from '../graph.ts';

/**
 * The same model without nodes that no output depends on. Graph inputs stay: they are the model's signature.
 * The graph given is not changed.
 */
export function removeDead(graph: Graph): Graph {
  const needed = new Set(graph.outputs);
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i];
    if (!needed.has(node.name)) continue;
    for (const name of node.inputs) needed.add(name);
  }
  return withNodes(
    graph,
    graph.nodes.filter((node) => needed.has(node.name)),
    graph.params,
  );
}

/**
 * `graph` with other nodes. Keeps of `params` what the nodes use, in the order of use, and of the activation scales
 * those whose value still exists.
 */
export function withNodes(graph: Graph, nodes: readonly Node[], params: ReadonlyMap<string, Param>): Graph {
  const used = new Map<string, Param>();
  for (const node of nodes) {
    for (const name of Object.values(node.params)) {
      const param = params.get(name);
      if (param) used.set(name, param);
    }
  }
  let activations: Map<string, ActivationQuantization> | undefined;
  if (graph.activations) {
    const values = new Set([...graph.inputs, ...nodes].map(({ name }) => name));
    activations = new Map([...graph.activations].filter(([name]) => values.has(name)));
  }
  return { ...graph, nodes, params: used, activations };
}
