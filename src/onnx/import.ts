/**
 * ONNX models as graphs: opset 7 to 21 of the operators a CNN is made of (docs: `paring/onnx`). Constants are folded, uint8
 * becomes int8 by a shift of 128, and pairs of QuantizeLinear and DequantizeLinear become the graph's int8 grids.
 */
import { ArgumentError, FormatError, GraphError, OnnxError } from '../core/errors.ts';
import { Check } from '../format/check.ts';
import { readMeta } from '../format/header.ts';
import type { Graph, Metadata, Node } from '../graph/graph.ts';
import { inferShapes } from '../graph/infer.ts';
import { removeDead } from '../graph/passes/dead-code.ts';
import { META_KEY } from './export.ts';
import { fold } from './fold.ts';
import { joinHardSwish } from './hard-swish.ts';
import { BATCH, BatchMoved, ImportGraph, type Run, type Value } from './import-graph.ts';
import { maxIndices } from './import-layers.ts';
import { codeReaders, handle, movers, plainCodes } from './import-ops.ts';
import { NodeView } from './node.ts';
import type { ElementType, OnnxGraph, OnnxModel, ValueInfo } from './proto.ts';
import { readModel } from './reader.ts';
import { type Constant, constant, constantOf, elementType, isFloat } from './tensor.ts';

export interface ImportOnnxOptions {
  /** Values of graph inputs, for operators that must know an input (a shape, weights) when the model is imported. */
  inputs?: Readonly<Record<string, Constant>>;
}

export interface ImportReport {
  readonly opset: number;
  readonly producer: string;
  /** Whether the first axis is a batch of any size. `fixed`: the model runs at the shapes it states, batch 1 to `compile`. */
  readonly batch: 'dynamic' | 'fixed';
  /** Nodes of the file, and how many of them were folded into constants. */
  readonly nodes: number;
  readonly folded: number;
  /** Outputs that do not depend on what comes in; the graph does not have them. */
  readonly constants: ReadonlyMap<string, Constant>;
  /** Element type of each output as ONNX has it. The graph's values are f32. */
  readonly types: ReadonlyMap<string, ElementType>;
}

/** Promised from 7 on; of what is older, what means the same. */
const OLDEST = 1;
const NEWEST = 21;

/**
 * The model in an ONNX file. Not changed on the way: an operator that has no exact form is refused.
 * @throws FormatError, with the offset, for bytes that are not a model; OnnxError naming node, operator and opset
 */
export function importOnnx(
  bytes: Uint8Array,
  options: ImportOnnxOptions = {},
): { graph: Graph; report: ImportReport } {
  if (!(bytes instanceof Uint8Array)) throw new ArgumentError('importOnnx', 'bytes', 'a Uint8Array', bytes);
  const model = readModel(bytes);
  const { graph } = model;
  if (!graph) throw new FormatError(bytes.length, 'a model with a graph', 'none');
  const opset =
    (model.opsetImport ?? []).find(({ domain = '' }) => domain === '' || domain === 'ai.onnx')?.version ?? 0;
  if (opset < OLDEST || opset > NEWEST) {
    throw new OnnxError('', '', opset, `opset ${opset} is outside ${OLDEST} to ${NEWEST}`);
  }
  const producer = [model.producerName, model.producerVersion].filter(Boolean).join(' ');
  const initializers = new Map((graph.initializer ?? []).map((t) => [t.name ?? '', constantOf(t)]));
  const open = (graph.input ?? []).filter(({ name = '' }) => !initializers.has(name));
  const symbolic = open.some(
    ({ name = '' }, i) =>
      !Object.hasOwn(options.inputs ?? {}, name) &&
      extents(open[i]).length > 0 &&
      extents(open[i])[0] === undefined,
  );
  const attempt = (dynamic: boolean) =>
    build(graph, opset, dynamic, initializers, open, options.inputs ?? {});
  let built: ReturnType<typeof build>;
  try {
    built = attempt(true);
  } catch (error) {
    // A model that states its shapes can be had at those.
    if (symbolic) throw named(error);
    try {
      built = attempt(false);
    } catch (second) {
      throw named(second);
    }
  }
  const meta = { ...built.graph.meta, ...ownMeta(model) };
  return { graph: { ...joinHardSwish(built.graph), meta }, report: { opset, producer, ...built.report } };
}

