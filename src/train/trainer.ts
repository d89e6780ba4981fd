/** One training run: everything that a step touches, and the step itself. `fit` drives it. */
import { Engine } from '../autograd/engine.ts';
import type { Tensor } from '../autograd/tensor.ts';
import type { Backend } from '../backend/backend.ts';
import { DivergenceError } from '../core/errors.ts';
import type { Dataset } from '../data/dataset.ts';
import { Loader } from '../data/loader.ts';
import type { Graph } from '../graph/graph.ts';
import { crossEntropy } from '../ops/cross-entropy.ts';
import { oneHot } from '../ops/one-hot.ts';
import { runGraph } from '../ops/run-graph.ts';
import { AdamW } from '../optim/adamw.ts';
import { GradientClipper } from '../optim/clip.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import { Sgd } from '../optim/sgd.ts';
import { ActivationRanges } from './activation-ranges.ts';
import { WeightAverage } from './averaging.ts';
import type { FitOptions, OptimizerOptions } from './options.ts';
import { ParameterSet } from './parameters.ts';
import type { Pause } from './pause.ts';
import { type Classifier, classifierOf, type Score, scoreGraph } from './score.ts';

export class Trainer {
  readonly engine: Engine;
  readonly parameters: ParameterSet;
  readonly ranges: ActivationRanges;
  readonly loader: Loader;
  private readonly graph: Graph;
  private readonly options: FitOptions;
  private readonly classifier: Classifier;
  private readonly trainable: Tensor[];
  private readonly optimizer: Optimizer;
  private readonly clipper: GradientClipper | undefined;
  private readonly average: WeightAverage | undefined;

  constructor(graph: Graph, data: Dataset, options: FitOptions, backend: Backend) {
    this.graph = graph;
    this.options = options;
    this.classifier = classifierOf(graph, data);
    this.engine = new Engine(backend);
    this.parameters = new ParameterSet(this.engine, graph);
    this.ranges = new ActivationRanges(this.engine, graph);
    this.loader = new Loader(data);
    this.trainable = this.parameters.trainable();
    this.optimizer = makeOptimizer(options.optimizer, this.parameters);
    if (options.clipNorm !== undefined) this.clipper = new GradientClipper(this.trainable, options.clipNorm);
    if (options.averaging !== undefined) {
      this.average = new WeightAverage(this.parameters.leaves(), options.averaging);
    }
  }

  /**
   * Forward, backward, update on the samples `indices`.
   * @param step number of the step, for messages
   * @throws DivergenceError if the loss or the gradient's norm is not finite
   */
  step(indices: Uint32Array, lr: number, step: number): { loss: number; right: number } {
    const { engine, parameters } = this;
    return engine.step(() => {
      const { classifier, options, ranges } = this;
      const input = engine.empty([indices.length, ...this.graph.inputs[0].shape]);
      const labels = engine.empty([indices.length], 'i32');
      this.loader.fill(input.view() as Float32Array, labels.view() as Int32Array, 0, indices.length, indices);
      const target = oneHot(labels, classifier.classes, options.labelSmoothing ?? 0);

      parameters.beginStep();
      const values = runGraph(this.graph, {
        inputs: { [classifier.input]: input },
        param: (name) => parameters.get(name),
        training: !options.freezeBatchNorm,
        onValue: (name, value) => ranges.apply(name, value),
      });
      const logits = values.get(classifier.logits) as Tensor;
      const loss =
        options.loss?.({ logits, target, indices, input, values, engine }) ?? crossEntropy(logits, target);
      const lossValue = loss.item();
      if (!Number.isFinite(lossValue)) throw new DivergenceError(step, 'loss', 'the value');

      engine.zeroGrad(this.trainable);
      engine.backward(loss);
      parameters.constrainGradients();
      const norm = this.clipper?.clip() ?? 0;
      if (!Number.isFinite(norm)) throw new DivergenceError(step, 'parameters', 'the gradient');
      this.optimizer.step(lr);
      parameters.constrainValues();
      this.average?.update();
      return { loss: lossValue, right: countRight(logits.view(), labels.view(), classifier.classes) };
    });
  }

  /** Runs `fn` on the weights that count: their moving average, where one is kept. */
  async withAverage<T>(fn: () => T | Promise<T>): Promise<T> {
    this.average?.swap();
    // Masks may have changed since the average was begun.
    this.parameters.constrainValues();
    try {
      return await fn();
    } finally {
      this.average?.swap();
      this.parameters.constrainValues();
    }
  }

  /** Scores the weights as they are, fake-quantized where the graph is quantized. */
  score(data: Dataset, pause: Pause): Promise<Score> {
    return scoreGraph(this.graph, data, this.engine, this.parameters, this.ranges, pause);
  }
}

function makeOptimizer(options: OptimizerOptions, parameters: ParameterSet): Optimizer {
  const noDecay = options.decayAll ? undefined : parameters.withoutDecay();
  const trainable = parameters.trainable();
  return options.kind === 'sgd'
    ? new Sgd(trainable, { ...options, noDecay })
    : new AdamW(trainable, { ...options, noDecay });
}

/** Rows whose largest logit is the label's. */
function countRight(logits: ArrayLike<number>, labels: ArrayLike<number>, classes: number): number {
  let right = 0;
  for (let row = 0; row < labels.length; row++) {
    const start = row * classes;
    let best = 0;
    for (let i = 1; i < classes; i++) if (logits[start + i] > logits[start + best]) best = i;
    if (best === labels[row]) right += 1;
  }
  return right;
}
