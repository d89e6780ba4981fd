/** Scores a graph on labelled images: share classified rightly, mean cross-entropy, confusion. */
import type { Engine } from '../autograd/engine.ts';
import type { Tensor } from '../autograd/tensor.ts';
import type { Ptr } from '../backend/heap.ts';
import { GraphError, ShapeError } from '../core/errors.ts';
import { formatShape, sameShape } from '../core/shape.ts';
import type { Dataset } from '../data/dataset.ts';
import { Loader } from '../data/loader.ts';
import type { Graph } from '../graph/graph.ts';
import { inferShapes } from '../graph/infer.ts';
import { runGraph } from '../ops/run-graph.ts';
import type { ActivationRanges } from './activation-ranges.ts';
import type { ParameterSet } from './parameters.ts';
import type { Pause } from './pause.ts';

/** Samples a batch when scoring, unless told otherwise. */
export const SCORING_BATCH = 200;

export interface Score {
  /** Share classified rightly, 0 to 1. */
  top1: number;
  /** Mean cross-entropy against the labels, in nats. */
  loss: number;
  /** confusion[actual][predicted]: counts. */
  confusion: number[][];
}

/** What a classifier reads and makes. */
export interface Classifier {
  /** Name of the input. */
  input: string;
  /** Name of the value before a final softmax, or of the output where there is none. */
  logits: string;
  classes: number;
}

/**
 * Checks that a graph classifies what the data set holds.
 * @throws GraphError, ShapeError
 */
export function classifierOf(graph: Graph, data: Dataset): Classifier {
  if (graph.inputs.length !== 1 || graph.outputs.length !== 1) {
    throw new GraphError(graph.name, 'training and scoring take a graph with one input and one output');
  }
  const [input] = graph.inputs;
  if (!sameShape(input.shape, data.shape)) {
    throw new ShapeError(graph.name, 'data', formatShape(input.shape), formatShape(data.shape));
  }
  let [logits] = graph.outputs;
  const last = graph.nodes.find((node) => node.name === logits);
  if (last?.op === 'softmax') [logits] = last.inputs;
  const shape = inferShapes(graph, 1).get(logits) ?? [];
  const classes = data.classes.length;
  if (shape.length !== 2 || shape[1] !== classes) {
    throw new ShapeError(graph.name, `output '${logits}'`, `${classes} classes`, formatShape(shape.slice(1)));
  }
  return { input: input.name, logits, classes };
}

/** Gathers a score batch by batch. */
export class Scorer {
  private readonly engine: Engine;
  private readonly classes: number;
  private readonly confusion: number[][];
  private loss = 0;
  private count = 0;

  constructor(engine: Engine, classes: number) {
    this.engine = engine;
    this.classes = classes;
    this.confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  }

  /**
   * Counts the first `labels.length` rows of logits [rows][classes] in the engine's heap. Runs in a step of its own.
   * @returns how many of them were classified rightly
   */
  add(logits: Ptr, labels: Int32Array): number {
    const { engine, classes: columns } = this;
    const { backend } = engine;
    const rows = labels.length;
    return engine.step(() => {
      const target = engine.empty([rows, columns]).ptr;
      const diff = engine.empty([rows, columns]).ptr;
      const loss = engine.empty([rows]);
      const best = engine.empty([rows], 'i32');
      backend.oneHot({
        labels: engine.tensor([rows], labels, 'i32').ptr,
        y: target,
        rows,
        columns,
        smoothing: 0,
      });
      backend.crossEntropy({ logits, target, loss: loss.ptr, diff, rows, columns });
      backend.argmax({ x: logits, y: best.ptr, rows, columns });
      for (const value of loss.view()) this.loss += value;
      const predicted = best.view();
      let right = 0;
      for (let i = 0; i < rows; i++) {
        this.confusion[labels[i]][predicted[i]] += 1;
        if (labels[i] === predicted[i]) right += 1;
      }
      this.count += rows;
      return right;
    });
  }

  score(): Score {
    const right = this.confusion.reduce((sum, row, i) => sum + row[i], 0);
    return { top1: right / this.count, loss: this.loss / this.count, confusion: this.confusion };
  }
}

/** Scores parameters in an engine's heap by running the graph op by op. */
export async function scoreGraph(
  graph: Graph,
  data: Dataset,
  engine: Engine,
  parameters: ParameterSet,
  ranges: ActivationRanges,
  pause: Pause,
  batch = SCORING_BATCH,
): Promise<Score> {
  const { input, logits, classes } = classifierOf(graph, data);
  const loader = new Loader(data);
  const scorer = new Scorer(engine, classes);
  const { tracking } = ranges;
  ranges.tracking = false;
  try {
    for (let from = 0; from < data.length; from += batch) {
      const count = Math.min(batch, data.length - from);
      engine.step(() =>
        engine.noGrad(() => {
          const x = engine.empty([count, ...data.shape]);
          const labels = new Int32Array(count);
          loader.fill(x.view() as Float32Array, labels, from, count);
          parameters.beginStep();
          const values = runGraph(graph, {
            inputs: { [input]: x },
            param: (name) => parameters.get(name),
            training: false,
            onValue: (name, value) => ranges.apply(name, value),
          });
          scorer.add((values.get(logits) as Tensor).ptr, labels);
        }),
      );
      await pause.when();
    }
  } finally {
    ranges.tracking = tracking;
  }
  return scorer.score();
}
