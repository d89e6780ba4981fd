/**
 * A model written as JSON: a list of layers, with branches by naming what a layer reads. docs/models.md has an example.
 * Nothing in it is trusted: every key and value is checked before a layer is built.
 */
import { ArgumentError, GraphError, ShapeError } from '../core/errors.ts';
import { Rng } from '../core/rng.ts';
import { fields, isRecord, listOf, obey, oneOf, oneOfNames, type Rule, text, whole } from '../core/rules.ts';
import { assertShape, formatShape, MOST_ELEMENTS, type Shape, sameShape } from '../core/shape.ts';
import type { Graph } from '../graph/graph.ts';
import { builder, type GraphBuilder } from './builder.ts';
import { joins, type LayerOp, layerOps, layerOptions } from './layers.ts';
import { addLayer, layerNames } from './sequential.ts';

export interface FromJsonOptions {
  /** Source of the initial weights. Default seed 1. */
  rng?: Rng;
  /** Shape of the data without batch; must agree with the model's `input` if both are given. */
  inputShape?: Shape;
  /** What `"out": "classes"` stands for. */
  classes?: number;
}

/** Most layers of a model in JSON. */
const MOST_LAYERS = 4096;

/** The value that the data comes in as. */
const INPUT = 'x';

const outline = fields(
  {
    name: text,
    input: listOf(whole(1, MOST_ELEMENTS), 1),
    layers: (value, path) =>
      Array.isArray(value) && value.length > 0 && value.length <= MOST_LAYERS
        ? null
        : { path, expected: `a list of 1 to ${MOST_LAYERS} layers`, got: value },
  },
  ['name', 'layers'],
);

const jsonRules = Object.fromEntries(layerOps.map((op) => [op, layerRule(op)])) as Record<LayerOp, Rule>;

/** A layer's own options, its name and what it reads. */
function layerRule(op: LayerOp): Rule {
  const { rules, required } = layerOptions[op];
  const all: Record<string, Rule> = { op: oneOf(op), name: text, ...rules };
  if (joins.has(op)) all.inputs = listOf(text, 2);
  else all.input = text;
  if ('out' in rules) {
    const number: Rule = rules.out;
    all.out = (value, path) =>
      value === 'classes' || number(value, path) === null
        ? null
        : { path, expected: `a whole number of at least 1, or "classes"`, got: value };
  }
  return fields(all, joins.has(op) ? ['inputs', ...required] : required);
}

/**
 * Builds the graph that a JSON value describes. Its output is the last layer's value.
 * @throws ArgumentError with the path in the JSON for an unknown key or op, a missing or wrong value; GraphError for layers
 *   that do not fit together (with the path as well); ShapeError if the data's shape is not the model's
 */
export function graphFromJson(json: unknown, options: FromJsonOptions = {}): Graph {
  obey('model', json, outline);
  const { name, input, layers } = json as { name: string; input?: Shape; layers: unknown[] };
  const b = builder(name, { [INPUT]: inputOf(name, input, options) }, options.rng ?? new Rng(1));
  const nameOf = layerNames();
  const unread = new Map<string, string>();
  let before = INPUT;
  layers.forEach((layer, i) => {
    const path = `layers[${i}]`;
    const { op, given, reads, rest } = readLayer(layer, path, before, options.classes);
    const layerName = nameOf(op, given);
    build(b, op, layerName, reads, rest, path);
    for (const value of typeof reads === 'string' ? [reads] : reads) unread.delete(value);
    unread.set(layerName, path);
    before = layerName;
  });
  unread.delete(before);
  for (const [value, path] of unread) throw new GraphError(value, `${path}: no later layer reads it`);
  return b.output(before).build();
}

function inputOf(name: string, said: Shape | undefined, { inputShape, classes }: FromJsonOptions): Shape {
  if (classes !== undefined) obey('model', { classes }, fields({ classes: whole(1, 1 << 20) }));
  const shape = inputShape ?? said;
  if (!shape)
    throw new ArgumentError('model', 'input', 'a shape such as [3, 32, 32], here or of the data', shape);
  assertShape('model', 'inputShape', shape);
  if (said && !sameShape(said, shape))
    throw new ShapeError(`model '${name}'`, 'input', `data of ${formatShape(said)}`, formatShape(shape));
  return shape;
}

interface Layer {
  op: LayerOp;
  given?: string;
  reads: string | readonly string[];
  /** The options that the builder takes. */
  rest: object;
}

function readLayer(layer: unknown, path: string, before: string, classes: number | undefined): Layer {
  const spec: unknown = typeof layer === 'string' ? { op: layer } : layer;
  if (!isRecord(spec)) throw new ArgumentError('model', path, 'an op, or an object with an op', spec);
  const op = spec.op as LayerOp;
  if (!layerOps.includes(op)) {
    throw new ArgumentError('model', `${path}.op`, oneOfNames(layerOps, spec.op), spec.op);
  }
  const problem = jsonRules[op](spec, path);
  if (problem) throw new ArgumentError('model', problem.path, problem.expected, problem.got);
  const { op: _op, name, input, inputs, ...rest } = spec;
  if (rest.out === 'classes') {
    if (classes === undefined)
      throw new ArgumentError('model', 'classes', `a number for ${path}.out`, classes);
    rest.out = classes;
  }
  const reads = (inputs ?? input ?? before) as string | readonly string[];
  return { op, given: name as string | undefined, reads, rest };
}

/** Adds the layer; what does not fit is said with the path. */
function build(
  b: GraphBuilder,
  op: LayerOp,
  name: string,
  reads: string | readonly string[],
  options: object,
  path: string,
): void {
  try {
    if (typeof reads === 'string') addLayer(b, op, name, reads, options);
    else if (op === 'concat') b.concat(name, reads);
    else if (op === 'add' || op === 'mul') {
      if (reads.length !== 2) throw new GraphError(name, `${op} reads two values, got ${reads.length}`);
      b[op](name, reads[0], reads[1]);
    }
  } catch (error) {
    if (error instanceof GraphError) throw new GraphError(name, `${path}: ${error.detail}`);
    throw error;
  }
}
