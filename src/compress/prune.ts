/**
 * Pruning: weights of little importance, one by one or in small groups (granularity.ts), become zero and stay zero through later
 * training (their mask says so). Only the weights of conv2d and linear nodes are pruned, never biases or batch norm: those are few and carry much.
 */
import {
  also,
  either,
  fields,
  isRecord,
  listOf,
  number,
  obey,
  ordered,
  type Rule,
  recordOf,
  whole,
} from '../core/rules.ts';
import { cloneGraph, type Graph, type Param } from '../graph/graph.ts';
import { assertFinite } from '../graph/weights.ts';
import type { StepContext } from '../train/options.ts';
import {
  amountRule,
  type BlockLayer,
  blockShape,
  type Granularity,
  granularityName,
  granularityRule,
  pruneBlocksBelow,
  pruneLowestBlocks,
  pruneWithinGroups,
  unitRule,
} from './granularity.ts';
import {
  checkScores,
  layerRule,
  type StepReport,
  type StepResult,
  scopeRule,
  selectWeights,
  sizes,
  weightOf,
} from './step.ts';

export interface PruneOptions {
  /**
   * Fraction of weights that are zero afterwards, exactly round(sparsity * count); by layer (parameter or node name) if
   * a record. With blocks, as near to that as whole blocks come. One of `sparsity` and `alpha` must be given, unless granularity is n:m.
   */
  sparsity?: number | Readonly<Record<string, number>>;
  /** Threshold T = alpha * mean(R) over the weights not yet pruned; a weight goes where R < T. */
  alpha?: number;
  /** Default 'layer': threshold or quantile for each layer by itself. 'global': one for all. */
  scope?: 'layer' | 'global';
  /** Layers to prune, by parameter or node name. Default all. */
  layers?: readonly string[];
  /** What goes together. Default 'weight'. A block's importance is the sum over its weights; n:m leaves n of every m input channels. */
  granularity?: Granularity;
}

export interface PruneReport extends StepReport {
  /** `weight`, `block4x1` or `2:4`. */
  granularity: string;
  /** By parameter: elements, zeros, and the importance below which weights went (exact quantile: the largest that went). */
  layers: { param: string; size: number; zeros: number; threshold: number }[];
  /** Zeros among all prunable weights, 0..1. */
  sparsity: number;
}

/** Rules for the options, given the graph whose layers they name. */
export function pruneRules(graph: Graph): Readonly<Record<keyof PruneOptions, Rule>> {
  const layer = layerRule(graph);
  return {
    sparsity: either(number(0, 1), recordOf(number(0, 1), layer)),
    alpha: number(0, 1e9),
    scope: scopeRule,
    layers: listOf(layer, 1),
    granularity: granularityRule,
  };
}

/** Which of the options go together. */
export const pruneTogether: Rule = also(amountRule, oneNumberIfGlobal);

function oneNumberIfGlobal(value: unknown): ReturnType<Rule> {
  const { sparsity, scope } = value as PruneOptions;
  return scope === 'global' && isRecord(sparsity)
    ? { path: 'sparsity', expected: 'one number, since scope is global', got: JSON.stringify(sparsity) }
    : null;
}

/**
 * Prunes once. What is pruned already stays pruned, and counts towards `sparsity`.
 * @param scores importance by parameter name, one number a weight (`importance` with level 'weight')
 * @throws ArgumentError if an option is unknown or out of range, no layer is chosen, or a score is missing or not finite;
 *   GraphError if a weight is not finite
 */
export function prune(
  graph: Graph,
  scores: ReadonlyMap<string, Float32Array>,
  options: PruneOptions,
): StepResult<PruneReport> {
  obey('prune', options, also(fields(pruneRules(graph)), pruneTogether));
  assertFinite(graph);
  const { sparsity, alpha, scope = 'layer', layers, granularity = 'weight' } = options;
  const result = cloneGraph(graph);
  const byLayer = typeof sparsity === 'object' ? sparsity : undefined;
  const names = selectWeights('prune', graph, layers, byLayer && Object.keys(byLayer));
  const perLayer =
    byLayer &&
    new Map(Object.entries(byLayer).map(([name, value]) => [weightOf('prune', graph, name), value]));
  const params = names.map((name) => result.params.get(name) as Param);
  for (const { name, values } of params) checkScores('prune', scores, name, values.length, 'a weight');

  const sets = scope === 'global' ? [params] : params.map((param) => [param]);
  const thresholds = new Map<Param, number>();
  for (const set of sets) {
    const amount = alpha === undefined ? (perLayer?.get(set[0].name) ?? (sparsity as number)) : { alpha };
    const threshold = pruneSet(result, set, scores, granularity, amount);
    for (const param of set) thresholds.set(param, threshold);
  }

  let total = 0;
  let zeros = 0;
  const rows = params.map((param) => {
    const gone = countZeros(param.mask);
    total += param.values.length;
    zeros += gone;
    return {
      param: param.name,
      size: param.values.length,
      zeros: gone,
      threshold: thresholds.get(param) as number,
    };
  });
  const report = {
    ...sizes('prune', graph, result),
    granularity: granularityName(granularity),
    layers: rows,
    sparsity: total === 0 ? 0 : zeros / total,
  };
  return { graph: result, report };
}

