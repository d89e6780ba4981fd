/**
 * Fold batch norm: in inference a batch norm is one multiply and one add per channel with constants, and a convolution
 * or linear layer before it can take both into its weights:
 *
 *   f = gamma / sqrt(variance + eps)     w' = w * f     b' = (b - mean) * f + beta
 *
 * Computed in f64 from IEEE operations only, rounded to f32 once: the same bits on every host.
 */
import type { Graph, Node, NodeOf, Param } from '../graph.ts';
import { consumers } from '../infer.ts';
import { withNodes } from './dead-code.ts';

/**
 * Folds each batchNorm into the conv2d or linear whose only reader it is. The folded node carries the batch norm's name.
 * A batch norm elsewhere stays, and so does one whose input is a graph output, is quantized on its own, or has a fused
 * activation.
 *
 * Of what compression has decided about the weights, the mask stays (a scaled zero is zero), int8 scales are multiplied
 * by |f|, and a codebook is dropped: one centroid scaled per channel is many. The graph given is not changed.
 */
export function foldBatchNorm(graph: Graph): Graph {
  const readers = consumers(graph);
  const byName = new Map(graph.nodes.map((node) => [node.name, node]));
  const uses = new Map<string, number>();
  for (const node of graph.nodes) {
    for (const name of Object.values(node.params)) uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  const params = new Map(graph.params);
  /** The parameter's own name if this node is its only user, else one nobody has. */
  const nameFor = (wanted: string, node: string): string => {
    if ((uses.get(wanted) ?? 0) <= 1) return wanted;
    let name = `${node}.${wanted}`;
    while (params.has(name)) name += "'";
    return name;
  };

  const folded = new Map<string, Node>();
  const gone = new Set<string>();
  for (const norm of graph.nodes) {
    if (norm.op !== 'batchNorm') continue;
    const layer = byName.get(norm.inputs[0]);
    if (!layer || (layer.op !== 'conv2d' && layer.op !== 'linear')) continue;
    if (layer.attrs.activation !== undefined || readers.get(layer.name)?.length !== 1) continue;
    if (graph.outputs.includes(layer.name) || graph.activations?.has(layer.name)) continue;

    const factor = channelFactors(norm, graph.params);
    const weight = need(graph.params, layer.params.weight);
    const weightName = nameFor(weight.name, norm.name);
    params.set(weightName, { ...scaleRows(weight, factor), name: weightName });

    const beta = need(graph.params, norm.params.beta);
    const mean = need(graph.params, norm.params.mean).values;
    const oldBias = Object.hasOwn(layer.params, 'bias') ? need(graph.params, layer.params.bias) : undefined;
    const values = new Float32Array(factor.length);
    for (let c = 0; c < values.length; c++) {
      values[c] = ((oldBias?.values[c] ?? 0) - mean[c]) * factor[c] + beta.values[c];
    }
    const biasName = nameFor((oldBias ?? beta).name, norm.name);
    params.set(biasName, { name: biasName, shape: [values.length], values, trainable: true });

    folded.set(norm.name, {
      ...layer,
      name: norm.name,
      params: { weight: weightName, bias: biasName },
    } as Node);
    gone.add(layer.name);
  }
  const nodes = graph.nodes
    .filter((node) => !gone.has(node.name))
    .map((node) => folded.get(node.name) ?? node);
  return withNodes(graph, nodes, params);
}

/** What each channel is multiplied by. */
export function channelFactors(norm: NodeOf<'batchNorm'>, params: ReadonlyMap<string, Param>): Float64Array {
  const gamma = need(params, norm.params.gamma).values;
  const variance = need(params, norm.params.variance).values;
  return Float64Array.from(gamma, (g, c) => g / Math.sqrt(variance[c] + norm.attrs.eps));
}

/** The parameter with row c (axis 0) multiplied by factor[c]. */
function scaleRows(param: Param, factor: Float64Array): Param {
  const inner = param.values.length / factor.length;
  const values = new Float32Array(param.values.length);
  for (let c = 0, i = 0; c < factor.length; c++) {
    const f = factor[c];
    // + 0 makes a zero times a negative factor the zero that a mask promises, not -0.
    for (const end = i + inner; i < end; i++) values[i] = param.values[i] * f + 0;
  }
  const quant = param.quant && {
    // A factor of 0 leaves zeros, which any scale holds.
    scale: param.quant.scale.map((s, c) => s * Math.abs(factor[c]) || s),
  };
  return { ...param, values, mask: param.mask?.slice(), codebook: undefined, quant };
}

function need(params: ReadonlyMap<string, Param>, name: string): Param {
  return params.get(name) as Param; // inferShapes has checked that it is there
}
