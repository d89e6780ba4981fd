/** Adam with decoupled weight decay (Loshchilov and Hutter 2019), in the order of torch.optim.AdamW. */
import type { Tensor } from '../autograd/tensor.ts';
import type { AdamWArgs, Backend } from '../backend/backend.ts';
import { checkParameters, checkRange, type Optimizer, type OptimizerState, zerosLike } from './optimizer.ts';

export interface AdamWOptions {
  /** Default 0.9. */
  beta1?: number;
  /** Default 0.999. */
  beta2?: number;
  /** Default 1e-8. */
  eps?: number;
  /** Shrinks weights by lr * weightDecay a step. Default 0.01. */
  weightDecay?: number;
  /** Parameters that do not decay: biases and batch norm, as a rule. */
  noDecay?: ReadonlySet<Tensor>;
}

/** w -= lr weightDecay w; m, v: moving averages of g and g^2; w -= lr (m / c1) / (sqrt(v / c2) + eps), c = 1 - beta^t. */
export class AdamW implements Optimizer {
  private readonly backend: Backend;
  private readonly beta1: number;
  private readonly beta2: number;
  /** beta1^t and beta2^t, by repeated multiplication: Math.pow's last bit depends on the host. */
  private power1 = 1;
  private power2 = 1;
  private readonly slots: { parameter: Tensor; m: Tensor; v: Tensor; args: AdamWArgs }[];

  /** @throws ArgumentError for parameters that cannot be trained, or options out of range */
  constructor(parameters: readonly Tensor[], options: AdamWOptions = {}) {
    const { beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weightDecay = 0.01, noDecay } = options;
    this.backend = checkParameters('AdamW', parameters).backend;
    checkRange('AdamW', 'beta1', beta1, 0, 1);
    checkRange('AdamW', 'beta2', beta2, 0, 1);
    checkRange('AdamW', 'eps', eps, Number.MIN_VALUE, Infinity);
    checkRange('AdamW', 'weightDecay', weightDecay, 0, Infinity);
    this.beta1 = beta1;
    this.beta2 = beta2;
    this.slots = parameters.map((parameter) => {
      const m = zerosLike(parameter);
      const v = zerosLike(parameter);
      const pointers = { w: parameter.ptr, g: 0, m: m.ptr, v: v.ptr };
      const decay = noDecay?.has(parameter) ? 0 : weightDecay;
      const rates = { lr: 0, beta1, beta2, eps, weightDecay: decay, correction1: 1, correction2: 1 };
      return { parameter, m, v, args: { ...pointers, size: parameter.size, ...rates } };
    });
  }

  step(lr: number): void {
    this.power1 *= this.beta1;
    this.power2 *= this.beta2;
    for (const { parameter, args } of this.slots) {
      const gradient = parameter.grad;
      if (gradient === null) continue;
      args.g = gradient.ptr;
      args.lr = lr;
      args.correction1 = 1 - this.power1;
      args.correction2 = 1 - this.power2;
      this.backend.adamw(args);
    }
  }

  /** The powers of the betas; m and v of each parameter. */
  state(): OptimizerState {
    const tensors = this.slots.flatMap(({ m, v }) => [
      m.toArray() as Float32Array,
      v.toArray() as Float32Array,
    ]);
    return { scalars: [this.power1, this.power2], tensors };
  }

  restore({ scalars, tensors }: OptimizerState): void {
    [this.power1, this.power2] = scalars;
    this.slots.forEach(({ m, v }, i) => {
      m.set(tensors[2 * i]);
      v.set(tensors[2 * i + 1]);
    });
  }
}
