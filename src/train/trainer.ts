/** One training run: everything that a step touches, and the step itself. `fit` drives it. */
import { Engine } from '../autograd/engine.ts';
import type { Tensor } from '../autograd/tensor.ts';
import type { Backend } from '../backend/backend.ts';
import { DivergenceError } from '../core/errors.ts';
import { checkFinite, type Dataset } from '../data/dataset.ts';
import { Loader } from '../data/loader.ts';
import type { Graph } from '../graph/graph.ts';
import { crossEntropy } from '../ops/cross-entropy.ts';
import { oneHot } from '../ops/one-hot.ts';
import { runGraph } from '../ops/run-graph.ts';
import { AdamW } from '../optim/adamw.ts';
import { GradientClipper } from '../optim/clip.ts';
import type { Optimizer, OptimizerState } from '../optim/optimizer.ts';
import { Sgd } from '../optim/sgd.ts';
import { ActivationRanges, type RangeState } from './activation-ranges.ts';
import { WeightAverage } from './averaging.ts';
import { FiniteCheck } from './finite.ts';
import type { FitOptions, OptimizerOptions } from './options.ts';
import { ParameterSet, type ParameterState } from './parameters.ts';
import type { Pause } from './pause.ts';
import { type Classifier, classifierOf, type Score, scoreGraph } from './score.ts';

/** A trainer's part of a checkpoint. */
export interface TrainerState {
  parameters: ParameterState[];
  optimizer: OptimizerState;
  ranges: RangeState[];
  average?: { steps: number; averages: Float32Array[] };
}

/** What a step tells. */
export interface StepResult {
  loss: number;
  /** Samples classified rightly. */
  right: number;
  /** L2 norm of all gradients, before clipping. */
  gradientNorm: number;
}

export class Trainer {
  readonly engine: Engine;
  readonly parameters: ParameterSet;
  readonly ranges: ActivationRanges;
  readonly loader: Loader;
  /** Whether what the trainer holds may be gone on from: false after an update that left the finite numbers. */
  sound = true;
  private readonly graph: Graph;
  private readonly options: FitOptions;
  private readonly classifier: Classifier;
  private readonly trainable: Tensor[];
  private readonly named: readonly [string, Tensor][];
  private readonly optimizer: Optimizer;
  private readonly clipper: GradientClipper;
  private readonly finite: FiniteCheck;
  private readonly average: WeightAverage | undefined;
  /** What a forward pass changes: running statistics. */
  private readonly moving: { leaf: Tensor; before: Float32Array }[] = [];

  constructor(graph: Graph, data: Dataset, options: FitOptions, backend: Backend) {
    this.graph = graph;
    this.options = options;
    this.classifier = classifierOf(graph, data);
    this.engine = new Engine(backend);
    this.parameters = new ParameterSet(this.engine, graph);
    this.ranges = new ActivationRanges(this.engine, graph);
    this.loader = new Loader(data);
    this.trainable = this.parameters.trainable();
    this.named = this.parameters.named();
    this.optimizer = makeOptimizer(options.optimizer, this.parameters);
    this.clipper = new GradientClipper(this.trainable, options.clipNorm);
    this.finite = new FiniteCheck(this.engine);
    if (options.averaging !== undefined) {
      this.average = new WeightAverage(this.parameters.leaves(), options.averaging);
    }
    if (options.checkpoint) {
      const leaves = this.parameters.leaves().filter((leaf) => !leaf.requiresGrad);
      this.moving = leaves.map((leaf) => ({ leaf, before: new Float32Array(leaf.size) }));
    }
  }

