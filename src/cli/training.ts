/** What a training step gets when little is said: settings that work without any option, and how options change them. */
import type { TrainOptions } from '../compress/steps.ts';
import { ArgumentError } from '../core/errors.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Graph } from '../graph/graph.ts';
import { lenet5Training } from '../train/presets.ts';
import type { TrainingOptions } from './options.ts';

/** Fewest steps that a training from random weights should have, and most epochs to get there. */
const FEWEST_STEPS = 400;
const MOST_EPOCHS = 40;

/** For weights that are random: one cycle of AdamW, long enough for small sets too. */
export function fromScratch(graph: Graph, data: Dataset): TrainOptions {
  const norms = graph.nodes.some(({ op }) => op === 'batchNorm');
  const batch = data.length < 1000 ? 16 : lenet5Training.batch;
  const stepsPerEpoch = Math.max(1, Math.floor(data.length / batch));
  const wanted = Math.min(MOST_EPOCHS, Math.ceil(FEWEST_STEPS / stepsPerEpoch));
  const options: TrainOptions = {
    ...lenet5Training,
    epochs: Math.max(norms ? 10 : lenet5Training.epochs, wanted),
    batch,
    // Batch norm bears, and needs, a higher rate.
    optimizer: { ...lenet5Training.optimizer, lr: norms ? 0.005 : lenet5Training.optimizer.lr },
  };
  return withoutAugmentation(options, data);
}

/** For weights that are good already, after a change: a quarter of the rate, falling. */
export function afterwards(graph: Graph, data: Dataset, epochs: number): TrainOptions {
  const { batch, optimizer, augment } = fromScratch(graph, data);
  const lr = optimizer.lr / 4;
  const options: TrainOptions = {
    epochs,
    batch,
    optimizer: { ...optimizer, lr, weightDecay: 0.01 },
    schedule: { kind: 'cosine', warmup: 0.02 },
    augment,
  };
  return withoutAugmentation(options, data);
}

/** Only pixels can be moved: floats are taken as they are, and so are lists of numbers. */
function withoutAugmentation({ augment, ...options }: TrainOptions, data: Dataset): TrainOptions {
  const { images, shape } = data;
  const bytes = 'read' in images ? images.dtype === 'u8' : images instanceof Uint8Array;
  return bytes && Math.min(shape[1], shape[2]) >= 8 ? { ...options, augment } : options;
}

/**
 * Lays what the user said over the defaults. Objects of --config replace the default as a whole; an option changes one
 * field of it.
 * @returns options as a recipe has them; the recipe's rules check them
 */
export function adjusted(base: TrainOptions, options: TrainingOptions): TrainOptions {
  const { epochs, batch, lr, optimizer, schedule, warmup, weightDecay, labelSmoothing, clipNorm } = options;
  const { shift, flip, patience, maxSteps, fitOptions } = options;
  const result: Record<string, unknown> = { ...base, ...fitOptions };
  const set = (key: string, value: unknown): void => {
    if (value !== undefined) result[key] = value;
  };
  const change = (key: string, fields: Record<string, unknown>): void => {
    const said = Object.entries(fields).filter(([, value]) => value !== undefined);
    if (said.length === 0) return;
    const before = result[key] ?? {};
    if (typeof before !== 'object') throw new ArgumentError('--config', key, 'an object', before);
    result[key] = { ...before, ...Object.fromEntries(said) };
  };
  set('epochs', epochs);
  set('batch', batch);
  if (optimizer === 'sgd' && base.optimizer.kind !== 'sgd') {
    result.optimizer = { kind: 'sgd', lr: 10 * base.optimizer.lr, momentum: 0.9, weightDecay: 5e-4 };
  }
  change('optimizer', { lr, weightDecay, kind: optimizer });
  if (schedule) result.schedule = { kind: schedule };
  change('schedule', { warmup });
  set('labelSmoothing', labelSmoothing);
  set('clipNorm', clipNorm);
  change('augment', { shift, flip });
  if (patience !== undefined) result.earlyStopping = { patience };
  set('maxSteps', maxSteps);
  return result as unknown as TrainOptions;
}