/**
 * Prunes parameters that are ranked together.
 * @param amount the fraction to be zero, or alpha; without a meaning for n:m
 * @returns the importance below which weights, or blocks, went
 */
function pruneSet(
  graph: Graph,
  params: readonly Param[],
  scores: ReadonlyMap<string, Float32Array>,
  granularity: Granularity,
  amount: number | { alpha: number },
): number {
  const scoresOf = ({ name }: Param) => scores.get(name) as Float32Array;
  if (granularity === 'weight') {
    if (typeof amount === 'number') return pruneLowest(params, scores, amount);
    const threshold = amount.alpha * meanScore(params, scores);
    for (const param of params) pruneBelow(param, scoresOf(param), threshold);
    return threshold;
  }
  const blocks = params.map((param): BlockLayer => {
    return { shape: blockShape(graph, param), mask: maskOf(param), scores: scoresOf(param) };
  });
  let threshold: number;
  if (typeof granularity === 'object') {
    threshold = Math.max(
      ...params.map((param) => pruneWithinGroups(param.shape, maskOf(param), scoresOf(param), granularity)),
    );
  } else if (typeof amount === 'number') {
    const count = params.reduce((sum, { values }) => sum + values.length, 0);
    const gone = params.reduce((sum, { mask }) => sum + countZeros(mask), 0);
    threshold = pruneLowestBlocks(blocks, Math.round(amount * count) - gone);
  } else {
    threshold = pruneBlocksBelow(blocks, amount.alpha);
  }
  params.forEach(applyMask);
  return threshold;
}

/** Mean importance of the weights that are not pruned yet. */
function meanScore(params: readonly Param[], scores: ReadonlyMap<string, Float32Array>): number {
  let sum = 0;
  let count = 0;
  for (const { name, mask } of params) {
    const r = scores.get(name) as Float32Array;
    for (let i = 0; i < r.length; i++) {
      if (mask && mask[i] === 0) continue;
      sum += r[i];
      count += 1;
    }
  }
  return count === 0 ? 0 : sum / count;
}

function pruneBelow(param: Param, r: Float32Array, threshold: number): void {
  const mask = maskOf(param);
  for (let i = 0; i < r.length; i++) if (r[i] < threshold) mask[i] = 0;
  applyMask(param);
}

/**
 * Prunes the lowest scores of `params` together until exactly round(fraction * count) weights are zero. Among equal
 * scores the lower index (and earlier parameter) goes first, so that the count is exact and the choice repeatable.
 * @returns the largest score that went, -Infinity if none did
 */
function pruneLowest(
  params: readonly Param[],
  scores: ReadonlyMap<string, Float32Array>,
  fraction: number,
): number {
  const count = params.reduce((sum, param) => sum + param.values.length, 0);
  const gone = params.reduce((sum, param) => sum + countZeros(param.mask), 0);
  const target = Math.round(fraction * count) - gone;
  if (target <= 0) return Number.NEGATIVE_INFINITY;
  const candidates = new Float32Array(count - gone);
  let n = 0;
  for (const { name, mask } of params) {
    const r = scores.get(name) as Float32Array;
    for (let i = 0; i < r.length; i++) if (mask?.[i] !== 0) candidates[n++] = r[i];
  }
  candidates.sort();
  const threshold = candidates[target - 1];
  let ties = target - lowerBound(candidates, threshold);
  for (const param of params) {
    const r = scores.get(param.name) as Float32Array;
    const mask = maskOf(param);
    for (let i = 0; i < r.length; i++) {
      if (mask[i] === 0 || r[i] > threshold) continue;
      if (r[i] === threshold && ties-- <= 0) continue;
      mask[i] = 0;
    }
    applyMask(param);
  }
  return threshold;
}

