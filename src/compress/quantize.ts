/**
 * int8 after training (Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
 * Inference", 2018): real = (q - zeroPoint) * scale. Weights are symmetric with a scale for each output channel,
 * max|w| / 127; activations are affine with one scale and zero point a value, from what an observer saw on a calibration
 * set. Training the result with `fit` is quantization-aware training.
 */
import { Engine } from '../autograd/engine.ts';
import type { Tensor } from '../autograd/tensor.ts';
import type { Backend } from '../backend/backend.ts';
import { ArgumentError } from '../core/errors.ts';
import { Rng } from '../core/rng.ts';
import { fields, number, obey, oneOf, type Rule, whole } from '../core/rules.ts';
import type { Dataset } from '../data/dataset.ts';
import { Loader } from '../data/loader.ts';
import {
  type ActivationQuantization,
  cloneGraph,
  type Graph,
  type Node,
  type Param,
} from '../graph/graph.ts';
import { foldBatchNorm } from '../graph/passes/fold-batch-norm.ts';
import { fuseActivations } from '../graph/passes/fuse-activation.ts';
import { assertFinite, firstNotFinite } from '../graph/weights.ts';
import { runGraph } from '../ops/run-graph.ts';
import { affineGrid } from '../train/activation-ranges.ts';
import { weightScales } from '../train/parameters.ts';
import { makeObserver, type Observer, type ObserverKind, type Range } from './observe.ts';
import { fitsInput, needsBackend, type StepReport, type StepResult, sizes, weightNames } from './step.ts';

export interface QuantizeOptions {
  /** Default 'movingAverage'. */
  observer?: ObserverKind;
  /** Per cent of values within each end of the range; for the percentile observer. Default 99.99. */
  percentile?: number;
  /** Images to calibrate on, drawn without repetition. Default 512, at most the data set's length. */
  samples?: number;
  /** Images a batch: what the moving average averages over. Default 64. */
  batch?: number;
  /** Chooses the images. Default 1. */
  seed?: number;
}

export interface QuantizeReport extends StepReport {
  /** Range observed for each value that has one of its own. */
  ranges: { value: string; low: number; high: number }[];
}

/** Rules for the options. */
export const quantizeRules: Readonly<Record<keyof QuantizeOptions, Rule>> = {
  observer: oneOf('minMax', 'movingAverage', 'percentile'),
  percentile: number(50.001, 100),
  samples: whole(1),
  batch: whole(1, 65536),
  seed: whole(0),
};

/**
 * Folds batch norm, fuses activations, and gives every weight and activation its int8 grid. Weights keep their f32
 * values, masks and codebooks (but see `foldBatchNorm`), so that training can go on.
 *
 * Max pooling, flatten and padding with 0 only move codes: they have their input's grid. Probabilities of a softmax
 * stay f32.
 * @param data what the inputs look like; labels are not read
 * @throws ArgumentError if an option is unknown or out of range, the graph is int8 already, or an image or a value that the
 *   graph makes of one is not finite; GraphError if a weight is not
 */
export function quantize(
  graph: Graph,
  data: Dataset,
  options: QuantizeOptions,
  backend: Backend,
): StepResult<QuantizeReport> {
  needsBackend('quantize', backend);
  obey('quantize', options, fields(quantizeRules));
  assertFinite(graph);
  if (graph.activations) {
    throw new ArgumentError(
      'quantize',
      'graph',
      'a graph in f32 (fit trains a quantized one further)',
      'a quantized one',
    );
  }
  const folded = cloneGraph(fuseActivations(foldBatchNorm(graph)));
  const observers = new Map<string, Observer>();
  const shares = new Map<string, string>();
  for (const input of folded.inputs)
    observers.set(input.name, makeObserver(options.observer ?? 'movingAverage', options.percentile));
  for (const node of folded.nodes) {
    if (node.op === 'softmax') continue;
    if (onlyMoves(node)) shares.set(node.name, node.inputs[0]);
    else observers.set(node.name, makeObserver(options.observer ?? 'movingAverage', options.percentile));
  }
  calibrate(folded, data, observers, options, backend);

  const activations = new Map<string, ActivationQuantization>();
  const ranges: QuantizeReport['ranges'] = [];
  for (const name of [...folded.inputs, ...folded.nodes].map((value) => value.name)) {
    const observer = observers.get(name);
    const source = shares.get(name);
    if (observer) {
      const { low, high } = observer.range();
      activations.set(name, affineGrid(low, high));
      ranges.push({ value: name, low, high });
    } else if (source !== undefined) {
      const shared = activations.get(source);
      if (shared) activations.set(name, { ...shared });
    }
  }
  for (const name of weightNames(folded)) {
    const param = folded.params.get(name) as Param;
    param.quant = { scale: weightScales(param.values, param.shape[0]) };
  }
  const result = { ...folded, activations };
  return { graph: result, report: { ...sizes('quantize', graph, result), ranges } };
}

/** Ops whose int8 form copies or chooses codes. */
function onlyMoves(node: Node): boolean {
  return ['maxPool', 'flatten', 'reshape'].includes(node.op) || (node.op === 'pad' && node.attrs.value === 0);
}

/** A grid has no code for NaN, and none is fine enough if one end is infinite. */
function finite(name: string, values: Float32Array, images: Uint32Array): void {
  const bad = firstNotFinite(values);
  if (bad < 0) return;
  const image = images[Math.floor((bad * images.length) / values.length)];
  throw new ArgumentError(
    'quantize',
    'data',
    `finite values of '${name}'`,
    `${values[bad]} for image ${image}`,
  );
}

/** Shows the observers every value of the calibration images. */
function calibrate(
  graph: Graph,
  data: Dataset,
  observers: ReadonlyMap<string, Observer>,
  { samples = 512, batch = 64, seed = 1 }: QuantizeOptions,
  backend: Backend,
): void {
  fitsInput('quantize', graph, data);
  const engine = new Engine(backend);
  const params = new Map<string, Tensor>();
  for (const p of graph.params.values()) {
    params.set(p.name, engine.parameter(p.shape, p.values, { trainable: false }));
  }
  const ends = engine.longLived([2]);
  const extremes = (value: Tensor): Range => {
    backend.reduce({ kind: 'minMax', x: value.ptr, y: ends.ptr, size: value.size });
    const [low, high] = ends.view();
    return { low, high };
  };
  const loader = new Loader(data);
  const order = new Rng(seed).fork('calibration').permutation(data.length);
  const count = Math.min(samples, data.length);
  const [input] = graph.inputs;
  const passes = Math.max(...[...observers.values()].map((observer) => observer.passes));
  for (let pass = 0; pass < passes; pass++) {
    for (let from = 0; from < count; from += batch) {
      const n = Math.min(batch, count - from);
      engine.step(() => {
        const x = engine.tensor([n, ...input.shape]);
        loader.fill(x.view() as Float32Array, new Int32Array(n), from, n, order);
        runGraph(graph, {
          inputs: { [input.name]: x },
          param: (name) => params.get(name) as Tensor,
          training: false,
          onValue(name, value) {
            const values = value.view() as Float32Array;
            if (pass === 0) finite(name, values, order.subarray(from, from + n));
            observers.get(name)?.see(pass, values, extremes(value));
            return value;
          },
        });
      });
    }
  }
  engine.release();
}
