/**
 * A graph as an ONNX file (opset 13, IR 7). Values keep their names. A graph in int8 is written in the QDQ form: every value
 * with a grid passes QuantizeLinear and DequantizeLinear, weights are int8 with a scale for each output channel, biases
 * int32; runtimes fuse these into their integer kernels, and where they do not, they compute the same in f32.
 *
 * ONNX operators: https://onnx.ai/onnx/operators. QDQ: ONNX Runtime, "Quantize ONNX models".
 */
import { GraphError } from '../core/errors.ts';
import { fields, obey, whole } from '../core/rules.ts';
import type { Shape } from '../core/shape.ts';
import { VERSION } from '../core/version.ts';
import type { Graph, Node, Param } from '../graph/graph.ts';
import { inferShapes } from '../graph/infer.ts';
import { removeDead } from '../graph/passes/dead-code.ts';
import { foldBatchNorm } from '../graph/passes/fold-batch-norm.ts';
import { fuseActivations } from '../graph/passes/fuse-activation.ts';
import { assertFinite } from '../graph/weights.ts';
import { Emitter } from './emitter.ts';
import { Grids } from './export-int8.ts';
import { exporters, type Site } from './export-ops.ts';
import { type Dimension, elementTypes, type ValueInfo } from './proto.ts';
import { writeModel } from './writer.ts';

/** Key of the metadata property that holds what the graph says of its input, classes, output and lineage, as JSON. */
export const META_KEY = 'paring';

const OPSET = 13;
const IR = 7;

export interface ExportOnnxOptions {
  /** A fixed batch size. Default: none; the first extent is the symbol `batch`. */
  batch?: number;
}

/**
 * The graph as an ONNX model. Pruned and shared weights are written as the numbers they are. A graph in int8 is written as
 * its integer plan sees it: batch norm folded, activations fused.
 * @throws GraphError if the graph is not a model, a weight is not finite, an output is an input, or a layer has no integer
 *   form; ArgumentError if an option is unknown or out of range
 */
export function exportOnnx(graph: Graph, options: ExportOnnxOptions = {}): Uint8Array {
  obey('exportOnnx', options, fields({ batch: whole(1) }));
  inferShapes(graph, 1);
  assertFinite(graph);
  const live = removeDead(graph);
  const shown = live.activations ? fuseActivations(foldBatchNorm(live)) : live;
  const shapes = inferShapes(shown, 1);
  const inputs = new Set(shown.inputs.map(({ name }) => name));
  for (const name of shown.outputs) {
    if (inputs.has(name))
      throw new GraphError(name, 'is an input and an output, which ONNX cannot say of one value');
  }

  const emitter = new Emitter(shapes.keys());
  const grids = new Grids(emitter, shown);
  for (const { name } of shown.inputs) grids.input(name);
  const constants = new Map<string, string>();
  const constant = (param: Param): string => {
    const known = constants.get(param.name);
    if (known !== undefined) return known;
    const made = param.quant
      ? grids.weight(param, param.quant.scale)
      : emitter.constant(param.name, param.shape, param.values);
    constants.set(param.name, made);
    return made;
  };
  for (const node of shown.nodes) {
    const site: Site = {
      inputs: node.inputs.map((name) => grids.read(name)),
      output: grids.write(node.name),
      params: grids.layer(node) ?? mapValues(node.params, (name) => constant(paramNamed(shown, name))),
      extents: (role) => paramNamed(shown, node.params[role]).shape,
      rank: (shapes.get(node.inputs[0]) as Shape).length,
    };
    const write = exporters[node.op] as (e: Emitter, node: Node, site: Site) => void;
    write(emitter, node, site);
    grids.settle(node.name);
  }

  const dimensions = options.batch === undefined ? symbolic(shown) : fixed(shown, options.batch);
  const valueInfo = (name: string): ValueInfo => {
    const dim = dimensions(name);
    return { name, type: { tensorType: { elemType: elementTypes.float, shape: { dim } } } };
  };
  const { meta } = graph;
  return writeModel({
    irVersion: IR,
    producerName: 'paring',
    producerVersion: VERSION,
    graph: {
      node: emitter.nodes,
      name: graph.name,
      initializer: emitter.initializers,
      input: shown.inputs.map(({ name }) => valueInfo(name)),
      output: shown.outputs.map(valueInfo),
    },
    opsetImport: [{ domain: '', version: OPSET }],
    metadataProps: Object.keys(meta).length > 0 ? [{ key: META_KEY, value: JSON.stringify(meta) }] : [],
  });
}

type Dimensions = (value: string) => Dimension[];

function fixed(graph: Graph, batch: number): Dimensions {
  const shapes = inferShapes(graph, batch);
  return (value) => (shapes.get(value) as Shape).map((dimValue) => ({ dimValue }));
}

/** What grows with the batch is as many times the extent of one sample: the symbol itself where that is 1. */
function symbolic(graph: Graph): Dimensions {
  const one = inferShapes(graph, 1);
  const two = inferShapes(graph, 2);
  return (value) =>
    (one.get(value) as Shape).map((extent, i) => {
      if ((two.get(value) as Shape)[i] === extent) return { dimValue: extent };
      return { dimParam: extent === 1 ? 'batch' : `batch*${extent}` };
    });
}

function paramNamed(graph: Graph, name: string): Param {
  const param = graph.params.get(name);
  if (!param) throw new GraphError(name, 'is no parameter of the graph');
  return param;
}

function mapValues<T>(
  record: Readonly<Record<string, string>>,
  change: (value: string) => T,
): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
