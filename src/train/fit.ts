/** Trains a graph on labelled images. Pure and bit-exact: the graph given stays, the same seed gives the same bytes. */
import { createBackend } from '../backend/create.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Graph } from '../graph/graph.ts';
import type { FitOptions, FitResult } from './options.ts';
import { checkFit } from './rules.ts';
import { Run } from './run.ts';
import { Trainer } from './trainer.ts';

/**
 * Trains. Masks, codebooks and quantization of the graph hold throughout (see `ParameterSet`); an int8 graph is trained
 * quantization-aware. Returns to the event loop about every 50 ms. With `checkpoint` it says where it stands, with `resume` it
 * goes on from there, bit for bit.
 * @returns the trained graph, which from then on says what its input and classes mean, and one log an epoch; with early
 *   stopping the graph is that of the best epoch
 * @throws ArgumentError for options unknown, of the wrong type or out of range, GraphError and ShapeError if graph and data do
 *   not fit each other, CheckpointError if `resume` is damaged or another run's, DivergenceError in the step in which a loss, a
 *   gradient or a parameter becomes NaN or infinite, DataError if that is the input's fault, or what `signal` was aborted with
 */
export async function fit(graph: Graph, data: Dataset, options: FitOptions): Promise<FitResult> {
  checkFit(graph, data, options);
  const trainer = new Trainer(graph, data, options, options.backend ?? (await createBackend()));
  try {
    const { graph: trained, history } = await new Run(trainer, graph, data, options).all();
    // What input and classes mean is what they meant in training, where nobody has said so before.
    const meta = { input: data.meaning, classes: data.classes, ...trained.meta };
    return { graph: { ...trained, meta }, history };
  } finally {
    trainer.engine.release();
  }
}
