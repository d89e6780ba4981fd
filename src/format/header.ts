/**
 * The header: the graph's structure and what it means, as JSON text.
 *
 *   {"name": ..., "inputs": [[name, shape]...], "nodes": [[op, name, attributes, params, inputs]...],
 *    "outputs": [...], "params": [shape...], "meta": {...}}
 *
 * What goes without saying is left out (docs/format.md): default attributes, inputs that are the value just before, and
 * parameter names that are node.role.
 */
import type { Shape } from '../core/shape.ts';
import { MOST_ELEMENTS, sizeOf } from '../core/shape.ts';
import type { Graph, InputMeaning, Lineage, Metadata, Node, Param } from '../graph/graph.ts';
import { opNames, readAttributes, saidAttributes } from './attributes.ts';
import type { Check } from './check.ts';

/** A parameter as the header has it: everything but its numbers. */
export interface ParamSpec {
  name: string;
  shape: Shape;
  trainable: boolean;
}

export interface Header {
  graph: Omit<Graph, 'params' | 'activations'>;
  params: ParamSpec[];
}

/** Parameters in the order in which nodes first use them, which is their order in the file. */
export function paramsInOrder(graph: Graph): Param[] {
  const ordered = new Map<string, Param>();
  for (const node of graph.nodes) {
    for (const name of Object.values(node.params)) {
      const param = graph.params.get(name);
      if (param) ordered.set(name, param);
    }
  }
  return [...ordered.values()];
}

export function headerText(graph: Graph): string {
  let before = graph.inputs[0]?.name;
  const nodes = graph.nodes.map((node) => {
    const attrs = saidAttributes(node);
    const roles = Object.keys(node.params);
    const plain = roles.every((role) => node.params[role] === `${node.name}.${role}`);
    const entry: unknown[] = [
      node.op,
      node.name,
      Object.keys(attrs).length > 0 ? attrs : 0,
      plain ? roles : node.params,
      node.inputs,
    ];
    if (node.inputs.length === 1 && node.inputs[0] === before) {
      entry.pop();
      if (plain && roles.length === 0) entry.pop();
      if (entry.length === 3 && entry[2] === 0) entry.pop();
    }
    before = node.name;
    return entry;
  });
  const { name, outputs, meta } = graph;
  return JSON.stringify({
    name,
    inputs: graph.inputs.map(({ name, shape, fixed }) => (fixed ? [name, shape, 'fixed'] : [name, shape])),
    nodes,
    outputs,
    params: paramsInOrder(graph).map(({ shape, trainable }) => (trainable ? shape : [...shape, 'fixed'])),
    meta,
  });
}

/** @throws FormatError (by `check`) for anything that is not a header. Shapes and ops are checked against each other later. */
export function readHeader(check: Check, text: string): Header {
  const header = check.record(check.json(text), 'header');
  const inputs = check.list(header.inputs, 'inputs').map((entry) => {
    const [name, shape, kind] = check.list(entry, 'input');
    const input = { name: check.name(name, 'input name'), shape: readShape(check, shape, 'input shape') };
    if (kind === undefined) return input;
    check.oneOf(kind, ['fixed'], 'input kind');
    return { ...input, fixed: true as const };
  });
  if (inputs.length === 0) check.fail('inputs', 'at least one', 'none');
  const seen = new Set<string>();
  for (const { name } of inputs) {
    if (seen.has(name)) check.fail('inputs', 'different names', name);
    seen.add(name);
  }
  let before = inputs[0].name;
  const nodes = check.list(header.nodes, 'nodes').map((entry) => {
    const node = readNode(check, entry, before);
    before = node.name;
    return node;
  });
  const outputs = check.list(header.outputs, 'outputs').map((entry) => check.name(entry, 'output'));
  if (outputs.length === 0) check.fail('outputs', 'at least one', 'none');

  const names = [...new Set(nodes.flatMap((node) => Object.values(node.params)))];
  const shapes = check.list(header.params, 'params');
  if (shapes.length !== names.length) check.fail('params', `${names.length} shapes`, shapes.length);
  let elements = 0;
  const params = shapes.map((entry, i) => {
    const list = check.list(entry, 'parameter shape');
    const trainable = list[list.length - 1] !== 'fixed';
    const shape = readShape(check, trainable ? list : list.slice(0, -1), `shape of '${names[i]}'`);
    elements += sizeOf(shape);
    if (elements > MOST_ELEMENTS) check.fail('params', `at most ${MOST_ELEMENTS} elements`, elements);
    return { name: names[i], shape, trainable };
  });
  return {
    graph: {
      name: check.string(header.name, 'name'),
      inputs,
      nodes,
      outputs,
      meta: readMeta(check, check.record(header.meta, 'meta')),
    },
    params,
  };
}

