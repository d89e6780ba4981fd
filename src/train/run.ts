/** Drives a trainer through steps and epochs, says how far it is, and writes down where it stands. */

import { DivergenceError } from '../core/errors.ts';
import type { Dataset } from '../data/dataset.ts';
import { epochOrder } from '../data/loader.ts';
import type { Graph } from '../graph/graph.ts';
import { rateFactor, type Schedule } from '../optim/schedule.ts';
import { fitFingerprint, openCheckpoint } from './fingerprint.ts';
import { graphOfTree, graphTree } from './graph-state.ts';
import type { EpochLog, FitOptions, Progress } from './options.ts';
import { Pause } from './pause.ts';
import { pack, type Tree, type TreeFields } from './state.ts';
import type { StepResult, Trainer, TrainerState } from './trainer.ts';

/** Counts that follow from the options and the data. */
interface Plan {
  batch: number;
  stepsPerEpoch: number;
  steps: number;
  /** Steps during which ranges of activations follow the data. */
  trackingSteps: number;
  schedule: Schedule;
}

function planOf(data: Dataset, options: FitOptions): Plan {
  const { epochs, maxSteps = Infinity, trackRanges = 0.5, schedule = { kind: 'constant' } } = options;
  const batch = Math.min(options.batch ?? 64, data.length);
  const stepsPerEpoch = Math.floor(data.length / batch);
  const steps = Math.min(epochs * stepsPerEpoch, maxSteps);
  return { batch, stepsPerEpoch, steps, trackingSteps: Math.round(trackRanges * steps), schedule };
}

/** Where a run stands. Between two steps this, the trainer's state and the data decide all that follows. */
interface Position {
  /** Steps done. */
  done: number;
  epoch: number;
  /** Sums over the steps done of the epoch that runs. */
  sums: { steps: number; loss: number; right: number; norm: number; seconds: number };
  history: EpochLog[];
  /** The best epoch by validation, with early stopping. */
  best: { top1: number; epoch: number; graph: Graph } | null;
}

const NO_SUMS = { steps: 0, loss: 0, right: 0, norm: 0, seconds: 0 };

export class Run {
  private readonly trainer: Trainer;
  private readonly data: Dataset;
  private readonly options: FitOptions;
  private readonly plan: Plan;
  private readonly fingerprint: TreeFields;
  private readonly pause = new Pause();
  private readonly start = performance.now();
  /** Steps done when this run took over. */
  private readonly before: number;
  private at: Position = { done: 0, epoch: 0, sums: { ...NO_SUMS }, history: [], best: null };

  /** @throws CheckpointError if `resume` is damaged or belongs to another run */
  constructor(trainer: Trainer, graph: Graph, data: Dataset, options: FitOptions) {
    this.trainer = trainer;
    this.data = data;
    this.options = options;
    this.plan = planOf(data, options);
    this.fingerprint = fitFingerprint(graph, data, options);
    if (options.resume) this.restore(openCheckpoint(options.resume, 'training', this.fingerprint));
    this.before = this.at.done;
  }

  /** Runs to the end. */
  async all(): Promise<{ graph: Graph; history: EpochLog[] }> {
    while (!this.over()) await this.epoch();
    const { trainer, at } = this;
    const graph = at.best?.graph ?? (await trainer.withAverage(() => trainer.writeBack()));
    return { graph, history: at.history };
  }

  private over(): boolean {
    const { done, best, epoch } = this.at;
    const { earlyStopping } = this.options;
    const patient = !earlyStopping || !best || epoch - 1 - best.epoch < earlyStopping.patience;
    return done >= this.plan.steps || !patient;
  }

