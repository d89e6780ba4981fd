/** Trains a graph on labelled images. Pure and bit-exact: the graph given stays, the same seed gives the same bytes. */
import { createBackend } from '../backend/create.ts';
import { ArgumentError } from '../core/errors.ts';
import type { Dataset } from '../data/dataset.ts';
import { epochOrder } from '../data/loader.ts';
import type { Graph } from '../graph/graph.ts';
import { checkSchedule, rateFactor, type Schedule } from '../optim/schedule.ts';
import type { EpochLog, FitOptions, FitResult, Progress } from './options.ts';
import { Pause } from './pause.ts';
import { Trainer } from './trainer.ts';

/**
 * Trains. Masks, codebooks and quantization of the graph hold throughout (see `ParameterSet`); an int8 graph is trained
 * quantization-aware. Returns to the event loop about every 50 ms.
 * @returns the trained graph, which from then on says what its input and classes mean, and one log an epoch; with early
 *   stopping the graph is that of the best epoch
 * @throws ArgumentError for options out of range, GraphError and ShapeError if graph and data do not fit each other,
 *   DivergenceError if the loss becomes NaN or infinite, or what `signal` was aborted with
 */
export async function fit(graph: Graph, data: Dataset, options: FitOptions): Promise<FitResult> {
  const plan = schedulePlan(data, options);
  const trainer = new Trainer(graph, data, options, options.backend ?? (await createBackend()));
  const run = new Run(trainer, options, plan);
  const history: EpochLog[] = [];
  let best: { top1: number; epoch: number; graph: Graph } | undefined;

  for (let epoch = 0; run.done < plan.steps; epoch++) {
    const log = await run.epoch(epoch);
    if (options.validation) {
      const { validation } = options;
      const { top1, loss } = await trainer.withAverage(async () => {
        const score = await trainer.score(validation, run.pause);
        if (options.earlyStopping && !(best && score.top1 <= best.top1)) {
          best = { top1: score.top1, epoch, graph: writeBack(trainer) };
        }
        return score;
      });
      log.validation = { top1, loss };
    }
    history.push(log);
    options.callbacks?.onEpochEnd?.(log);
    if (options.earlyStopping && best && epoch - best.epoch >= options.earlyStopping.patience) break;
  }
  const trained = best?.graph ?? (await trainer.withAverage(() => writeBack(trainer)));
  // What input and classes mean is what they meant in training, where nobody has said so before.
  const meta = { input: data.meaning, classes: data.classes, ...trained.meta };
  return { graph: { ...trained, meta }, history };
}

/** Counts that follow from the options and the data. */
interface Plan {
  batch: number;
  stepsPerEpoch: number;
  steps: number;
  /** Steps during which ranges of activations follow the data. */
  trackingSteps: number;
  schedule: Schedule;
}

function schedulePlan(data: Dataset, options: FitOptions): Plan {
  const { epochs, maxSteps = Infinity, labelSmoothing = 0, trackRanges = 0.5, earlyStopping } = options;
  const schedule = options.schedule ?? { kind: 'constant' };
  checkSchedule(schedule);
  const whole = (name: string, value: number): void => {
    if (!(Number.isInteger(value) && value >= 1)) {
      throw new ArgumentError('fit', name, 'a whole number >= 1', value);
    }
  };
  whole('epochs', epochs);
  whole('batch', options.batch ?? 64);
  if (maxSteps !== Infinity) whole('maxSteps', maxSteps);
  const kind: unknown = options.optimizer?.kind;
  if (kind !== 'sgd' && kind !== 'adamw') {
    throw new ArgumentError('fit', 'optimizer.kind', "'sgd' or 'adamw'", kind);
  }
  if (!(options.optimizer.lr > 0 && options.optimizer.lr < Infinity)) {
    throw new ArgumentError('fit', 'optimizer.lr', 'a number above 0', options.optimizer.lr);
  }
  if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
    throw new ArgumentError('fit', 'labelSmoothing', 'a number in [0, 1)', labelSmoothing);
  }
  if (!(trackRanges >= 0 && trackRanges <= 1)) {
    throw new ArgumentError('fit', 'trackRanges', 'a number in [0, 1]', trackRanges);
  }
  if (earlyStopping) {
    whole('earlyStopping.patience', earlyStopping.patience);
    if (!options.validation) throw new ArgumentError('fit', 'validation', 'data to stop by', 'none');
  }
  const batch = Math.min(options.batch ?? 64, data.length);
  const stepsPerEpoch = Math.floor(data.length / batch);
  const steps = Math.min(epochs * stepsPerEpoch, maxSteps);
  return { batch, stepsPerEpoch, steps, trackingSteps: Math.round(trackRanges * steps), schedule };
}

/** Counts steps and runs them epoch by epoch. */
class Run {
  readonly pause = new Pause();
  /** Steps done. */
  done = 0;
  private readonly trainer: Trainer;
  private readonly options: FitOptions;
  private readonly plan: Plan;
  private readonly start = performance.now();

  constructor(trainer: Trainer, options: FitOptions, plan: Plan) {
    this.trainer = trainer;
    this.options = options;
    this.plan = plan;
  }

  async epoch(epoch: number): Promise<EpochLog> {
    const { trainer, options, plan } = this;
    const { batch, steps } = plan;
    const { seed = 1 } = options;
    const start = performance.now();
    const order = epochOrder(seed, epoch, trainer.loader.data.length);
    trainer.loader.augment(options.augment, seed, epoch);
    const count = Math.min(plan.stepsPerEpoch, steps - this.done);
    let lossSum = 0;
    let rightSum = 0;
    let lr = 0;
    for (let i = 0; i < count; i++) {
      options.signal?.throwIfAborted();
      trainer.ranges.tracking = this.done < plan.trackingSteps;
      lr = options.optimizer.lr * rateFactor(plan.schedule, this.done, steps);
      const indices = order.subarray(i * batch, (i + 1) * batch);
      const { loss, right } = trainer.step(indices, lr, this.done + 1);
      this.done += 1;
      lossSum += loss;
      rightSum += right;
      this.report(epoch, loss, right / batch, lr);
      await this.pause.when();
    }
    const seconds = (performance.now() - start) / 1000;
    return { epoch, step: this.done, loss: lossSum / count, top1: rightSum / (count * batch), lr, seconds };
  }

  private report(epoch: number, loss: number, top1: number, lr: number): void {
    const { callbacks, onStep } = this.options;
    if (!callbacks?.onStep && !onStep) return;
    const rate = (this.done * this.plan.batch * 1000) / (performance.now() - this.start);
    const progress: Progress = { epoch, step: this.done, steps: this.plan.steps, loss, top1, lr, rate };
    callbacks?.onStep?.(progress);
    onStep?.({ ...progress, parameters: this.trainer.parameters, engine: this.trainer.engine });
  }
}

function writeBack({ parameters, ranges }: Trainer): Graph {
  return { ...parameters.writeBack(), activations: ranges.activations() };
}
