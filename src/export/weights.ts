/**
 * The weights of an exported model as a model file stores them (masks, codebooks, int8 codes, all entropy coded), with
 * what was folded into them after they were shared stored beside them.
 */
import type { AnyTypedArray } from '../core/dtype.ts';
import { ByteWriter } from '../format/bytes.ts';
import { writeFloats } from '../format/floats.ts';
import { writeSymbols } from '../format/symbols.ts';
import { writeTensor } from '../format/tensor.ts';
import type { Graph, Param } from '../graph/graph.ts';
import { removeDead } from '../graph/passes/dead-code.ts';
import { channelFactors, foldBatchNorm } from '../graph/passes/fold-batch-norm.ts';
import { plannedValues, quantizedCodes } from '../graph/weights.ts';
import type { WeightItem } from './recipe.ts';
import type { Constant, Prepared } from './record.ts';

export interface StoredWeights {
  bytes: Uint8Array;
  items: WeightItem[];
}

/** A parameter as it will be stored, and what it becomes when the model starts. */
interface Source {
  param: Param;
  factors?: Float64Array;
  /** One of these: what the plan ordered. */
  codes?: Int8Array;
  values?: Float32Array;
}

/** @param graph as it was before the plan's passes */
export function storeWeights(
  graph: Graph,
  prepared: readonly Prepared[],
  constants: readonly Constant[],
): StoredWeights {
  const sources = sourcesOf(removeDead(graph));
  const writer = new ByteWriter();
  const items: WeightItem[] = prepared.map(({ primitive, args, weights, to }) => {
    const { param, factors } = find(sources, weights);
    writeTensor(writer, param, false);
    if (factors) writeFloats(writer, new Float32Array(factors.buffer));
    return { to, shape: param.shape, ...(factors && { factors: true as const }), primitive, args };
  });
  for (const { to, bytes } of constants) {
    if (bytes.length % 4 === 0 && bytes.length !== 256) {
      writeFloats(writer, new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4));
      items.push({ to, words: bytes.length / 4 });
    } else {
      writeSymbols(writer, bytes, 256);
      items.push({ to, bytes: bytes.length });
    }
  }
  return { bytes: writer.finish(), items };
}

/**
 * Every parameter that a plan may order. Folding drops a codebook, since one shared value times many factors is many
 * values: such a weight is stored as it was, shared, and its factors beside it.
 */
function sourcesOf(graph: Graph): Source[] {
  const folded = foldBatchNorm(graph);
  const sources: Source[] = [];
  for (const norm of graph.nodes) {
    if (norm.op !== 'batchNorm') continue;
    const layer = graph.nodes.find(({ name }) => name === norm.inputs[0]);
    const before = layer && graph.params.get(layer.params.weight);
    const after = folded.nodes.find(({ name }) => name === norm.name)?.params.weight;
    if (!before?.codebook || before.quant || after === undefined) continue;
    const factors = channelFactors(norm, graph.params);
    const values = (folded.params.get(after) as Param).values;
    sources.push({ param: before, factors, values });
  }
  for (const param of folded.params.values()) {
    const codes = param.quant && quantizedCodes(param);
    sources.push({ param, values: plannedValues(param) });
    if (codes) sources.push({ param: param.codebook ? param : asCodes(param, codes), codes });
  }
  return sources;
}

/** The codes alone: what they stand for is in the multipliers. Every scale is 1, which takes next to nothing. */
function asCodes(param: Param, codes: Int8Array): Param {
  return {
    ...param,
    values: Float32Array.from(codes),
    quant: { scale: new Float32Array(param.shape[0]).fill(1) },
  };
}

/** By contents: a plan may have made the array anew. */
function find(sources: readonly Source[], weights: AnyTypedArray): Source {
  const wanted = bytesOf(weights);
  const found = sources.find(({ values, codes }) => {
    const candidate = weights instanceof Int8Array ? codes : values;
    return candidate !== undefined && sameBytes(bytesOf(candidate), wanted);
  });
  if (!found) throw new Error('a weight of the plan is none of the graph');
  return found;
}

function bytesOf(array: AnyTypedArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