  private async epoch(): Promise<void> {
    const { trainer, options, plan, at, data } = this;
    const { seed = 1, checkpoint } = options;
    const order = epochOrder(seed, at.epoch, data.length);
    trainer.loader.augment(options.augment, seed, at.epoch);
    const count = Math.min(plan.stepsPerEpoch, plan.steps - at.epoch * plan.stepsPerEpoch);
    let lr = 0;
    while (at.sums.steps < count) {
      if (options.signal?.aborted) {
        await this.save();
        options.signal.throwIfAborted();
      }
      const start = performance.now();
      lr = options.optimizer.lr * rateFactor(plan.schedule, at.done, plan.steps);
      const first = at.sums.steps * plan.batch;
      const result = await this.step(order.subarray(first, first + plan.batch), lr);
      at.done += 1;
      at.sums.steps += 1;
      at.sums.loss += result.loss;
      at.sums.right += result.right;
      at.sums.norm += result.gradientNorm;
      this.report(result, lr);
      if (checkpoint && at.done % checkpoint.every === 0 && at.sums.steps < count) await this.save();
      await this.pause.when();
      at.sums.seconds += (performance.now() - start) / 1000;
    }
    const log: EpochLog = {
      epoch: at.epoch,
      step: at.done,
      loss: at.sums.loss / count,
      top1: at.sums.right / (count * plan.batch),
      gradientNorm: at.sums.norm / count,
      sparsity: trainer.parameters.sparsity,
      lr,
      seconds: at.sums.seconds,
    };
    if (options.validation) log.validation = await this.validate(options.validation);
    at.history.push(log);
    options.callbacks?.onEpochEnd?.(log);
    at.epoch += 1;
    at.sums = { ...NO_SUMS };
    await this.save();
  }

  /** One step; where it fails with everything still sound, what stood before it is saved. */
  private async step(indices: Uint32Array, lr: number): Promise<StepResult> {
    const { trainer, at } = this;
    trainer.ranges.tracking = at.done < this.plan.trackingSteps;
    try {
      return trainer.step(indices, lr, at.done + 1);
    } catch (error) {
      if (trainer.sound) await this.save();
      throw error;
    }
  }

  private validate(data: Dataset): Promise<{ top1: number; loss: number }> {
    const { trainer, at, options } = this;
    return trainer.withAverage(async () => {
      const { top1, loss } = await trainer.score(data, this.pause);
      if (!Number.isFinite(loss)) throw new DivergenceError(at.done, 'loss', 'the validation value');
      if (options.earlyStopping && !(at.best && top1 <= at.best.top1)) {
        at.best = { top1, epoch: at.epoch, graph: trainer.writeBack() };
      }
      return { top1, loss };
    });
  }

  private report({ loss, right, gradientNorm }: StepResult, lr: number): void {
    const { trainer, plan, at } = this;
    const { callbacks, onStep } = this.options;
    if (!callbacks?.onStep && !onStep) return;
    const { parameters, engine } = trainer;
    const progress: Progress = {
      epoch: at.epoch,
      step: at.done,
      steps: plan.steps,
      loss,
      top1: right / plan.batch,
      lr,
      rate: ((at.done - this.before) * plan.batch * 1000) / (performance.now() - this.start),
      gradientNorm,
      sparsity: parameters.sparsity,
    };
    // What changes masks comes first, so that whoever looks on sees them.
    onStep?.({ ...progress, parameters, engine });
    callbacks?.onStep?.({ ...progress, sparsity: parameters.sparsity });
  }

  private async save(): Promise<void> {
    const { checkpoint } = this.options;
    if (!checkpoint) return;
    const { best, ...position } = this.at;
    const state = {
      kind: 'training',
      fingerprint: this.fingerprint,
      trainer: this.trainer.state(),
      position: { ...position, best: best && { ...best, graph: graphTree(best.graph) } },
    };
    await checkpoint.save(pack(state as unknown as Tree));
  }

  private restore(state: TreeFields): void {
    const { best, ...position } = state.position as unknown as Omit<Position, 'best'> & {
      best: { top1: number; epoch: number; graph: Tree } | null;
    };
    this.at = { ...position, best: best && { ...best, graph: graphOfTree(best.graph) } };
    this.trainer.restore(state.trainer as unknown as TrainerState);
  }
}
