/** Finds where numbers left the finite ones. The check is one reduction a tensor; names are looked for only after one failed. */
import type { Engine } from '../autograd/engine.ts';
import type { Tensor } from '../autograd/tensor.ts';

export class FiniteCheck {
  private readonly scalar: Tensor;

  constructor(engine: Engine) {
    this.scalar = engine.longLived([1]);
  }

  /** Whether all elements are finite. */
  holds(x: Tensor): boolean {
    x.engine.backend.reduce({ kind: 'maxAbs', x: x.ptr, y: this.scalar.ptr, size: x.size });
    return Number.isFinite(this.scalar.item());
  }

  /** The name of the first tensor that is not finite. */
  firstBroken(named: Iterable<readonly [string, Tensor | null]>): string | undefined {
    for (const [name, x] of named) if (x && !this.holds(x)) return name;
    return undefined;
  }
}
