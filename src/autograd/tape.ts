/**
 * The tape: which op made which value, and how a gradient walks back.
 *
 * Every op that matters for a gradient records an entry: its inputs and a closure that, given the gradient of its output,
 * contributes to the gradients of its inputs. Entries are numbered as they are recorded and each is held by the tensor it
 * made, so the tape is the numbered chain behind a loss: what no loss can reach is not on it and is collected as garbage.
 * `runBackward` plays it backwards.
 *
 * Gradients are not copied without need. The first contribution to a value becomes its gradient, written straight into
 * its final place (for a parameter: the buffer the optimizer reads); only a value with several readers costs an addition
 * per further reader. A gradient that two values share (`add` hands the same one to both) is marked so and never written.
 */
import type { Ptr } from '../backend/heap.ts';
import type { Tensor } from './tensor.ts';

/** The gradient of a value while it travels. */
export interface Gradient {
  readonly ptr: Ptr;
  /** Nobody else will read it: it may be overwritten. */
  readonly exclusive: boolean;
}

/** One op that ran. */
export interface Entry {
  readonly inputs: readonly Tensor[];
  /** Contributes to the inputs' gradients. */
  readonly backward: (dy: Gradient) => void;
  /** Position on the tape. */
  readonly order: number;
  /** Gradient of the op's output, gathered during a backward pass. */
  gradient: Gradient | null;
  /** Number of the last backward pass that reached it. */
  pass: number;
}

let recorded = 0;
let passes = 0;

/** Whether an op with these inputs has to record itself, and so to keep what its backward needs. */
export function needsGrad(inputs: readonly Tensor[]): boolean {
  return inputs[0].engine.gradEnabled && inputs.some((x) => x.requiresGrad);
}

/**
 * Puts an op on the tape, if a gradient can be asked of it. `backward` calls `contribute` or `pass` for each input; the
 * closure must hold the tensors whose memory it reads, not their pointers alone.
 * @returns `output`
 */
export function record(inputs: readonly Tensor[], output: Tensor, backward: (dy: Gradient) => void): Tensor {
  if (needsGrad(inputs)) {
    output.requiresGrad = true;
    recorded += 1;
    output.entry = { inputs, backward, order: recorded, gradient: null, pass: 0 };
  }
  return output;
}

/** Plays the tape behind `loss` backwards. Runs inside a step. */
export function runBackward(loss: Tensor, seed: number): void {
  const { backend } = loss.engine;
  contribute(loss, (y) => backend.fill({ y, size: 1, value: seed }));
  const entries = reachable(loss);
  try {
    for (const entry of entries) {
      // Null where the ops that read the value had no gradient to give.
      if (entry.gradient === null) continue;
      const dy = entry.gradient;
      entry.gradient = null;
      entry.backward(dy);
    }
  } finally {
    for (const entry of entries) entry.gradient = null;
  }
}

/** The entries `loss` depends on, last recorded first: every reader of a value comes before its maker. */
function reachable(loss: Tensor): Entry[] {
  passes += 1;
  const found: Entry[] = [];
  const visit = ({ entry }: Tensor): void => {
    if (entry !== null && entry.pass !== passes) {
      entry.pass = passes;
      found.push(entry);
    }
  };
  visit(loss);
  for (let i = 0; i < found.length; i++) found[i].inputs.forEach(visit);
  return found.sort((a, b) => b.order - a.order);
}

/**
 * Where to write a contribution to the gradient of `x`: its gradient itself if this is the first, else a block that
 * `settle` adds to it. What is written must cover all elements.
 */
export function target(x: Tensor): Ptr {
  if (x.requiresGrad) {
    const { engine, entry } = x;
    if (entry !== null) {
      if (entry.gradient === null) {
        entry.gradient = { ptr: engine.empty(x.shape).ptr, exclusive: true };
        return entry.gradient.ptr;
      }
    } else if (x.gradFresh) {
      // An arena gradient dies with the step of its leaf; a leaf of an outer step, or none, outlives this one.
      x.gradBuffer ??= x.scope === engine.scope ? engine.empty(x.shape) : engine.longLived(x.shape);
      x.gradFresh = false;
      return x.gradBuffer.ptr;
    }
  }
  return x.engine.empty(x.shape).ptr;
}

/** Completes what `target` began. */
export function settle(x: Tensor, written: Ptr): void {
  if (!x.requiresGrad) return;
  const held = x.entry === null ? (x.gradBuffer as Tensor).ptr : (x.entry.gradient as Gradient).ptr;
  if (held !== written) accumulate(x, written);
}

/** gradient of x += more; the gradient exists. */
function accumulate(x: Tensor, more: Ptr): void {
  const { backend } = x.engine;
  const { entry, size } = x;
  if (entry === null) {
    backend.axpby({ x: more, y: (x.gradBuffer as Tensor).ptr, size, alpha: 1, beta: 1 });
    return;
  }
  const held = entry.gradient as Gradient;
  if (held.exclusive) {
    backend.axpby({ x: more, y: held.ptr, size, alpha: 1, beta: 1 });
  } else {
    const y = x.engine.empty(x.shape).ptr;
    backend.add({ a: held.ptr, b: more, y, size, lo: -Infinity, hi: Infinity });
    entry.gradient = { ptr: y, exclusive: true };
  }
}

/** Adds to the gradient of `x` what `write` computes; does nothing if `x` requires none. `write` overwrites all of dx. */
export function contribute(x: Tensor, write: (dx: Ptr) => void): void {
  if (!x.requiresGrad) return;
  const dx = target(x);
  write(dx);
  settle(x, dx);
}

/** As `contribute`, for a `write` that may work in place: over dy, where nobody else reads it. */
export function contributeInPlace(x: Tensor, dy: Gradient, write: (dx: Ptr) => void): void {
  if (!x.requiresGrad) return;
  if (dy.exclusive && x.entry !== null) {
    write(dy.ptr);
    pass(x, dy);
  } else {
    contribute(x, write);
  }
}

/** Adds dy itself to the gradient of `x`. Hand it on with `exclusive: false` if more than one value gets it. */
export function pass(x: Tensor, dy: Gradient): void {
  if (!x.requiresGrad) return;
  const { entry, size } = x;
  if (entry === null) {
    contribute(x, (y) => x.engine.backend.axpby({ x: dy.ptr, y, size, alpha: 1, beta: 0 }));
  } else if (entry.gradient === null) {
    entry.gradient = dy;
  } else {
    accumulate(x, dy.ptr);
  }
}

/** dy, to two or more values. */
export function shared(dy: Gradient): Gradient {
  return dy.exclusive ? { ptr: dy.ptr, exclusive: false } : dy;
}
