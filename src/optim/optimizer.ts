/** What SGD and AdamW share: which parameters they move, and on which of them weight decay acts. */
import type { Engine } from '../autograd/engine.ts';
import type { Tensor } from '../autograd/tensor.ts';
import { ArgumentError } from '../core/errors.ts';

export interface Optimizer {
  /**
   * Moves every parameter against its gradient; one without a gradient stays. The arithmetic of all elements is one
   * kernel call a parameter.
   * @param lr learning rate, >= 0
   */
  step(lr: number): void;
  /** All that its next step depends on besides parameters and gradients: copies. */
  state(): OptimizerState;
  /**
   * Goes on where another optimizer of the same kind and parameters stood.
   * @throws ShapeError if a tensor's size differs
   */
  restore(state: OptimizerState): void;
}

/** An optimizer's memory. */
export interface OptimizerState {
  scalars: readonly number[];
  tensors: readonly Float32Array[];
}

/**
 * Checks a list of parameters.
 * @returns their engine
 * @throws ArgumentError if it is empty, has one twice, or one that requires no gradient or is not f32
 */
export function checkParameters(op: string, parameters: readonly Tensor[]): Engine {
  if (parameters.length === 0) {
    throw new ArgumentError(op, 'parameters', 'at least one tensor', 'none');
  }
  if (new Set(parameters).size !== parameters.length) {
    throw new ArgumentError(op, 'parameters', 'each tensor once', 'a tensor twice');
  }
  for (const p of parameters) {
    if (!p.requiresGrad || p.dtype !== 'f32') {
      throw new ArgumentError(op, 'parameters', 'f32 leaves that require gradients', `${p.dtype} ${p.shape}`);
    }
  }
  return parameters[0].engine;
}

/** @throws ArgumentError unless low <= value < high */
export function checkRange(op: string, name: string, value: number, low: number, high: number): void {
  if (!(value >= low && value < high)) {
    throw new ArgumentError(op, name, `a number in [${low}, ${high})`, value);
  }
}

/** A long-lived f32 tensor of zeros shaped like `like`: optimizer state. */
export function zerosLike(like: Tensor): Tensor {
  const state = like.engine.longLived(like.shape);
  state.view().fill(0);
  return state;
}
