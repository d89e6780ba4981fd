/** --model: a name, a model file, or a graph written as JSON. */
import { basename } from 'node:path';
import { Rng } from '../core/rng.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Graph } from '../graph/graph.ts';
import { graphFromJson } from '../nn/from-json.ts';
import { modelByName, modelNames } from '../nn/registry.ts';
import { named } from './errors.ts';
import { readJson, readModel } from './files.ts';

/** As help lists them. */
export const MODELS = modelNames.map(({ name }) => name).join(', ');

export interface Architecture {
  /** Name of the output, unless told otherwise. */
  name: string;
  /** File it comes from; undefined if it has a name. */
  file?: string;
  /** What the file holds, if it holds weights. */
  graph?: Graph;
  build(data: Dataset, seed: number): Graph;
}

/**
 * @param model a registry name, FILE.paring or FILE.json
 * @throws ArgumentError for a name that is none, DataError, FormatError and GraphError for files
 */
export function architecture(model: string): Architecture {
  if (model.endsWith('.json')) {
    const json = readJson(model);
    const build = (data: Dataset, seed: number): Graph =>
      named(model, () =>
        graphFromJson(json, { rng: new Rng(seed), inputShape: data.shape, classes: data.classes.length }),
      );
    return { name: basename(model, '.json'), file: model, build };
  }
  if (model.endsWith('.paring')) {
    const { graph } = readModel(model);
    const name = `${basename(model, '.paring')}-trained`;
    return { name, file: model, graph, build: () => graph };
  }
  // Refuses a wrong name before any data is read; its own shape suits every model.
  const known = modelNames.find(({ name }) => name === model);
  if (!known) modelByName(model, { inputShape: [1, 28, 28], classes: 10 });
  return {
    name: model,
    build: (data, seed) =>
      modelByName(model, { rng: new Rng(seed), inputShape: data.shape, classes: data.classes.length }),
  };
}
