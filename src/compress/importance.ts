/**
 * How much each weight, or each output channel, matters to the loss. One signature, four criteria:
 *
 * - `fisher`     R_i = sum over samples of (dL/dw_i)^2, the diagonal of the empirical Fisher information. Per sample: the
 *                square of a batch's mean gradient is another score, since gradients of different samples cancel in it.
 * - `taylor`     R_i = sum over samples of |w_i * dL/dw_i|, the first-order estimate of what removing w_i changes
 *                (Molchanov et al. 2017).
 * - `magnitude`  R_i = |w_i| (Han et al. 2015). Needs no data.
 * - `random`     R_i uniform in [0, 1): the control that every criterion has to beat.
 */
import { Engine } from '../autograd/engine.ts';
import type { Tensor } from '../autograd/tensor.ts';
import type { Backend } from '../backend/backend.ts';
import { ArgumentError } from '../core/errors.ts';
import { Rng } from '../core/rng.ts';
import { fields, obey, oneOf, type Rule, whole } from '../core/rules.ts';
import type { Dataset } from '../data/dataset.ts';
import { Loader } from '../data/loader.ts';
import type { Graph, Param } from '../graph/graph.ts';
import { assertFinite, firstNotFinite } from '../graph/weights.ts';
import { crossEntropy } from '../ops/cross-entropy.ts';
import { oneHot } from '../ops/one-hot.ts';
import { runGraph } from '../ops/run-graph.ts';
import { fitsInput, needsBackend, weightNames } from './step.ts';

export type Criterion = 'fisher' | 'taylor' | 'magnitude' | 'random';

export interface ImportanceOptions {
  criterion: Criterion;
  /** One number a weight, or one an output channel of each conv2d and linear: the sum over the channel's weights. Default 'weight'. */
  level?: 'weight' | 'channel';
  /** Images to sum over, drawn without repetition; fisher and taylor only. Default 1000, at most the data set's length. */
  samples?: number;
  /** Chooses the samples, and the numbers of `random`. Default 1. */
  seed?: number;
  /** Computes the gradients; fisher and taylor only. */
  backend?: Backend;
}

/** Rules for what a recipe may say of scoring. */
export const scoringRules: Readonly<Record<'criterion' | 'samples' | 'seed', Rule>> = {
  criterion: oneOf('fisher', 'taylor', 'magnitude', 'random'),
  samples: whole(1),
  seed: whole(0),
};

const optionsRule = fields({ ...scoringRules, level: oneOf('weight', 'channel'), backend: () => null }, [
  'criterion',
]);

/**
 * Importance of the weights of all conv2d and linear nodes. A pruned weight has importance 0.
 * @param data labelled images; null if the criterion reads none
 * @returns by parameter name: one number a weight in the parameter's order, or one an output channel
 * @throws ArgumentError if the criterion needs data or a backend and has none, an option is unknown or out of range, or the
 *   gradients are not finite; GraphError if a weight is not
 */
export function importance(
  graph: Graph,
  data: Dataset | null,
  options: ImportanceOptions,
): Map<string, Float32Array> {
  obey('importance', options, optionsRule);
  assertFinite(graph);
  const { criterion, level = 'weight', seed = 1 } = options;
  const params = weightNames(graph).map((name) => graph.params.get(name) as Param);
  let scores: Map<string, Float32Array>;
  switch (criterion) {
    case 'magnitude':
      scores = new Map(params.map((p) => [p.name, p.values.map(Math.abs)]));
      break;
    case 'random':
      scores = new Map(params.map((p) => [p.name, randomScores(p, seed)]));
      break;
    default:
      scores = gradientScores(graph, params, data, { ...options, seed });
  }
  for (const { name, mask } of params) {
    const r = scores.get(name) as Float32Array;
    if (mask) for (let i = 0; i < r.length; i++) if (mask[i] === 0) r[i] = 0;
  }
  if (level === 'channel') for (const p of params) scores.set(p.name, sumChannels(p, scores));
  return scores;
}

function randomScores(param: Param, seed: number): Float32Array {
  const rng = new Rng(seed).fork(`importance:${param.name}`);
  return param.values.map(() => rng.uniform());
}

/** Sum over axis 0's slices, in float64. */
function sumChannels(param: Param, scores: ReadonlyMap<string, Float32Array>): Float32Array {
  const r = scores.get(param.name) as Float32Array;
  const channels = param.shape[0];
  const inner = r.length / channels;
  return Float32Array.from({ length: channels }, (_, c) => {
    let sum = 0;
    for (let i = c * inner; i < (c + 1) * inner; i++) sum += r[i];
    return sum;
  });
}

/**
 * Runs the samples one by one through the graph in inference form (batch norm with its running statistics) and adds each
 * one's gradients, squared or times the weight, to the scores.
 */
function gradientScores(
  graph: Graph,
  params: readonly Param[],
  data: Dataset | null,
  { criterion, samples = 1000, seed = 1, backend }: ImportanceOptions,
): Map<string, Float32Array> {
  if (!data) throw new ArgumentError('importance', 'data', `a data set, since it is ${criterion}`, 'null');
  needsBackend('importance', backend);
  fitsInput('importance', graph, data);
  const engine = new Engine(backend);
  const leaves = new Map<string, Tensor>();
  const prunable = new Set(params);
  for (const p of graph.params.values()) {
    leaves.set(p.name, engine.parameter(p.shape, p.values, { trainable: prunable.has(p) }));
  }
  const weights = params.map((p) => leaves.get(p.name) as Tensor);
  const sums = weights.map((w) => engine.parameter(w.shape, undefined, { trainable: false }));
  const order = new Rng(seed).fork('importance').permutation(data.length);
  const count = Math.min(samples, data.length);
  const loader = new Loader(data);
  const classes = data.classes.length;
  const [input] = graph.inputs;

  for (let n = 0; n < count; n++) {
    engine.step(() => {
      const x = engine.tensor([1, ...input.shape]);
      const labels = engine.tensor([1], undefined, 'i32');
      loader.fill(x.view() as Float32Array, labels.view() as Int32Array, n, 1, order);
      const values = runGraph(graph, {
        inputs: { [input.name]: x },
        param: (name) => leaves.get(name) as Tensor,
        training: false,
      });
      const logits = values.get(graph.outputs[0]) as Tensor;
      engine.backward(crossEntropy(logits, oneHot(labels, classes, 0)));
      weights.forEach((w, i) => {
        const grad = w.grad as Tensor;
        const sum = sums[i];
        if (criterion === 'fisher') {
          backend.accumulateSquares({ x: grad.ptr, sum: sum.ptr, size: w.size });
        } else addProducts(sum.view() as Float32Array, w.view() as Float32Array, grad.view() as Float32Array);
      });
      engine.zeroGrad(weights);
    });
  }
  const scores = new Map(
    params.map((p, i) => [p.name, finiteScores(p.name, sums[i].toArray() as Float32Array)]),
  );
  engine.release();
  return scores;
}

function finiteScores(name: string, scores: Float32Array): Float32Array {
  const bad = firstNotFinite(scores);
  if (bad < 0) return scores;
  const got = `${scores[bad]} for ${name} at ${bad}`;
  throw new ArgumentError('importance', 'data', 'images whose gradients are finite', got);
}

/** sum += |w * g| */
function addProducts(sum: Float32Array, w: Float32Array, g: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] += Math.abs(w[i] * g[i]);
}
