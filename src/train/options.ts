/** What `fit` can be told, and what it tells. */
import type { Engine } from '../autograd/engine.ts';
import type { Tensor } from '../autograd/tensor.ts';
import type { Backend } from '../backend/backend.ts';
import type { Augmentation } from '../data/augment.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Graph } from '../graph/graph.ts';
import type { AdamWOptions } from '../optim/adamw.ts';
import type { Schedule } from '../optim/schedule.ts';
import type { SgdOptions } from '../optim/sgd.ts';
import type { ParameterSet } from './parameters.ts';

/** An optimizer as data. `decayAll` lets weight decay act on biases and batch norm too; default false. */
export type OptimizerOptions = { lr: number; decayAll?: boolean } & (
  | ({ kind: 'sgd' } & Omit<SgdOptions, 'noDecay'>)
  | ({ kind: 'adamw' } & Omit<AdamWOptions, 'noDecay'>)
);

/** What a loss is computed from. Everything lives until the end of the step. */
export interface LossContext {
  /** [batch][classes] */
  logits: Tensor;
  /** [batch][classes]: one-hot, smoothed if asked for. */
  target: Tensor;
  /** Which samples of the data set the rows are. */
  indices: Uint32Array;
  /** [batch][...]: the normalised input. */
  input: Tensor;
  /** Every value of the graph by name. */
  values: ReadonlyMap<string, Tensor>;
  engine: Engine;
}

/** Where the training stands after a step. */
export interface Progress {
  /** From 0. */
  epoch: number;
  /** Steps done since the start, from 1. */
  step: number;
  /** Steps there will be. */
  steps: number;
  /** Loss of this step's batch, and the share of it classified rightly. */
  loss: number;
  top1: number;
  lr: number;
  /** Samples a second, since the start (or since it went on). */
  rate: number;
  /** L2 norm of all gradients of the step together, before clipping. */
  gradientNorm: number;
  /** Share of pruned weights among those of conv2d and linear, 0 to 1. */
  sparsity: number;
}

/** What `onStep` may look at and change. */
export interface StepContext extends Progress {
  parameters: ParameterSet;
  engine: Engine;
}

/** One line of the history. */
export interface EpochLog {
  epoch: number;
  /** Steps done since the start. */
  step: number;
  /** Means over the epoch's training batches. */
  loss: number;
  top1: number;
  gradientNorm: number;
  /** Share of pruned weights among those of conv2d and linear, at the end of the epoch. */
  sparsity: number;
  /** Of the last step. */
  lr: number;
  seconds: number;
  validation?: { loss: number; top1: number };
}

/**
 * `save` is called every `every` steps, at the end of each epoch, and once before the training throws: because `signal` was
 * aborted, or because a loss or a gradient was not finite (then with the state before that step). It is awaited. A checkpoint
 * holds everything that decides the rest of the training, the data apart.
 */
export interface Checkpointing {
  /** Steps. */
  every: number;
  save(state: Uint8Array): void | Promise<void>;
}

export interface FitOptions {
  epochs: number;
  /** Samples a step. Default 64. The last images of an epoch that fill no batch are left out of it; a data set smaller than a batch is one batch. */
  batch?: number;
  /** Of the shuffle and the augmentation. Default 1. */
  seed?: number;
  optimizer: OptimizerOptions;
  /** Default constant. */
  schedule?: Schedule;
  /** Share of the target spread evenly over the classes, in [0, 1). Default 0. */
  labelSmoothing?: number;
  /** Largest L2 norm of all gradients together. Default: not clipped. */
  clipNorm?: number;
  /** Default none. Needs a data set of bytes. */
  augment?: Augmentation;
  /** Scored after each epoch. */
  validation?: Dataset;
  /** Stops when validation top-1 has not risen for `patience` epochs, and returns the weights of the best epoch. */
  earlyStopping?: { patience: number };
  /** Ends the training after so many steps; the schedule is laid over what is left. */
  maxSteps?: number;
  callbacks?: { onStep?(progress: Progress): void; onEpochEnd?(log: EpochLog): void };
  /** Runs after each step and may change masks (gradual pruning). */
  onStep?(context: StepContext): void;
  /** Default: the mean cross-entropy of logits and target. */
  loss?(context: LossContext): Tensor;
  /** Decay of a moving average of weights and running statistics, which is what is validated and returned. Default: none. */
  averaging?: number;
  /** Batch norm uses its running statistics and leaves them alone. Default false. */
  freezeBatchNorm?: boolean;
  /** Part of the training during which the ranges of quantized activations follow the data, in [0, 1]. Default 0.5. */
  trackRanges?: number;
  /** Default: a new wasm backend. */
  backend?: Backend;
  /** Ends the training between two steps with the signal's reason, after a checkpoint. */
  signal?: AbortSignal;
  /** Where the training stands, in bytes that `resume` takes: see `Checkpointing`. */
  checkpoint?: Checkpointing;
  /**
   * Goes on from a checkpoint as if the training had never stopped: the result is the same to the bit. Graph, data, options,
   * and those of `loss` and `onStep` must be what the training was started with.
   */
  resume?: Uint8Array;
}

export interface FitResult {
  graph: Graph;
  history: EpochLog[];
}
