/**
 * Removes whole channels: the graph that comes out is smaller and needs no sparse kernel. It computes, to rounding, what
 * the graph with those channels masked to zero computed: a zero channel adds nothing to any reader.
 *
 * Which channels stand or fall together is `src/graph/channels.ts`; here a count is chosen by importance and the slices
 * are cut.
 */
import { ArgumentError } from '../core/errors.ts';
import { also, atLeastOne, below, fields, obey, oneOf, type Rule, recordOf, whole } from '../core/rules.ts';
import { type ChannelGraph, type ChannelSpace, channelGraph, isDepthwise } from '../graph/channels.ts';
import type { Graph, Node, Param } from '../graph/graph.ts';
import { assertFinite } from '../graph/weights.ts';
import { checkScores, inRange, type StepReport, type StepResult, scopeRule, sizes } from './step.ts';

export interface RemoveChannelsOptions {
  /** Fraction of the removable channel groups to remove, in [0, 1): in each space, or of all together if scope is global. */
  ratio?: number;
  /** Channels to keep, by the name of a node; holds for all layers coupled with it. Goes before `ratio`. */
  keep?: Readonly<Record<string, number>>;
  /** Default 'layer'. 'global' ranks the groups of all layers together. */
  scope?: 'layer' | 'global';
  /** Kept counts are rounded up to a multiple of this: kernels work on 4 or 8 channels at once. Default 1. */
  multiple?: number;
  /** Fewest channels a layer keeps. Default 1. */
  minimum?: number;
}

export interface RemoveChannelsReport extends StepReport {
  /** One entry a space of coupled layers. */
  layers: { nodes: readonly string[]; before: number; after: number }[];
}

/** Rules for the options, given the graph whose layers they name. */
export function channelRules(graph: Graph): Readonly<Record<keyof RemoveChannelsOptions, Rule>> {
  const layer = oneOf(...channelGraph(graph).spaces.flatMap((space) => space.nodes));
  return {
    ratio: below(0, 1),
    keep: recordOf(whole(1), layer),
    scope: scopeRule,
    multiple: whole(1, 1024),
    minimum: whole(1),
  };
}

/** Which of the options go together. */
export const channelsTogether: Rule = atLeastOne('ratio', 'keep');

/**
 * Removes the least important channels.
 * @param scores by name of weight parameter, one score an output channel (`importance` with level 'channel'). A group's
 *   score is the sum over its members; on a tie the later group goes.
 * @throws ArgumentError if an option is unknown or out of range, no layer's channels may go, or a score is missing or not
 *   finite; GraphError if a weight is not
 */
export function removeChannels(
  graph: Graph,
  scores: ReadonlyMap<string, Float32Array>,
  options: RemoveChannelsOptions,
): StepResult<RemoveChannelsReport> {
  obey('removeChannels', options, also(fields(channelRules(graph)), channelsTogether));
  assertFinite(graph);
  const { ratio = 0, keep = {}, scope = 'layer', multiple = 1, minimum = 1 } = options;
  const channels = channelGraph(graph);
  if (channels.spaces.length === 0)
    throw new ArgumentError('removeChannels', 'graph', 'a layer whose channels may go', 'none');
  const score = groupScores(graph, channels, scores);

  const kept = scope === 'global' ? keptGlobally(channels, score, ratio) : null;
  const removed = new Set<number>();
  const layers: RemoveChannelsReport['layers'] = [];
  for (const space of channels.spaces) {
    const asked = space.nodes.filter((name) => Object.hasOwn(keep, name)).map((name) => keep[name]);
    const width = space.channelsPerGroup;
    let wanted: number;
    if (asked.length > 0) {
      inRange('removeChannels', 'keep', Math.max(...asked), 1, space.groups.length * width);
      wanted = Math.max(...asked) / width;
    } else if (kept) wanted = kept.get(space) as number;
    else wanted = space.groups.length - Math.round(ratio * space.groups.length);
    const count = roundUp(Math.max(wanted, minimum / width), multiple, width, space.groups.length);
    const ranked = [...space.groups].sort((a, b) => score[b] - score[a] || a - b);
    for (const id of ranked.slice(count)) removed.add(id);
    layers.push({ nodes: space.nodes, before: space.groups.length * width, after: count * width });
  }
  const result = removeGroups(graph, removed, channels);
  return { graph: result, report: { ...sizes('removeChannels', graph, result), layers } };
}

/** Fewest groups >= wanted whose channels are a multiple of `multiple`, but no more than there are. */
function roundUp(wanted: number, multiple: number, width: number, available: number): number {
  let count = Math.max(1, Math.ceil(wanted));
  while (count < available && (count * width) % multiple !== 0) count += 1;
  return Math.min(count, available);
}

