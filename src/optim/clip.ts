/** Gradient clipping by global norm (Pascanu, Mikolov and Bengio 2013). */
import type { Tensor } from '../autograd/tensor.ts';
import { ArgumentError } from '../core/errors.ts';

/** Holds the scalar that reductions write. */
export class GradientClipper {
  private readonly parameters: readonly Tensor[];
  private readonly maxNorm: number;
  private readonly scalar: Tensor;

  /**
   * @param maxNorm largest L2 norm of all gradients taken together; Infinity (the default) only measures
   * @throws ArgumentError if `maxNorm` is not above 0 or there are no parameters
   */
  constructor(parameters: readonly Tensor[], maxNorm = Infinity) {
    if (!(maxNorm > 0)) throw new ArgumentError('clip', 'maxNorm', 'a number above 0', maxNorm);
    if (parameters.length === 0) throw new ArgumentError('clip', 'parameters', 'at least one tensor', 'none');
    this.parameters = parameters;
    this.maxNorm = maxNorm;
    this.scalar = parameters[0].engine.longLived([1]);
  }

  /**
   * Scales all gradients by maxNorm / norm if their norm is above maxNorm. Sums squares tensor by tensor, in the order of
   * the parameters, in f64.
   * @returns the norm before clipping; NaN or Infinity if a gradient is, and then nothing is scaled
   */
  clip(): number {
    const { backend } = this.scalar.engine;
    let squares = 0;
    for (const { grad } of this.parameters) {
      if (grad === null) continue;
      backend.reduce({ kind: 'sumSquares', x: grad.ptr, y: this.scalar.ptr, size: grad.size });
      squares += this.scalar.item();
    }
    const norm = Math.sqrt(squares);
    if (norm > this.maxNorm && norm < Infinity) {
      const alpha = this.maxNorm / norm;
      for (const { grad } of this.parameters) {
        if (grad !== null) backend.axpby({ x: grad.ptr, y: grad.ptr, size: grad.size, alpha, beta: 0 });
      }
    }
    return norm;
  }
}
