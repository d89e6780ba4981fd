/**
 * A tensor: a shape and a dtype over a piece of the backend's heap. It owns no JavaScript array; `view` looks at the
 * memory, `toArray` copies it out.
 */
import { type AnyTypedArray, bytesOf, type DType } from '../core/dtype.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { formatShape, type Shape, sizeOf } from '../core/shape.ts';
import type { Engine } from './engine.ts';
import type { Entry } from './tape.ts';

/** The lifetime of everything one `step` allocates. */
export interface Scope {
  ended: boolean;
}

/** Made by an `Engine` or by an op, never directly. Dense and row-major. */
export class Tensor {
  readonly engine: Engine;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Number of elements. */
  readonly size: number;
  /** Whether gradients flow to it. Set it on a leaf before the ops that read it. */
  requiresGrad = false;
  /** The op that made it, if gradients flow through that op; null for a leaf. */
  entry: Entry | null = null;
  /** The step whose end takes its memory; null for a long-lived tensor. */
  readonly scope: Scope | null;
  /** What owns the memory, where this tensor is a view: keeps the owner from being collected. */
  readonly base: Tensor | null;
  /** A leaf's gradient. Kept from step to step; while `gradFresh` its contents mean nothing and are overwritten. */
  gradBuffer: Tensor | null = null;
  gradFresh = true;
  private readonly address: number;

  constructor(
    engine: Engine,
    shape: Shape,
    dtype: DType,
    address: number,
    scope: Scope | null,
    base: Tensor | null = null,
  ) {
    this.engine = engine;
    this.shape = shape;
    this.dtype = dtype;
    this.size = sizeOf(shape);
    this.address = address;
    this.scope = scope;
    this.base = base;
  }

  /**
   * Byte offset into the heap.
   * @throws ArgumentError if the step that made it has ended, or its engine was released
   */
  get ptr(): number {
    if (this.scope?.ended || this.engine.released) throw this.gone('tensor', 'this');
    return this.address;
  }

  /** The error for use after the end of the step, as seen by `op` for its `argument`. */
  gone(op: string, argument: string): ArgumentError {
    return new ArgumentError(
      op,
      argument,
      'a tensor that is still there',
      `a ${formatShape(this.shape)} tensor whose ${this.scope ? 'step has ended' : 'engine was released'}; copy what must outlive it with toArray()`,
    );
  }

  /** Bytes it occupies. */
  get bytes(): number {
    return this.size * bytesOf[this.dtype];
  }

  /** d loss / d this, after `backward`, for a leaf that requires it. Null before the first and after `zeroGrad`. */
  get grad(): Tensor | null {
    return this.gradFresh ? null : this.gradBuffer;
  }

  /** The elements in place. Stale as soon as anything allocates: use it at once and take it anew. */
  view(): AnyTypedArray {
    return this.engine.backend.heap[this.dtype](this.ptr, this.size);
  }

  /** A copy of the elements. */
  toArray(): AnyTypedArray {
    return this.view().slice();
  }

  /**
   * The one element of a scalar.
   * @throws ShapeError if there is not exactly one
   */
  item(): number {
    if (this.size !== 1) throw new ShapeError('item', 'this', 'one element', formatShape(this.shape));
    return this.view()[0];
  }

  /**
   * Overwrites the elements, row-major.
   * @throws ShapeError if `values` has another length
   */
  set(values: ArrayLike<number>): this {
    if (values.length !== this.size) {
      throw new ShapeError(
        'set',
        'values',
        `${this.size} elements (${formatShape(this.shape)})`,
        `${values.length}`,
      );
    }
    this.view().set(values);
    return this;
  }
}
