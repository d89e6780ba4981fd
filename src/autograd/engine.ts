/**
 * The engine: a backend, where its tensors live, and whether ops record themselves.
 *
 * Memory has two kinds. Inside `step`, results are cut from the heap's arena and vanish together at its end, so a
 * training loop takes no more memory after its first step. Parameters, their gradients and everything made outside a
 * step are blocks of their own, given back when JavaScript's garbage collector takes the Tensor. The collector does not
 * see the bytes behind a Tensor, so a loop belongs inside a step.
 */
import type { Backend } from '../backend/backend.ts';
import type { Heap } from '../backend/heap.ts';
import { bytesOf, type DType } from '../core/dtype.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { assertShape, formatShape, type Shape, sizeOf } from '../core/shape.ts';
import { runBackward } from './tape.ts';
import { type Scope, Tensor } from './tensor.ts';

/** A block of an engine, as the collector remembers it. */
interface Held {
  ptr: number;
  /** The engine's blocks that are still to be given back. */
  blocks: Set<number>;
}

const collectors = new WeakMap<Heap, FinalizationRegistry<Held>>();

/** Gives blocks of collected tensors back. It belongs to the heap: one of an engine's own would be collected with its tensors. */
function collectorOf(heap: Heap): FinalizationRegistry<Held> {
  let collector = collectors.get(heap);
  if (!collector) {
    collector = new FinalizationRegistry(({ ptr, blocks }) => {
      if (blocks.delete(ptr)) heap.free(ptr);
    });
    collectors.set(heap, collector);
  }
  return collector;
}

export class Engine {
  readonly backend: Backend;
  /** Whether ops record themselves for `backward`; switched off by `noGrad`. */
  gradEnabled = true;
  /** The innermost step that is running. */
  scope: Scope | null = null;
  /** Whether `release` was called. */
  released = false;
  private readonly collected: FinalizationRegistry<Held>;
  private readonly blocks = new Set<number>();

  constructor(backend: Backend) {
    this.backend = backend;
    this.collected = collectorOf(backend.heap);
  }

  /**
   * Runs `fn`; every tensor made inside, except parameters, is gone when it returns, and with it what was recorded. A
   * step inside a step drops only what it made itself.
   * @returns what `fn` returns: numbers and copies, not tensors made inside
   * @throws ArgumentError if `fn` is asynchronous: its tensors would be gone before it ran
   */
  step<T>(fn: () => T): T {
    const { heap } = this.backend;
    const mark = heap.arenaMark();
    const outer = this.scope;
    const scope: Scope = { ended: false };
    this.scope = scope;
    try {
      const result = fn();
      if (result instanceof Promise)
        throw new ArgumentError('step', 'fn', 'a synchronous function', 'a promise');
      return result;
    } finally {
      scope.ended = true;
      this.scope = outer;
      heap.arenaReset(mark);
    }
  }

  /** Runs `fn` without recording: its results require no gradient and keep nothing for one. */
  noGrad<T>(fn: () => T): T {
    const before = this.gradEnabled;
    this.gradEnabled = false;
    try {
      return fn();
    } finally {
      this.gradEnabled = before;
    }
  }

  /**
   * A long-lived f32 leaf. Zeros without `values`.
   * @param options.trainable whether it requires gradients (default true)
   * @throws ShapeError if `values` does not fill `shape`
   */
  parameter(shape: Shape, values?: ArrayLike<number>, options: { trainable?: boolean } = {}): Tensor {
    const p = this.filled(this.longLived(this.checked('parameter', shape, values), 'f32'), values);
    p.requiresGrad = options.trainable ?? true;
    return p;
  }

  /**
   * A leaf that requires no gradient (set `requiresGrad` for one that does). Lives until the end of the step, or outside
   * a step as long as it is referenced. Zeros without `values`.
   * @throws ShapeError if `values` does not fill `shape`
   */
  tensor(shape: Shape, values?: ArrayLike<number>, dtype: DType = 'f32'): Tensor {
    return this.filled(this.empty(this.checked('tensor', shape, values), dtype), values);
  }

  /** As `tensor`, but the elements are whatever was in memory: for what is overwritten at once. `shape` is trusted. */
  empty(shape: Shape, dtype: DType = 'f32'): Tensor {
    if (this.scope === null) return this.longLived(shape, dtype);
    const ptr = this.backend.heap.arenaAlloc(sizeOf(shape) * bytesOf[dtype]);
    return new Tensor(this, shape, dtype, ptr, this.scope);
  }

  /** As `empty`, but always a block of its own, freed when the tensor is collected. */
  longLived(shape: Shape, dtype: DType = 'f32'): Tensor {
    if (this.released) {
      throw new ArgumentError('engine', 'this', 'an engine that holds memory', 'one that was released');
    }
    const ptr = this.backend.heap.alloc(sizeOf(shape) * bytesOf[dtype]);
    const tensor = new Tensor(this, shape, dtype, ptr, null);
    this.blocks.add(ptr);
    this.collected.register(tensor, { ptr, blocks: this.blocks });
    return tensor;
  }

  /**
   * Gives all its blocks back to the heap at once, where nobody wants to wait for the garbage collector. Neither the engine nor
   * a tensor of it can be used after that: copy what is wanted before.
   */
  release(): void {
    this.released = true;
    for (const ptr of this.blocks) this.backend.heap.free(ptr);
    this.blocks.clear();
  }

  /**
   * Adds d(seed * loss)/d(leaf) to `grad` of every leaf the loss depends on that requires it. What was recorded stays:
   * several losses may run backward through one trunk.
   * @param loss one element
   * @throws ShapeError if `loss` is not a scalar
   * @throws ArgumentError if it depends on nothing that requires gradients, is another engine's, or its step has ended
   */
  backward(loss: Tensor, seed = 1): void {
    if (loss.engine !== this) {
      throw new ArgumentError('backward', 'loss', 'a tensor of this engine', 'one of another engine');
    }
    if (loss.scope?.ended) throw loss.gone('backward', 'loss');
    if (loss.size !== 1) throw new ShapeError('backward', 'loss', 'a scalar', formatShape(loss.shape));
    if (!loss.requiresGrad) {
      throw new ArgumentError(
        'backward',
        'loss',
        'a value computed from tensors that require gradients',
        'one that depends on none (or was computed under noGrad)',
      );
    }
    // Gradients on their way through the tape need memory for as long as this call.
    if (this.scope === null) this.step(() => runBackward(loss, seed));
    else runBackward(loss, seed);
  }

  /** Forgets gradients. Costs nothing: the buffers stay and the next backward overwrites them instead of adding. */
  zeroGrad(parameters: Iterable<Tensor>): void {
    for (const p of parameters) p.gradFresh = true;
  }

  private checked(op: string, shape: Shape, values: ArrayLike<number> | undefined): Shape {
    assertShape(op, 'shape', shape);
    if (values !== undefined && values.length !== sizeOf(shape)) {
      throw new ShapeError(
        op,
        'values',
        `${sizeOf(shape)} elements (${formatShape(shape)})`,
        `${values.length}`,
      );
    }
    return shape;
  }

  private filled(tensor: Tensor, values: ArrayLike<number> | undefined): Tensor {
    if (values === undefined) tensor.view().fill(0);
    else tensor.view().set(values);
    return tensor;
  }
}