  /**
   * Forward, backward, update on the samples `indices`. If it throws before the update and checkpoints are taken, everything is
   * as it was before the step.
   * @param step number of the step, for messages
   * @throws DivergenceError naming the first value, gradient or parameter that is not finite; DataError if it is the input
   */
  step(indices: Uint32Array, lr: number, step: number): StepResult {
    return this.engine.step(() => {
      const restore = this.remember();
      let result: StepResult;
      try {
        result = this.differentiate(indices, step);
      } catch (error) {
        restore();
        throw error;
      }
      this.optimizer.step(lr);
      this.parameters.constrainValues();
      const broken = this.finite.firstBroken(this.named);
      if (broken !== undefined) {
        this.sound = false;
        throw new DivergenceError(step, broken, 'the value');
      }
      this.average?.update();
      return result;
    });
  }

  /** Forward and backward: leaves the gradients, clipped, at the parameters. */
  private differentiate(indices: Uint32Array, step: number): StepResult {
    const { engine, parameters, classifier, options, ranges } = this;
    const input = engine.empty([indices.length, ...this.graph.inputs[0].shape]);
    const labels = engine.empty([indices.length], 'i32');
    this.loader.fill(input.view() as Float32Array, labels.view() as Int32Array, 0, indices.length, indices);
    const target = oneHot(labels, classifier.classes, options.labelSmoothing ?? 0);

    parameters.beginStep();
    // As computed, before any rounding to a grid, which hides infinities.
    const made: [string, Tensor][] = [];
    const values = runGraph(this.graph, {
      inputs: { [classifier.input]: input },
      param: (name) => parameters.get(name),
      training: !options.freezeBatchNorm,
      onValue: (name, value) => {
        made.push([name, value]);
        return ranges.apply(name, value);
      },
    });
    const logits = values.get(classifier.logits) as Tensor;
    const loss =
      options.loss?.({ logits, target, indices, input, values, engine }) ?? crossEntropy(logits, target);
    const lossValue = loss.item();
    if (!Number.isFinite(lossValue) || ranges.broken) {
      this.checkInput(input, indices);
      throw new DivergenceError(step, this.finite.firstBroken(made) ?? 'loss', 'the value');
    }

    engine.zeroGrad(this.trainable);
    engine.backward(loss);
    parameters.constrainGradients();
    const gradientNorm = this.clipper.clip();
    if (!Number.isFinite(gradientNorm)) {
      const broken = this.finite.firstBroken(this.named.map(([name, { grad }]) => [name, grad]));
      // All finite, but the sum of their squares is not.
      if (broken === undefined) throw new DivergenceError(step, 'parameters', 'the norm of the gradient');
      throw new DivergenceError(step, broken, 'the gradient');
    }
    const right = countRight(logits.view(), labels.view(), classifier.classes);
    return { loss: lossValue, right, gradientNorm };
  }

  /** @throws DataError if the input is what is not finite: no learning rate is to blame then */
  private checkInput(input: Tensor, indices: Uint32Array): void {
    const values = input.view();
    const size = values.length / indices.length;
    indices.forEach((sample, row) => {
      checkFinite(values, row * size, size, sample, 'training data');
    });
  }

  /** Keeps what a forward pass changes. The function returned puts it back. */
  private remember(): () => void {
    if (!this.options.checkpoint) return () => {};
    for (const { leaf, before } of this.moving) before.set(leaf.view());
    const ranges = this.ranges.state();
    return () => {
      for (const { leaf, before } of this.moving) leaf.set(before);
      this.ranges.restore(ranges);
    };
  }

  /** All that the next steps depend on, the data apart. */
  state(): TrainerState {
    return {
      parameters: this.parameters.state(),
      optimizer: this.optimizer.state(),
      ranges: this.ranges.state(),
      average: this.average?.state(),
    };
  }

  /** Goes on where a trainer of the same graph and options stood. */
  restore({ parameters, optimizer, ranges, average }: TrainerState): void {
    this.parameters.restore(parameters);
    this.optimizer.restore(optimizer);
    this.ranges.restore(ranges);
    if (average) this.average?.restore(average);
  }

  /** The graph as trained so far. */
  writeBack(): Graph {
    return { ...this.parameters.writeBack(), activations: this.ranges.activations() };
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
