/** Recipes that `paring compress --recipe` knows by name. */
import type { Recipe } from '../compress/recipe.ts';
import {
  channelsRemoved,
  deepCompression,
  int8,
  int8Aware,
  pruned,
  shared,
  smallest,
} from '../compress/recipes.ts';
import { ArgumentError } from '../core/errors.ts';
import { oneOfNames } from '../core/rules.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Graph } from '../graph/graph.ts';
import { afterwards } from './training.ts';

/** Fewest steps in which a model learns to do without weights, and to bear rounding: small sets need more epochs for them. */
const PRUNING_STEPS = 300;
const ROUNDING_STEPS = 100;

/** For any model, since it names no layer, and any number of images. The model itself is the teacher. */
function small(graph: Graph, data: Dataset): Recipe {
  const { batch = 64, ...training } = afterwards(graph, data, 1);
  const stepsPerEpoch = Math.max(1, Math.floor(data.length / batch));
  const epochs = (least: number, steps: number): number => Math.max(least, Math.ceil(steps / stepsPerEpoch));
  const teacher = { temperature: 3, lambda: 0.5 };
  const { optimizer } = training;
  return {
    name: 'small',
    seed: 1,
    steps: [
      {
        step: 'pruneGradually',
        options: {
          ...training,
          batch,
          epochs: epochs(2, PRUNING_STEPS),
          sparsity: 0.7,
          scope: 'global',
          every: 20,
          teacher,
        },
      },
      { step: 'quantize', options: {} },
      {
        step: 'distill',
        options: {
          batch,
          epochs: epochs(1, ROUNDING_STEPS),
          optimizer: { ...optimizer, lr: optimizer.lr / 4, weightDecay: 0 },
          schedule: { kind: 'cosine' },
          teacher,
        },
      },
    ],
  };
}

interface BuiltIn {
  name: string;
  does: string;
  recipe: Recipe | ((graph: Graph, data: Dataset) => Recipe);
}

export const builtIn: readonly BuiltIn[] = [
  { name: 'small', does: 'any model: 70 % of the weights gone, then int8', recipe: small },
  { name: 'int8', does: 'any model: int8 without training', recipe: int8 },
  { name: 'int8-aware', does: 'any model: int8 with some training', recipe: int8Aware },
  { name: 'pruned', does: 'LeNet-5: 92 % of the weights gone', recipe: pruned },
  {
    name: 'channels-removed',
    does: 'LeNet-5: more than half of the channels cut out',
    recipe: channelsRemoved,
  },
  { name: 'shared', does: '16 shared values a layer', recipe: shared },
  {
    name: 'deep-compression',
    does: 'LeNet-5: pruned, then shared (Han et al. 2016)',
    recipe: deepCompression,
  },
  { name: 'smallest', does: 'small models: pruned a little, then int8', recipe: smallest },
];

/**
 * The recipe of that name, for a model and the images it will be trained on.
 * @throws ArgumentError for a name that is none, with those there are
 */
export function recipeByName(name: string, seed: number): (graph: Graph, data: Dataset) => Recipe {
  const recipe = builtIn.find((entry) => entry.name === name)?.recipe;
  if (!recipe) {
    const known = builtIn.map((entry) => entry.name);
    throw new ArgumentError('compress', '--recipe', `${oneOfNames(known, name)}, or a .json file`, name);
  }
  return (graph, data) => ({ ...(typeof recipe === 'function' ? recipe(graph, data) : recipe), seed });
}
