/** What removing channels must equal: the same graph with them masked to zero. */
import { type ChannelGraph, channelGraph } from '../../src/graph/channels.ts';
import { cloneGraph, type Graph, type Param } from '../../src/graph/graph.ts';

/**
 * The same graph with the given groups masked to zero: their producers' weights and biases, their batch norms' gamma,
 * beta and mean, and the weights that read them. (The readers matter only where an op makes something of nothing:
 * sigmoid(0) = 0.5, a pad with a value.) `removeGroups` computes the same function.
 */
export function maskGroups(
  graph: Graph,
  removed: ReadonlySet<number>,
  channels: ChannelGraph = channelGraph(graph),
): Graph {
  const masked = cloneGraph(graph);
  const variances = new Set(
    graph.nodes.filter((node) => node.op === 'batchNorm').map((node) => node.params.variance),
  );
  for (const [name, axes] of channels.ofParam) {
    if (variances.has(name)) continue;
    const param = masked.params.get(name) as Param;
    if (param.codebook) param.mask ??= new Uint8Array(param.values.length).fill(1);
    let inner = param.values.length;
    param.shape.forEach((extent, axis) => {
      inner /= extent;
      const ids = axes[axis];
      if (!ids) return;
      for (let i = 0; i < param.values.length; i++) {
        if (removed.has(ids[Math.floor(i / inner) % extent])) {
          param.values[i] = 0;
          if (param.mask) param.mask[i] = 0;
        }
      }
    });
  }
  return masked;
}