/** What `exportOnnx` wrote of the input, classes and lineage, if the model is from there. */
function ownMeta({ metadataProps = [] }: OnnxModel): Metadata {
  const text = metadataProps.find(({ key }) => key === META_KEY)?.value;
  if (text === undefined) return {};
  const check = new Check(0);
  return readMeta(check, check.record(check.json(text), META_KEY));
}

/** What importing throws, as an error of the library. */
function named(error: unknown): unknown {
  if (error instanceof BatchMoved) {
    return new OnnxError('', '', 0, `${error.message}; state its size in the model to have it at that one`);
  }
  return error;
}

function extents(info: ValueInfo): (number | undefined)[] {
  const dims = info.type?.tensorType?.shape?.dim ?? [];
  return dims.map(({ dimValue }) => (dimValue && dimValue > 0 ? dimValue : undefined));
}

function build(
  source: OnnxGraph,
  opset: number,
  dynamic: boolean,
  initializers: ReadonlyMap<string, Constant>,
  open: readonly ValueInfo[],
  bindings: Readonly<Record<string, Constant>>,
) {
  const uses = new Map<string, number>();
  const use = (name: string): void => void uses.set(name, (uses.get(name) ?? 0) + 1);
  for (const node of source.node ?? []) for (const name of node.input ?? []) use(name);
  for (const { name = '' } of source.output ?? []) use(name);

  const g = new ImportGraph(dynamic, uses, bindings);
  for (const [name, value] of initializers) g.values.set(name, { kind: 'constant', ...value });
  for (const info of open) {
    const name = info.name ?? '';
    const type = elementType(info.type?.tensorType?.elemType, `input '${name}'`);
    const bound = Object.hasOwn(bindings, name) ? bindings[name] : undefined;
    const shape = extents(info).map(
      (extent, axis) => extent ?? bound?.shape[axis] ?? (dynamic && axis === 0 ? BATCH : 0),
    );
    if (shape.some((extent) => extent === 0) && !bound) {
      throw new OnnxError('', '', opset, `input '${name}' has an unknown extent that is not its first`);
    }
    g.input(name, shape, type);
  }

  let folded = 0;
  for (const raw of source.node ?? []) {
    const node = new NodeView(raw, opset);
    if (raw.domain && raw.domain !== 'ai.onnx') node.fail(`domain '${raw.domain}' is not supported`);
    const { result, wasFolded } = translate(g, node);
    if (wasFolded) folded += 1;
    const [name] = node.outputs;
    if (!name) continue;
    let value = result;
    if (value.kind === 'run') {
      const readers = uses.get(name) ?? 0;
      // An alias has its source's other readers as well.
      const others = node.inputs
        .map((input) => g.values.get(input))
        .find((input): input is Run => input?.kind === 'run' && input.name === (value as Run).name);
      value = { ...value, uses: readers + (others && !asBiasOf(g, value) ? others.uses - 1 : 0) };
      if (!others && g.rename(value.name, name)) value = { ...value, name };
    }
    g.values.set(name, value);
    for (const extra of node.outputs.slice(1)) {
      if (!extra || !uses.has(extra)) continue;
      const source = g.value(node, 0);
      const known = source.kind === 'run' ? g.binding(source) : source;
      if (node.op === 'MaxPool' && known) {
        g.values.set(extra, { kind: 'constant', ...maxIndices(node, known) });
        continue;
      }
      if (node.op !== 'Dropout' || g.dynamic) node.fail(`output '${extra}' has no form here`);
      const shape = value.shape;
      const ones = new Float32Array(shape.reduce((size, extent) => size * extent, 1)).fill(1);
      g.values.set(extra, { kind: 'constant', ...constant(node.opset < 10 ? 'float' : 'bool', shape, ones) });
    }
  }
  return finish(g, source, opset, folded);
}

/** Whether the value is a layer that has just taken a constant as its bias, and so has no reader but the new ones. */
function asBiasOf(g: ImportGraph, value: Run): boolean {
  return value.uses === 1 && g.nodes.some((node) => node.name === value.name && 'bias' in node.params);
}