/** First position in a sorted array whose value is not below `value`. */
function lowerBound(sorted: Float32Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The parameter's mask; made of ones if it has none. */
function maskOf(param: Param): Uint8Array {
  param.mask ??= new Uint8Array(param.values.length).fill(1);
  return param.mask;
}

function applyMask({ values, mask }: Param): void {
  if (mask) for (let i = 0; i < values.length; i++) if (mask[i] === 0) values[i] = 0;
}

function countZeros(mask: Uint8Array | undefined): number {
  return mask ? mask.reduce((zeros, kept) => zeros + (kept === 0 ? 1 : 0), 0) : 0;
}

/**
 * Sparsity at a moment of gradual pruning: final + (initial - final) * (1 - progress)^3, so that many weights go early,
 * while there are many to spare (Zhu and Gupta, "To prune, or not to prune", 2017, equation 1).
 * @param progress 0 at the first pruning, 1 at the last; values outside are clamped
 */
export function cubicSparsity(progress: number, initial: number, final: number): number {
  const left = 1 - Math.min(Math.max(progress, 0), 1);
  return final + (initial - final) * left * left * left;
}

export interface GradualOptions {
  /** Fraction of weights that are zero at the end; by layer if a record, which then also selects layers. */
  sparsity: PruneOptions['sparsity'] & {};
  /** Fraction of `sparsity` at the first pruning, in [0, 1]. Default 0. */
  initial?: number;
  /** Parts of the training at which pruning begins and ends, in [0, 1]. Default 0 and 0.5: the rest is recovery. */
  begin?: number;
  end?: number;
  /** Steps between two prunings. Default 100. */
  every?: number;
  scope?: 'layer' | 'global';
  layers?: readonly string[];
  /** What goes together. Default 'weight'. */
  granularity?: 'weight' | 'block4x1';
}

/** Rules for the options, given the graph whose layers they name. */
export function gradualRules(graph: Graph): Readonly<Record<keyof GradualOptions, Rule>> {
  const { sparsity, scope, layers } = pruneRules(graph);
  const part = number(0, 1);
  const granularity = unitRule;
  return { sparsity, initial: part, begin: part, end: part, every: whole(1), scope, layers, granularity };
}

/** Which of the options go together. */
export const gradualTogether: Rule = also(ordered('begin', 'end'), oneNumberIfGlobal);

/**
 * Gradual pruning by magnitude while training (Zhu and Gupta 2017): hand the result to `fit` as `onStep`. Sparsity follows
 * `cubicSparsity`; what was pruned never comes back, so masks only grow.
 * @param graph the graph that is trained: its names and shapes are read
 * @throws ArgumentError if an option is out of range
 */
export function gradualPruning(graph: Graph, options: GradualOptions): (context: StepContext) => void {
  const { sparsity, initial = 0, begin = 0, end = 0.5, every = 100, scope, layers, granularity } = options;
  obey('gradualPruning', options, also(fields(gradualRules(graph), ['sparsity']), gradualTogether));
  const named = typeof sparsity === 'number' ? undefined : Object.keys(sparsity);
  const names = selectWeights('gradualPruning', graph, layers, named);
  return ({ step, steps, parameters }) => {
    const first = Math.max(1, Math.round(begin * steps));
    const last = Math.max(first, Math.round(end * steps));
    if (step < first || step > last || ((step - first) % every !== 0 && step !== last)) return;
    const progress = last === first ? 1 : (step - first) / (last - first);
    const params = new Map(graph.params);
    const scores = new Map<string, Float32Array>();
    for (const name of names) {
      const values = parameters.values(name);
      params.set(name, {
        ...(graph.params.get(name) as Param),
        values,
        mask: parameters.mask(name) ?? undefined,
        codebook: undefined,
      });
      scores.set(name, values.map(Math.abs));
    }
    const reach = (final: number): number => cubicSparsity(progress, initial * final, final);
    const target =
      typeof sparsity === 'number'
        ? reach(sparsity)
        : Object.fromEntries(Object.entries(sparsity).map(([layer, final]) => [layer, reach(final)]));
    const { graph: pruned } = prune({ ...graph, params }, scores, {
      ...{ sparsity: target, scope, layers: names, granularity },
    });
    for (const name of names) {
      const { mask } = pruned.params.get(name) as Param;
      if (mask) parameters.setMask(name, mask);
    }
  };
}