function readShape(check: Check, value: unknown, what: string): number[] {
  const list = check.list(value, what);
  if (list.length > 8) check.fail(what, 'at most 8 extents', list);
  const shape = list.map((extent) => check.whole(extent, what, 1, MOST_ELEMENTS));
  if (sizeOf(shape) > MOST_ELEMENTS) check.fail(what, `at most ${MOST_ELEMENTS} elements`, shape);
  return shape;
}

function readNode(check: Check, entry: unknown, before: string): Node {
  const [op, nodeName, attrs = 0, params = [], inputs = [before], ...rest] = check.list(entry, 'node');
  if (rest.length > 0) check.fail('node', 'at most 5 entries', entry);
  const known = check.oneOf(op, opNames, 'op');
  const name = check.name(nodeName, 'node name');
  const byRole: Record<string, string> = Object.create(null);
  if (Array.isArray(params)) {
    for (const role of params) byRole[check.name(role, 'role')] = `${name}.${role}`;
  } else {
    for (const [role, param] of Object.entries(check.record(params, `parameters of '${name}'`))) {
      byRole[check.name(role, 'role')] = check.name(param, `parameter of '${name}'`);
    }
  }
  return {
    op: known,
    name,
    inputs: check.list(inputs, `inputs of '${name}'`).map((value) => check.name(value, 'input')),
    params: { ...byRole },
    attrs: readAttributes(check, known, attrs === 0 ? {} : check.record(attrs, `attributes of '${name}'`)),
  } as Node;
}

const outputKinds = ['logits', 'probabilities', 'values'] as const;

/** @throws FormatError (by `check`) */
export function readMeta(check: Check, meta: Record<string, unknown>): Metadata {
  const out: { -readonly [K in keyof Metadata]: Metadata[K] } = {};
  const input = check.field(meta, 'input');
  if (input !== undefined) out.input = readInput(check, check.record(input, 'meta.input'));
  const classes = check.field(meta, 'classes');
  if (classes !== undefined) {
    out.classes = check.list(classes, 'meta.classes').map((name) => check.string(name, 'class'));
  }
  const output = check.field(meta, 'output');
  if (output !== undefined) out.output = check.oneOf(output, outputKinds, 'meta.output');
  const lineage = check.field(meta, 'lineage');
  if (lineage !== undefined) out.lineage = readLineage(check, check.record(lineage, 'meta.lineage'));
  return out;
}

function readInput(check: Check, input: Record<string, unknown>): InputMeaning {
  const list = (key: string): number[] =>
    check.list(input[key], `meta.input.${key}`).map((v) => check.finite(v, `meta.input.${key}`));
  const range = list('range');
  if (range.length !== 2 || !(range[0] < range[1]))
    check.fail('meta.input.range', 'a lower and an upper end', range);
  const mean = list('mean');
  const deviation = list('deviation');
  if (mean.length !== deviation.length || mean.length === 0 || !deviation.every((d) => d > 0)) {
    check.fail('meta.input', 'one mean and one deviation above 0 a channel', { mean, deviation });
  }
  const channels = check.oneOf(input.channels, ['gray', 'rgb', 'bgr', 'none'], 'meta.input.channels');
  return { range: [range[0], range[1]], mean, deviation, channels };
}

function readLineage(check: Check, lineage: Record<string, unknown>): Lineage {
  const data = check.field(lineage, 'data');
  return {
    tool: check.string(lineage.tool, 'lineage.tool'),
    numerics: check.finite(lineage.numerics, 'lineage.numerics'),
    seed: check.finite(lineage.seed, 'lineage.seed'),
    ...(data === undefined ? {} : { data: check.string(data, 'lineage.data') }),
    steps: check.list(lineage.steps, 'lineage.steps').map((entry) => {
      const step = check.record(entry, 'lineage step');
      return {
        step: check.string(step.step, 'lineage step'),
        options: check.record(step.options ?? {}, 'lineage options'),
      };
    }),
  };
}