function translate(g: ImportGraph, node: NodeView): { result: Value; wasFolded: boolean } {
  const inputs = node.inputs.map((_, i) => g.optional(node, i));
  // What is not arithmetic in f32 is computed of the values that inputs are bound to.
  const ofConstant = node.op === 'Gather' && (inputs[0] as Value).kind === 'constant';
  const empty = inputs.some((value) => value?.kind === 'run' && value.shape.includes(0));
  const whole = ofConstant || empty || (!movers.includes(node.op) && !codeReaders.includes(node.op));
  const known = inputs.map((value) => {
    if (value?.kind !== 'run' || value.codes) return value;
    if (value.shape.includes(0)) return g.binding(value) ?? value;
    const inF32 = (isFloat(value.type) && value.type !== 'double') || node.op === 'Shape';
    return whole && (node.op === 'Cast' || !inF32) ? (g.binding(value) ?? value) : value;
  });
  if (node.op !== 'Shape' && known.every((value) => !value || (value as Value).kind !== 'run')) {
    const result = fold(node, known as (Constant | undefined)[]);
    if (result) return { result: { ...result, kind: 'constant' }, wasFolded: true };
  }
  const [first] = inputs;
  if (first?.kind === 'run' && first.codes && movers.includes(node.op)) {
    const { codes, type } = first;
    g.values.set(node.inputs[0], { ...first, codes: undefined, type: 'float' });
    const moved = handle(g, node) as Run;
    g.values.set(node.inputs[0], first);
    return { result: { ...g.mark(node, { ...moved, uses: 1 }, codes, type), type, codes }, wasFolded: false };
  }
  if (!codeReaders.includes(node.op)) {
    node.inputs.forEach((name, i) => {
      const value = inputs[i];
      if (value?.kind === 'run' && value.codes) g.values.set(name, plainCodes(g, node, value));
    });
  }
  return { result: handle(g, node), wasFolded: node.op === 'Shape' };
}

function finish(g: ImportGraph, source: OnnxGraph, opset: number, folded: number) {
  const outputs: string[] = [];
  const constants = new Map<string, Constant>();
  const types = new Map<string, ElementType>();
  for (const { name = '' } of source.output ?? []) {
    const value = g.values.get(name);
    if (!value) throw new OnnxError('', '', opset, `output '${name}' is made by nothing`);
    types.set(name, value.type);
    if (value.kind === 'constant') {
      g.checkConstant(value);
      constants.set(name, value);
      continue;
    }
    const node = new NodeView({ opType: 'Identity', output: [name] }, opset);
    let shown = plainCodes(g, node, value);
    if (g.inputs.some((input) => input.name === shown.name) || outputs.includes(shown.name))
      shown = g.again(node, shown);
    if (shown.name !== name) {
      // The name may be with the numbers that the output is the codes of.
      g.rename(name, g.fresh(`${name}/real`));
      if (g.rename(shown.name, name)) shown = { ...shown, name };
    }
    outputs.push(shown.name);
  }
  const read = new Set(g.nodes.flatMap((node) => node.inputs));
  const inputs = g.inputs.filter(({ name }) => read.has(name) || !g.bound.has(name));
  if (g.dynamic) {
    const batches = new Set(inputs.map(({ whole }) => whole[0]));
    if (batches.size > 1) throw new OnnxError('', '', opset, 'inputs differ in their first extent');
    if (inputs.some(({ whole }) => whole.length === 0))
      throw new OnnxError('', '', opset, 'an input is a scalar');
  }
  const graph = renameParams(
    removeDead({
      name: source.name || 'model',
      inputs: inputs.map(({ name, shape, fixed }) => (fixed ? { name, shape, fixed } : { name, shape })),
      nodes: g.nodes,
      outputs,
      params: g.params,
      ...(g.activations.size > 0 && { activations: g.activations }),
      meta: outputs.length === 1 && g.nodes.at(-1)?.op === 'softmax' ? { output: 'probabilities' } : {},
    }),
  );
  inferShapes(graph, 1);
  const batch: 'dynamic' | 'fixed' = g.dynamic ? 'dynamic' : 'fixed';
  return { graph, report: { batch, nodes: source.node?.length ?? 0, folded, constants, types } };
}

/** Parameters by the node that first uses them, and their role. */
function renameParams(graph: Graph): Graph {
  const names = new Map<string, string>();
  const params = new Map<string, NonNullable<ReturnType<typeof graph.params.get>>>();
  const nodes = graph.nodes.map((node): Node => {
    const entries = Object.entries(node.params).map(([role, name]) => {
      const param = graph.params.get(name);
      if (!param) throw new GraphError(node.name, `parameter '${role}' is missing`);
      const own = names.get(name) ?? `${node.name}.${role}`;
      names.set(name, own);
      params.set(own, { ...param, name: own });
      return [role, own];
    });
    return { ...node, params: Object.fromEntries(entries) } as Node;
  });
  return { ...graph, nodes, params };
}
