/**
 * Weights by name, in and out of a graph: what torch calls a state_dict. A graph says which parameters a model has; a
 * safetensors file says what they are; a map of names brings the two together.
 */
import { ArgumentError, GraphError, ShapeError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { formatShape, sameShape } from '../core/shape.ts';
import type { Graph, Param } from '../graph/graph.ts';
import { assertFinite, plannedValues, quantizedCodes } from '../graph/weights.ts';
import type { SafeTensor, SafetensorsData, WritableTensor } from './safetensors.ts';

/** The tensor that holds a parameter: by parameter name, or computed from it. */
export type NameMap = Readonly<Record<string, string>> | ((param: string) => string);

export interface FillOptions {
  /**
   * Which tensor each parameter takes. A record may leave parameters out: they go by `torchName`, as all do by default.
   */
  names?: NameMap;
  /** Tensors that no parameter takes and that may be there all the same. Default: those ending in `num_batches_tracked`. */
  ignore?: (tensor: string) => boolean;
}

/** The last part of a parameter's name, as torch calls it. */
const torchRoles: Readonly<Record<string, string>> = {
  gamma: 'weight',
  beta: 'bias',
  mean: 'running_mean',
  variance: 'running_var',
};

/** torch's name of a builder's parameter: `bn1.gamma` is `bn1.weight`, `bn1.mean` is `bn1.running_mean`; others are alike. */
export function torchName(param: string): string {
  const dot = param.lastIndexOf('.') + 1;
  const role = param.slice(dot);
  return Object.hasOwn(torchRoles, role) ? param.slice(0, dot) + torchRoles[role] : param;
}

/**
 * The graph with the file's numbers as its parameters. Floating-point tensors of any width are taken and rounded to f32.
 * Layouts are torch's own (OIHW, [out][in]), so nothing is turned. Masks, codebooks and scales of the old values are
 * dropped: they say nothing about the new ones.
 * @param graph not changed
 * @throws GraphError if a parameter has no tensor, or a number is not finite; ShapeError if shapes differ; ArgumentError if a
 *   tensor is left over, is taken twice under two names, or holds integers
 */
export function fillGraph(
  graph: Graph,
  tensors: ReadonlyMap<string, SafeTensor>,
  options: FillOptions = {},
): Graph {
  const { names = {}, ignore = (name) => name.endsWith('num_batches_tracked') } = options;
  if (typeof names !== 'function') {
    for (const name of Object.keys(names)) {
      if (!graph.params.has(name)) throw new ArgumentError('fillGraph', 'names', 'names of parameters', name);
    }
  }
  const nameOf = (param: string): string => {
    if (typeof names === 'function') return names(param);
    return Object.hasOwn(names, param) ? names[param] : torchName(param);
  };
  const takenBy = new Map<string, string>();
  const params = new Map<string, Param>();
  for (const { name, shape, trainable } of graph.params.values()) {
    const wanted = nameOf(name);
    const tensor = tensors.get(wanted);
    if (!tensor) {
      const close = nearest(wanted, [...tensors.keys()]);
      const advice = close === undefined ? '' : `; did you mean '${close}'?`;
      throw new GraphError(name, `the file has no tensor '${wanted}'${advice}`);
    }
    const other = takenBy.get(wanted);
    if (other !== undefined) {
      throw new ArgumentError('fillGraph', 'names', `one parameter for '${wanted}'`, `${other} and ${name}`);
    }
    takenBy.set(wanted, name);
    if (!sameShape(tensor.shape, shape)) {
      throw new ShapeError(
        'fillGraph',
        `'${wanted}' for '${name}'`,
        formatShape(shape),
        formatShape(tensor.shape),
      );
    }
    params.set(name, { name, shape, trainable, values: floats(wanted, tensor.data) });
  }
  const extra = [...tensors.keys()].filter((name) => !takenBy.has(name) && !ignore(name));
  if (extra.length > 0) {
    throw new ArgumentError('fillGraph', 'tensors', 'no tensor that no parameter takes', extra.slice(0, 8));
  }
  const filled: Graph = { ...graph, params };
  delete (filled as { activations?: unknown }).activations;
  assertFinite(filled);
  return filled;
}

function floats(name: string, data: SafetensorsData): Float32Array {
  if (data instanceof Float32Array || data instanceof Float64Array) return Float32Array.from(data);
  throw new ArgumentError('fillGraph', `'${name}'`, 'floating-point numbers', data.constructor.name);
}

export interface TensorsOptions {
  /** How f32 parameters are written. Default F32. */
  dtype?: 'F32' | 'F16';
  /** Name of each parameter's tensor. Default: its own. `torchName` gives torch's. */
  names?: (param: string) => string;
}

/**
 * A graph's parameters as tensors for `writeSafetensors`. A quantized one is two: I8 codes under its name and F32 scales, one
 * an output channel, under `name.scale`; its value is code * scale.
 * @throws ArgumentError if two parameters get one name
 */
export function graphTensors(graph: Graph, options: TensorsOptions = {}): Map<string, WritableTensor> {
  const { dtype = 'F32', names = (param) => param } = options;
  const tensors = new Map<string, WritableTensor>();
  const set = (name: string, tensor: WritableTensor): void => {
    if (tensors.has(name))
      throw new ArgumentError('graphTensors', 'names', 'a name for each parameter', name);
    tensors.set(name, tensor);
  };
  for (const param of graph.params.values()) {
    const name = names(param.name);
    const { shape, quant } = param;
    if (quant) {
      set(name, { dtype: 'I8', shape, data: quantizedCodes(param) });
      set(`${name}.scale`, { dtype: 'F32', shape: [quant.scale.length], data: quant.scale });
    } else {
      set(name, { dtype, shape, data: plannedValues(param) });
    }
  }
  return tensors;
}
