/** Stochastic gradient descent with momentum, as torch.optim.SGD defines it (dampening 0). */
import type { Tensor } from '../autograd/tensor.ts';
import type { Backend, SgdArgs } from '../backend/backend.ts';
import { ArgumentError } from '../core/errors.ts';
import { checkParameters, checkRange, type Optimizer, type OptimizerState, zerosLike } from './optimizer.ts';

export interface SgdOptions {
  /** Default 0. */
  momentum?: number;
  /** Looks ahead along the velocity (Sutskever et al. 2013). Needs momentum. Default false. */
  nesterov?: boolean;
  /** L2 penalty, added to the gradient. Default 0. */
  weightDecay?: number;
  /** Parameters that do not decay: biases and batch norm, as a rule. */
  noDecay?: ReadonlySet<Tensor>;
}

/** g += weightDecay w; v = momentum v + g; w -= lr (nesterov ? g + momentum v : v). */
export class Sgd implements Optimizer {
  private readonly backend: Backend;
  private readonly slots: { parameter: Tensor; velocity: Tensor | null; args: SgdArgs }[];

  /** @throws ArgumentError for parameters that cannot be trained, or options out of range */
  constructor(parameters: readonly Tensor[], options: SgdOptions = {}) {
    const { momentum = 0, nesterov = false, weightDecay = 0, noDecay } = options;
    this.backend = checkParameters('Sgd', parameters).backend;
    checkRange('Sgd', 'momentum', momentum, 0, 1);
    checkRange('Sgd', 'weightDecay', weightDecay, 0, Infinity);
    if (nesterov && momentum === 0) {
      throw new ArgumentError('Sgd', 'nesterov', 'a momentum above 0', momentum);
    }
    this.slots = parameters.map((parameter) => {
      const velocity = momentum > 0 ? zerosLike(parameter) : null;
      const decay = noDecay?.has(parameter) ? 0 : weightDecay;
      const pointers = { w: parameter.ptr, g: 0, v: velocity?.ptr ?? 0 };
      return {
        parameter,
        velocity,
        args: { ...pointers, size: parameter.size, lr: 0, momentum, weightDecay: decay, nesterov },
      };
    });
  }

  step(lr: number): void {
    for (const { parameter, args } of this.slots) {
      const gradient = parameter.grad;
      if (gradient === null) continue;
      args.g = gradient.ptr;
      args.lr = lr;
      this.backend.sgd(args);
    }
  }

  /** The velocities, where there is momentum. */
  state(): OptimizerState {
    const velocities = this.slots.flatMap(({ velocity }) => velocity ?? []);
    return { scalars: [], tensors: velocities.map((velocity) => velocity.toArray() as Float32Array) };
  }

  restore({ tensors }: OptimizerState): void {
    this.slots.forEach(({ velocity }, i) => {
      velocity?.set(tensors[i]);
    });
  }
}
