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

/** For any model: names no layer. Training as after a change, with the model itself as teacher. */
const small: Recipe = {
  name: 'small',
  seed: 1,
  steps: [
    {
      step: 'pruneGradually',
      options: {
        epochs: 2,
        sparsity: 0.7,
        scope: 'global',
        every: 20,
        optimizer: { kind: 'adamw', lr: 0.001, weightDecay: 0.01 },
        schedule: { kind: 'cosine', warmup: 0.02 },
        teacher: { temperature: 3, lambda: 0.5 },
      },
    },
    { step: 'quantize', options: {} },
    {
      step: 'distill',
      options: {
        epochs: 1,
        optimizer: { kind: 'adamw', lr: 0.0003, weightDecay: 0 },
        schedule: { kind: 'cosine' },
        teacher: { temperature: 3, lambda: 0.5 },
      },
    },
  ],
};

interface BuiltIn {
  name: string;
  does: string;
  recipe: Recipe;
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

/** @throws ArgumentError for a name that is none, with those there are */
export function recipeByName(name: string, seed: number): Recipe {
  const found = builtIn.find((entry) => entry.name === name || entry.recipe.name === name);
  if (!found) {
    const known = builtIn.map((entry) => entry.name);
    throw new ArgumentError('compress', '--recipe', `${oneOfNames(known, name)}, or a .json file`, name);
  }
  return { ...found.recipe, seed };
}
