/** Scores a graph as it will run: by the inference plan, or, to look at quantization, op by op. */
import { Engine } from '../autograd/engine.ts';
import type { Backend } from '../backend/backend.ts';
import { createBackend } from '../backend/create.ts';
import type { Dataset } from '../data/dataset.ts';
import { Loader } from '../data/loader.ts';
import type { Graph } from '../graph/graph.ts';
import { compile } from '../plan/compile.ts';
import { ActivationRanges } from './activation-ranges.ts';
import { ParameterSet } from './parameters.ts';
import { Pause } from './pause.ts';
import { checkEvaluate } from './rules.ts';
import { classifierOf, SCORING_BATCH, type Score, Scorer, scoreGraph } from './score.ts';

export interface EvaluateOptions {
  /** Samples at a time. Default 200. The score does not depend on it. */
  batch?: number;
  /** Default: a new wasm backend. */
  backend?: Backend;
  /** Runs the float graph with int8 rounding imitated, instead of the plan with its integer kernels. Default false. */
  fakeQuantized?: boolean;
}

/**
 * Top-1, mean cross-entropy and confusion on a data set. Returns to the event loop about every 50 ms.
 * @throws ArgumentError for options unknown or of the wrong type, GraphError, ShapeError if graph and data do not fit each other
 */
export async function evaluate(graph: Graph, data: Dataset, options: EvaluateOptions = {}): Promise<Score> {
  checkEvaluate(graph, data, options);
  const backend = options.backend ?? (await createBackend());
  const batch = Math.min(options.batch ?? SCORING_BATCH, data.length);
  const engine = new Engine(backend);
  const pause = new Pause();
  if (options.fakeQuantized) {
    const parameters = new ParameterSet(engine, graph, { trackScales: false });
    const ranges = new ActivationRanges(engine, graph);
    return scoreGraph(graph, data, engine, parameters, ranges, pause, batch).finally(() => engine.release());
  }
  const { input, logits, classes } = classifierOf(graph, data);
  const loader = new Loader(data);
  const scorer = new Scorer(engine, classes);
  const plan = compile({ ...graph, outputs: [logits] }, backend, { batch });
  try {
    for (let from = 0; from < data.length; from += batch) {
      const labels = new Int32Array(Math.min(batch, data.length - from));
      // Rows past the last image keep what the batch before left; nothing reads their results.
      loader.fill(plan.inputs[input], labels, from, labels.length);
      plan.run();
      scorer.add(plan.outputs[logits].byteOffset, labels);
      await pause.when();
    }
  } finally {
    plan.free();
  }
  return scorer.score();
}
