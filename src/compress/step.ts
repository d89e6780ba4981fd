/** What all compression steps share: the form of their result, and checks of their options. */
import type { Backend } from '../backend/backend.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { oneOf, type Rule } from '../core/rules.ts';
import { formatShape, sameShape } from '../core/shape.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Graph } from '../graph/graph.ts';
import { totals } from '../graph/infer.ts';
import { firstNotFinite } from '../graph/weights.ts';

/** Sizes of a graph: parameters, those not zero, multiply-accumulates a sample, bytes in memory. */
export type Size = ReturnType<typeof totals>;

/** What every step reports: its name and the graph's size before and after it. */
export interface StepReport {
  step: string;
  before: Size;
  after: Size;
}

/** A step takes a graph, leaves it as it is, and returns another with a report. */
export interface StepResult<R extends StepReport = StepReport> {
  graph: Graph;
  report: R;
}

/** The part of a report that is the same for every step. */
export function sizes(step: string, before: Graph, after: Graph): StepReport {
  return { step, before: totals(before), after: totals(after) };
}

/**
 * Checks that a number lies in [low, high].
 * @throws ArgumentError naming the step and the option
 */
export function inRange(step: string, option: string, value: number, low: number, high: number): void {
  if (!(value >= low && value <= high)) {
    throw new ArgumentError(step, option, `a number in [${low}, ${high}]`, value);
  }
}

/**
 * Checks that a backend was handed in: JavaScript callers may have put it among the options.
 * @throws ArgumentError naming the step
 */
export function needsBackend(step: string, backend: Backend | undefined): asserts backend is Backend {
  if (!backend?.heap) throw new ArgumentError(step, 'backend', 'a backend (of createBackend())', backend);
}

/**
 * Checks that the images have the shape the graph reads.
 * @throws ShapeError naming the step
 */
export function fitsInput(step: string, graph: Graph, data: Dataset): void {
  const [input] = graph.inputs;
  if (!sameShape(input.shape, data.shape)) {
    throw new ShapeError(step, 'data', formatShape(input.shape), formatShape(data.shape));
  }
}

/** Names of the weights of conv2d and linear nodes, in graph order, each once: what pruning, sharing and int8 act on. */
export function weightNames(graph: Graph): string[] {
  const names = new Set<string>();
  for (const node of graph.nodes) {
    if (node.op === 'conv2d' || node.op === 'linear') names.add(node.params.weight);
  }
  return [...names];
}

/** What ranks weights or channels: each layer by itself, or all together. */
export const scopeRule: Rule = oneOf('layer', 'global');

/** Names of weights, or of the nodes that use them. */
export function layerRule(graph: Graph): Rule {
  const names = new Set(weightNames(graph));
  for (const node of graph.nodes) {
    if (node.params.weight && names.has(node.params.weight)) names.add(node.name);
  }
  return oneOf(...names);
}

/**
 * Checks the importance of one weight parameter: as many finite numbers as there should be.
 * @param what the numbers are for, in the message
 * @throws ArgumentError naming the step and the parameter
 */
export function checkScores(
  step: string,
  scores: ReadonlyMap<string, Float32Array>,
  name: string,
  length: number,
  what: string,
): void {
  const argument = `scores of ${name}`;
  const given = scores instanceof Map ? scores.get(name) : undefined;
  if (!(given instanceof Float32Array) || given.length !== length) {
    const got = given instanceof Float32Array ? `${given.length} numbers` : given;
    throw new ArgumentError(step, argument, `a Float32Array of ${length} numbers, one ${what}`, got);
  }
  const bad = firstNotFinite(given);
  if (bad >= 0) throw new ArgumentError(step, argument, 'finite numbers', `${given[bad]} at ${bad}`);
}

/**
 * `weightNames`, or those of them that every given list asks for, by parameter name or by the name of the node that uses it.
 * @throws ArgumentError for a name that is neither, or if none is left
 */
export function selectWeights(
  step: string,
  graph: Graph,
  ...lists: readonly (readonly string[] | undefined)[]
): string[] {
  let names = weightNames(graph);
  for (const list of lists) {
    if (!list) continue;
    const chosen = new Set(list.map((layer) => weightOf(step, graph, layer)));
    names = names.filter((name) => chosen.has(name));
  }
  if (names.length === 0) throw new ArgumentError(step, 'layers', 'at least one layer with weights', 'none');
  return names;
}

/**
 * The weight parameter that a layer's name means: the parameter itself, or that of the node called so.
 * @throws ArgumentError if there is none
 */
export function weightOf(step: string, graph: Graph, layer: string): string {
  const all = weightNames(graph);
  if (all.includes(layer)) return layer;
  const node = graph.nodes.find((n) => n.name === layer);
  if (node?.params.weight && all.includes(node.params.weight)) return node.params.weight;
  throw new ArgumentError(step, 'layer', `one of ${all.join(', ')}`, layer);
}