/** Score of each group: the sum over its producers. */
function groupScores(
  graph: Graph,
  channels: ChannelGraph,
  scores: ReadonlyMap<string, Float32Array>,
): Float64Array {
  const checked = new Set<string>();
  const sums = new Float64Array(channels.groups.length);
  for (const group of channels.groups) {
    if (group.fixed !== null) continue;
    for (const { weight, channel } of group.producers) {
      if (!checked.has(weight)) {
        const [out] = (graph.params.get(weight) as Param).shape;
        checkScores('removeChannels', scores, weight, out, 'an output channel');
        checked.add(weight);
      }
      sums[group.id] += (scores.get(weight) as Float32Array)[channel];
    }
  }
  return sums;
}

/** How many groups of each space remain when the lowest scores of the whole graph go. */
function keptGlobally(channels: ChannelGraph, score: Float64Array, ratio: number): Map<ChannelSpace, number> {
  const all = channels.spaces.flatMap((space) => space.groups.map((id) => ({ id, space })));
  all.sort((a, b) => score[b.id] - score[a.id] || a.id - b.id);
  const kept = new Map(channels.spaces.map((space) => [space, 0]));
  for (const { space } of all.slice(0, all.length - Math.round(ratio * all.length))) {
    kept.set(space, (kept.get(space) as number) + 1);
  }
  return kept;
}

/**
 * Cuts the given channel groups out of every parameter they reach. Masks, codebooks and scales are cut with their
 * parameter; quantization of activations stays as it is.
 * @param removed ids of groups of `channels`
 * @throws ArgumentError if a group is fixed, or a value would lose its last channel
 */
export function removeGroups(
  graph: Graph,
  removed: ReadonlySet<number>,
  channels: ChannelGraph = channelGraph(graph),
): Graph {
  checkRemovable(channels, removed);
  const params = new Map<string, Param>();
  for (const [name, param] of graph.params) {
    const axes = channels.ofParam.get(name) ?? [];
    const kept = param.shape.map((extent, axis) => keptPositions(extent, axes[axis] ?? null, removed));
    params.set(name, sliceParam(param, kept));
  }
  const nodes = graph.nodes.map((node): Node => {
    if (node.op !== 'conv2d') return node;
    const weight = graph.params.get(node.params.weight) as Param;
    if (!isDepthwise(node, weight.shape)) return node;
    const inputs = channels.ofValue.get(node.inputs[0]) as Int32Array;
    const groups = inputs.reduce((count, id) => count + (removed.has(id) ? 0 : 1), 0);
    return { ...node, attrs: { ...node.attrs, groups } };
  });
  return { ...graph, nodes, params, activations: graph.activations && new Map(graph.activations) };
}

function checkRemovable(channels: ChannelGraph, removed: ReadonlySet<number>): void {
  for (const id of removed) {
    const group = channels.groups[id];
    if (!group) throw new ArgumentError('removeGroups', 'removed', `ids below ${channels.groups.length}`, id);
    if (group.fixed !== null)
      throw new ArgumentError('removeGroups', 'removed', 'groups that may go', group.fixed);
  }
  for (const [name, ids] of channels.ofValue) {
    if (ids.every((id) => removed.has(id))) {
      throw new ArgumentError('removeGroups', 'removed', `at least one channel of '${name}' to stay`, 'none');
    }
  }
}

/** Positions along one axis that stay. */
function keptPositions(extent: number, ids: Int32Array | null, removed: ReadonlySet<number>): number[] {
  const kept: number[] = [];
  for (let i = 0; i < extent; i++) if (!ids || !removed.has(ids[i])) kept.push(i);
  return kept;
}

/** The sub-array at the kept positions of every axis; all that belongs to the parameter is cut alike. */
function sliceParam(param: Param, kept: readonly number[][]): Param {
  let offsets = [0];
  param.shape.forEach((extent, axis) => {
    offsets = offsets.flatMap((offset) => kept[axis].map((position) => offset * extent + position));
  });
  const pick = <A extends Float32Array | Uint8Array>(source: A): A => {
    const out = new (source.constructor as new (length: number) => A)(offsets.length);
    for (let i = 0; i < offsets.length; i++) out[i] = source[offsets[i]];
    return out;
  };
  return {
    ...param,
    shape: kept.map((positions) => positions.length),
    values: pick(param.values),
    mask: param.mask && pick(param.mask),
    codebook: param.codebook && {
      centroids: param.codebook.centroids.slice(),
      indices: pick(param.codebook.indices),
    },
    quant: param.quant && {
      scale: Float32Array.from(kept[0], (c) => (param.quant as { scale: Float32Array }).scale[c]),
    },
  };
}
