/**
 * Distillation (Hinton, Vinyals and Dean 2015): a frozen teacher's softened probabilities say more about an image than its
 * label does. T is the temperature:
 *
 *   L = CE(y, softmax(z_s)) + lambda * T^2 * CE(softmax(z_t / T), softmax(z_s / T))
 *
 * T^2 keeps the second term's gradient as large as the first one's, since softening divides it by T^2.
 */
import type { Tensor } from '../autograd/tensor.ts';
import { ArgumentError } from '../core/errors.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Graph } from '../graph/graph.ts';
import { add } from '../ops/add.ts';
import { crossEntropy } from '../ops/cross-entropy.ts';
import { scale } from '../ops/scale.ts';
import { softmax } from '../ops/softmax.ts';
import { compile, type Plan } from '../plan/compile.ts';
import type { LossContext } from '../train/options.ts';
import { inRange } from './step.ts';

export interface DistillOptions {
  /** T, above 0. Default 2. */
  temperature?: number;
  /** Weight of the teacher's term, >= 0. Default 1. */
  lambda?: number;
  /** Whether the student sees augmented images: the teacher then answers anew for each batch. Default false. */
  augmented?: boolean;
}

/** What a teacher has said of samples as they are, not augmented; kept from one training to the next on the same data. */
export class TeacherAnswers {
  readonly known: Uint8Array;
  /** [samples][classes] */
  readonly logits: Float32Array;

  constructor(data: Dataset) {
    this.known = new Uint8Array(data.length);
    this.logits = new Float32Array(data.length * data.classes.length);
  }
}

/** A loss for `fit`. */
export interface Distillation {
  (context: LossContext): Tensor;
  /** Gives the teacher's plan back to the backend's heap. */
  release(): void;
}

/**
 * The loss for `fit`, and how to give its memory back when the training is done. The teacher answers through an inference plan on the backend that trains; without augmentation each
 * sample is asked once and its logits kept. For one training run: make a new one for the next.
 * @param teacher a classifier with the student's input shape and classes; it outputs logits
 * @param data the data set that `fit` trains on
 * @param answers of this teacher on this data, where a training before has asked; new ones are added
 * @throws ArgumentError if an option is out of range, or the teacher does not fit the data
 */
export function distillation(
  teacher: Graph,
  data: Dataset,
  options: DistillOptions = {},
  answers = new TeacherAnswers(data),
): Distillation {
  const { temperature = 2, lambda = 1, augmented = false } = options;
  inRange('distill', 'temperature', temperature, 1e-3, 1e3);
  inRange('distill', 'lambda', lambda, 0, 1e6);
  if (teacher.meta.output === 'probabilities') {
    throw new ArgumentError('distill', 'teacher', 'a graph whose output is logits', 'probabilities');
  }
  const { logitsOf, release } = teacherLogits(teacher, data, augmented ? undefined : answers);
  const loss = (context: LossContext): Tensor => {
    const { logits, target, engine } = context;
    const soft = engine.noGrad(() =>
      softmax(scale(engine.tensor(logits.shape, logitsOf(context)), 1 / temperature)),
    );
    const term = crossEntropy(scale(logits, 1 / temperature), soft);
    return add(crossEntropy(logits, target), scale(term, lambda * temperature * temperature));
  };
  return Object.assign(loss, { release });
}

/** Asks the teacher about a batch: [batch][classes] logits. With `answers` each sample is asked once. */
function teacherLogits(
  teacher: Graph,
  data: Dataset,
  answers: TeacherAnswers | undefined,
): { logitsOf(context: LossContext): Float32Array; release(): void } {
  const classes = data.classes.length;
  const [input] = teacher.inputs;
  const [output] = teacher.outputs;
  let plan: Plan | undefined;
  const release = (): void => {
    plan?.free();
    plan = undefined;
  };
  const ask = ({ input: x, engine }: LossContext): Float32Array => {
    if (plan?.batch !== x.shape[0] || plan.backend !== engine.backend) {
      release();
      plan = compile(teacher, engine.backend, { batch: x.shape[0] });
    }
    if (plan.outputs[output].length !== x.shape[0] * classes) {
      throw new ArgumentError('distill', 'teacher', `${classes} classes`, plan.shapes.get(output));
    }
    plan.inputs[input.name].set(x.view());
    plan.run();
    return plan.outputs[output];
  };
  if (!answers) return { logitsOf: ask, release };

  const { known, logits: kept } = answers;
  const logitsOf = (context: LossContext): Float32Array => {
    const { indices } = context;
    if (!indices.every((sample) => known[sample] === 1)) {
      const fresh = ask(context);
      indices.forEach((sample, row) => {
        kept.set(fresh.subarray(row * classes, (row + 1) * classes), sample * classes);
        known[sample] = 1;
      });
    }
    const batch = new Float32Array(indices.length * classes);
    indices.forEach((sample, row) => {
      batch.set(kept.subarray(sample * classes, (sample + 1) * classes), row * classes);
    });
    return batch;
  };
  return { logitsOf, release };
}
