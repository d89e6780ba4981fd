/** An exponential moving average of everything a training changes: weights, and the running statistics of batch norm. */
import type { Tensor } from '../autograd/tensor.ts';
import { ArgumentError } from '../core/errors.ts';

export class WeightAverage {
  private readonly pairs: { leaf: Tensor; average: Tensor }[];
  private readonly decay: number;
  private steps = 0;

  /**
   * @param decay weight of the past, in [0, 1). It starts lower, (1 + t) / (10 + t), so that the first steps are soon
   *   forgotten (TensorFlow's ExponentialMovingAverage with num_updates).
   * @throws ArgumentError if it is out of range
   */
  constructor(leaves: readonly Tensor[], decay: number) {
    if (!(decay >= 0 && decay < 1))
      throw new ArgumentError('averaging', 'decay', 'a number in [0, 1)', decay);
    this.decay = decay;
    this.pairs = leaves.map((leaf) => ({
      leaf,
      average: leaf.engine.longLived(leaf.shape).set(leaf.view()),
    }));
  }

  /** average = decay * average + (1 - decay) * leaf. After each step. */
  update(): void {
    this.steps += 1;
    const beta = Math.min(this.decay, (1 + this.steps) / (10 + this.steps));
    for (const { leaf, average } of this.pairs) {
      const { backend } = leaf.engine;
      backend.axpby({ x: leaf.ptr, y: average.ptr, size: leaf.size, alpha: 1 - beta, beta });
    }
  }

  /** Steps averaged over, and the averages: copies. */
  state(): { steps: number; averages: Float32Array[] } {
    return {
      steps: this.steps,
      averages: this.pairs.map(({ average }) => average.toArray() as Float32Array),
    };
  }

  restore({ steps, averages }: { steps: number; averages: readonly Float32Array[] }): void {
    this.steps = steps;
    this.pairs.forEach(({ average }, i) => {
      average.set(averages[i]);
    });
  }

  /** Exchanges leaves and averages: call it before scoring, and again to go on. */
  swap(): void {
    for (const { leaf, average } of this.pairs) {
      const copy = leaf.toArray();
      leaf.set(average.view());
      average.set(copy);
    }
  }
}
