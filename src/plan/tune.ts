/**
 * A plan's kernels by measurement, for inference: every kernel a layer can run on is timed on this host, and the fastest is
 * named. What it returns is data, so that a host measured once need not measure again. Results differ between kernels in
 * their last bits, and so between hosts that choose differently; training never does this.
 *
 *   const { kernels } = tune(graph, backend);
 *   const plan = compile(graph, backend, { kernels });
 */
import type { Backend } from '../backend/backend.ts';
import { ArgumentError } from '../core/errors.ts';
import type { Graph } from '../graph/graph.ts';
import { type CompileOptions, compile, type Plan, type Step } from './compile.ts';
import { choiceOf, convKernels, type KernelChoice, type KernelChoices, linearKernels } from './kernels.ts';

export interface TuneOptions {
  /** Samples a run computes, as for `compile`. 1 by default. */
  batch?: number;
  /** Milliseconds to time each kernel of each layer for. 10 by default. */
  time?: number;
}

/** What a layer's kernels took. */
export interface TunedLayer {
  readonly node: string;
  /** What the cost model would have taken, and what the measurement takes. */
  readonly model: KernelChoice;
  readonly chosen: KernelChoice;
  /** Milliseconds a run, the fastest of many. */
  readonly ms: Partial<Record<KernelChoice, number>>;
}

/** A measured kernel replaces the model's only if it is faster by this factor: clocks are noisy. */
const MARGIN = 1.03;

/**
 * Times the kernels of every f32 convolution and linear layer of the graph.
 * @throws ArgumentError if `time` is not positive; as `compile` does
 */
export function tune(
  graph: Graph,
  backend: Backend,
  options: TuneOptions = {},
): { kernels: KernelChoices; layers: readonly TunedLayer[] } {
  const { batch = 1, time = 10 } = options;
  if (!(time > 0)) throw new ArgumentError('tune', 'time', 'milliseconds above 0', time);

  const model = new Map<string, KernelChoice>();
  const candidates = new Map<string, readonly KernelChoice[]>();
  withPlan(compile(graph, backend, { batch }), ({ steps }) => {
    for (const { node, primitive, args } of steps) {
      const choice = choiceOf(primitive, args);
      if (!choice) continue;
      model.set(node, choice);
      candidates.set(node, 'kh' in args ? convKernels(args as never) : linearKernels);
    }
  });

  const ms = new Map([...model.keys()].map((node) => [node, {} as Record<KernelChoice, number>]));
  for (const kernel of ['dense', 'winograd', 'rows', 'blocks', 'clustered'] as const) {
    const able =
      kernel === 'clustered'
        ? [...candidates.keys()]
        : [...candidates].filter(([, kernels]) => kernels.includes(kernel)).map(([node]) => node);
    if (able.length === 0) continue;
    // Which layers have a codebook the plan knows: it takes them all.
    const options: CompileOptions =
      kernel === 'clustered'
        ? { sparse: 'never', weights: 'stored' }
        : { kernels: new Map(able.map((node) => [node, kernel])) };
    withPlan(compile(graph, backend, { batch, ...options }), (plan) => {
      plan.run();
      for (const step of plan.steps) {
        const times = ms.get(step.node);
        if (times && choiceOf(step.primitive, step.args) === kernel)
          times[kernel] = fastest(backend, step, time);
      }
    });
  }

  const layers = [...model].map(([node, byModel]): TunedLayer => {
    const times = ms.get(node) as Record<KernelChoice, number>;
    let chosen = byModel;
    for (const kernel of Object.keys(times) as KernelChoice[]) {
      if (times[kernel] * MARGIN < times[chosen]) chosen = kernel;
    }
    return { node, model: byModel, chosen, ms: times };
  });
  return { kernels: new Map(layers.map(({ node, chosen }) => [node, chosen])), layers };
}

/** Uses a plan and gives its memory back. */
function withPlan(plan: Plan, use: (plan: Plan) => void): void {
  try {
    use(plan);
  } finally {
    plan.free();
  }
}

/** Milliseconds of the step's fastest sample. The clock is coarse on some hosts: samples grow until it can tell them apart. */
function fastest(backend: Backend, { primitive, args }: Step, time: number): number {
  const call = backend[primitive] as (args: object) => void;
  const end = performance.now() + time;
  let best = Number.POSITIVE_INFINITY;
  let calls = 1;
  for (let now = performance.now(); now < end; ) {
    const start = now;
    for (let i = 0; i < calls; i++) call(args);
    now = performance.now();
    if (now - start < time / 20) calls *= 2;
    else best = Math.min(best, (now - start) / calls);
  }
  return best;
}
