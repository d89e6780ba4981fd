/**
 * A backend that splits primitives over threads. It decorates the backend of one thread: the same call sites, the same kernels, on
 * a memory that all threads share. For each worker there is a second backend made of the same call sites over a recorder, with
 * scratch of its own; running a share on it writes down the kernel calls that the worker then makes.
 *
 *   gemm(args) -> parts of args -> recorder 1 -> list -> worker 1
 *                               -> recorder 2 -> list -> worker 2     all on one memory
 *                               -> kernels (main thread)
 *
 * Results are those of one thread, bit for bit: see split.ts.
 */
import type { AnyTypedArray } from '../../core/dtype.ts';
import { BackendError } from '../../core/errors.ts';
import type { ArgsOf, Backend, Preparable, PrimitiveName } from '../backend.ts';
import { Heap, type Ptr } from '../heap.ts';
import type { Kernels } from '../wasm/family.ts';
import { recorder } from './channel.ts';
import type { Pool } from './pool.ts';
import { type Rule, ruleOf, rules } from './split.ts';

/** Least time of a part, microseconds: below, waking a worker costs more than it saves. */
export const LEAST_PART = 12;

export type MakeBackend = (kernels: Kernels, heap: Heap) => Backend;

/** What a worker's call sites see of the heap: the same memory, scratch of its own. */
class WorkerHeap extends Heap {
  private readonly shared: Heap;
  constructor(shared: Heap) {
    super(shared.store);
    this.shared = shared;
  }
  override alloc(bytes: number): Ptr {
    return this.shared.alloc(bytes);
  }
  override free(ptr: Ptr): void {
    this.shared.free(ptr);
  }
}

/** Weights that were prepared part by part: where each part is, and how many of its weights are not zero. */
type Pieces = readonly { ptr: Ptr; nonzero: number }[];

type AnyRule = Rule<Record<string, unknown>>;
type AnyArgs = Record<string, unknown>;

export function splitting(
  make: MakeBackend,
  kernels: Kernels,
  heap: Heap,
  pool: Pool,
  numbers: ReadonlyMap<string, number>,
  leastPart: number,
): Backend {
  const main = make(kernels, heap);
  const workers = pool.channels.map((channel) =>
    make(recorder(kernels, numbers, channel), new WorkerHeap(heap)),
  );
  const threads = workers.length + 1;
  /** By the address of the prepared weights. */
  const prepared = new Map<Ptr, Pieces>();

  function partsOf(rule: AnyRule, args: AnyArgs): number {
    return Math.min(threads, Math.floor(rule.cost(args) / leastPart));
  }

  /** What has no rule stays whole. */
  function cut(primitive: PrimitiveName, args: AnyArgs): AnyArgs[] {
    const rule = ruleOf(primitive) as AnyRule | undefined;
    if (!rule) return [args];
    const parts = partsOf(rule, args);
    return parts >= 2 ? rule.cut(args, parts) : [args];
  }

  /** Shares that read prepared weights are given theirs. */
  function cutWithWeights(primitive: PrimitiveName, args: AnyArgs): AnyArgs[] {
    const shares = cut(primitive, args);
    if (shares.length === 1 || !args.prepared) return shares;
    const rule = ruleOf(primitive) as unknown as AnyRule;
    if (!rule.ownWeights?.(args, partsOf(rule, args))) return shares;
    const pieces = prepared.get(args.weight as Ptr);
    if (pieces?.length !== shares.length) {
      const what = pieces ? 'were prepared for other sizes' : 'were not prepared by this backend';
      throw new BackendError('wasm', `${primitive}: the weights at ${args.weight} ${what}`);
    }
    shares.forEach((share, i) => {
      share.weight = pieces[i].ptr;
      if ('nonzero' in share) share.nonzero = pieces[i].nonzero;
    });
    return shares;
  }

  /** Descriptors and weights of the parts that are prepared one by one; null if the weights stay whole. */
  function pieces(primitive: keyof Preparable, args: AnyArgs, weights: AnyTypedArray) {
    const rule = ruleOf(primitive) as AnyRule | undefined;
    if (!rule) return null;
    const parts = partsOf(rule, args);
    if (!(parts >= 2) || !rule.ownWeights?.(args, parts)) return null;
    const shares = rule.cut({ ...args, weight: 0, prepared: false }, parts);
    if (shares.length < 2) return null;
    const size = primitive === 'qconv2d' || primitive === 'qlinear' ? 1 : 4;
    return shares.map((share, i) => {
      const [from, to] = [share.weight as number, (shares[i + 1]?.weight as number) ?? weights.length * size];
      const own = weights.subarray(from / size, to / size);
      const piece = { ...share, prepared: true };
      if ('nonzero' in share) share.nonzero = countNonzero(own);
      return { share: piece as never, weights: own, nonzero: share.nonzero as number };
    });
  }

  const run = (primitive: PrimitiveName, args: AnyArgs): void => {
    const shares = cutWithWeights(primitive, args);
    const runOn = (backend: Backend, share: AnyArgs) => (backend[primitive] as (a: unknown) => void)(share);
    if (shares.length === 1 || !pool.isWhole) {
      for (const share of shares) runOn(main, share);
      return;
    }
    const helpers = shares.length - 1;
    try {
      for (let i = 0; i < helpers; i++) runOn(workers[i], shares[i + 1]);
    } catch (error) {
      for (const channel of pool.channels) channel.forget();
      throw error;
    }
    pool.run(helpers, primitive, () => runOn(main, shares[0]));
  };

  const align = (bytes: number) => Math.ceil(bytes / 64) * 64;
  const split = Object.keys(rules).map((name) => [name, (args: AnyArgs) => run(name as PrimitiveName, args)]);
  return {
    ...main,
    ...Object.fromEntries(split.filter(([name]) => (name as string) in main)),
    preparedBytes(primitive, args, weights) {
      const parts = pieces(primitive, args as unknown as AnyArgs, weights);
      if (!parts) return main.preparedBytes(primitive, args, weights);
      let bytes = 0;
      for (const part of parts) bytes += align(main.preparedBytes(primitive, part.share, part.weights));
      return bytes;
    },
    prepare(primitive, args, weights, to) {
      const parts = pieces(primitive, args as unknown as AnyArgs, weights);
      if (!parts) {
        main.prepare(primitive, args, weights, to);
        return;
      }
      let ptr = to;
      const list: { ptr: Ptr; nonzero: number }[] = [];
      for (const part of parts) {
        main.prepare(primitive, part.share, part.weights, ptr);
        list.push({ ptr, nonzero: part.nonzero });
        ptr += align(main.preparedBytes(primitive, part.share, part.weights));
      }
      prepared.set(to, list);
    },
    scratchBytes(primitive, args) {
      const shares = cut(primitive, args as unknown as AnyArgs);
      let most = 0;
      shares.forEach((share, i) => {
        const bytes = main.scratchBytes(primitive, share as unknown as ArgsOf<typeof primitive>);
        most = Math.max(most, bytes);
        // The plan reserves the main thread's; the worker's is reserved here.
        if (i > 0) workers[i - 1].heap.scratch(bytes);
      });
      return most;
    },
  };
}

function countNonzero(weights: AnyTypedArray): number {
  let count = 0;
  for (let i = 0; i < weights.length; i++) if (weights[i] !== 0) count++;
  return count;
}
