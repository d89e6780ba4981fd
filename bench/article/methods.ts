/**
 * What the article describes and the library does another way, or not at all: squared gradients of a whole batch, k
 * weights drawn at random without clustering, rounding to b bits. Only for the comparison in docs/techniques.md.
 */
import {
  type Backend,
  cloneGraph,
  type Dataset,
  Engine,
  type Graph,
  ops,
  Rng,
  type Tensor,
} from '../../src/index.ts';

/** Names of the weights of conv2d and linear nodes: all that the experiments prune, share or round. */
export function weightsOf(graph: Graph): string[] {
  return graph.nodes.flatMap((node) =>
    node.op === 'conv2d' || node.op === 'linear' ? [node.params.weight] : [],
  );
}

/**
 * R_i = sum over batches of (d mean loss / dw_i)^2: what squaring the gradient of an ordinary training step gives.
 * @param images how many of the data set's first images, a multiple of `batch`
 */
export function batchSquares(
  graph: Graph,
  data: Dataset,
  images: number,
  batch: number,
  backend: Backend,
): Map<string, Float32Array> {
  const engine = new Engine(backend);
  const leaves = new Map<string, Tensor>();
  for (const p of graph.params.values()) leaves.set(p.name, engine.parameter(p.shape, p.values));
  const weights = weightsOf(graph).map((name) => [name, leaves.get(name) as Tensor] as const);
  const sums = new Map(weights.map(([name, w]) => [name, new Float32Array(w.size)]));
  const [input] = graph.inputs;
  const size = data.shape.reduce((product, n) => product * n, 1);
  const { mean, deviation } = data.meaning;
  const pixels = data.images as Uint8Array;
  for (let from = 0; from < images; from += batch) {
    engine.step(() => {
      // One channel: MNIST.
      const x = Float32Array.from(
        pixels.subarray(from * size, (from + batch) * size),
        (pixel) => (pixel / 255 - mean[0]) / deviation[0],
      );
      const labels = engine.tensor([batch], Int32Array.from(data.labels.subarray(from, from + batch)), 'i32');
      const values = ops.runGraph(graph, {
        inputs: { [input.name]: engine.tensor([batch, ...input.shape], x) },
        param: (name) => leaves.get(name) as Tensor,
        training: false,
      });
      const logits = values.get(graph.outputs[0]) as Tensor;
      engine.backward(ops.crossEntropy(logits, ops.oneHot(labels, data.classes.length, 0)));
      for (const [name, w] of weights) {
        const sum = sums.get(name) as Float32Array;
        const g = (w.grad as Tensor).view();
        for (let i = 0; i < sum.length; i++) sum[i] += g[i] * g[i];
      }
      engine.zeroGrad([...leaves.values()].filter((leaf) => leaf.requiresGrad));
    });
  }
  return sums;
}

/** k different weights of each layer drawn at random; every weight becomes the nearest of them. No clustering. */
export function drawShared(graph: Graph, k: number, seed: number): Graph {
  const result = cloneGraph(graph);
  for (const name of weightsOf(result)) {
    const param = result.params.get(name);
    if (!param) continue;
    const drawn = new Set<number>();
    for (const i of new Rng(seed).fork(name).permutation(param.values.length)) {
      drawn.add(param.values[i]);
      if (drawn.size === k) break;
    }
    const centroids = Float32Array.from(drawn).sort();
    const indices = Uint8Array.from(param.values, (w) => nearest(centroids, w));
    param.codebook = { centroids, indices };
    param.values = Float32Array.from(indices, (j) => centroids[j]);
  }
  return result;
}

/** Index of the value nearest to `w` in an ascending list. */
function nearest(sorted: Float32Array, w: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle + 1] - w <= w - sorted[middle]) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Weights replaced by Q(w) / q, where Q(w) = round(w q) and q = (2^(bits-1) - 1) / max|w|: whole numbers of `bits` bits,
 * symmetric about 0. Activations stay f32.
 * @param perChannel whether each output channel has a q of its own, or the layer has one
 */
export function roundWeights(graph: Graph, bits: number, perChannel: boolean): Graph {
  const result = cloneGraph(graph);
  const top = 2 ** (bits - 1) - 1;
  for (const name of weightsOf(result)) {
    const param = result.params.get(name);
    if (!param) continue;
    const size = perChannel ? param.values.length / param.shape[0] : param.values.length;
    for (let from = 0; from < param.values.length; from += size) {
      const part = param.values.subarray(from, from + size);
      const largest = part.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
      if (largest === 0) continue;
      const q = top / largest;
      for (let i = 0; i < part.length; i++) part[i] = Math.round(part[i] * q) / q;
    }
  }
  return result;
}
