/** What the main job makes: each variant a recipe, what it starts from and who teaches it. */
import type { Recipe } from '../../compress/recipe.ts';
import * as recipes from '../../compress/recipes.ts';
import type { Rng } from '../../core/rng.ts';
import type { Graph } from '../../graph/graph.ts';
import { dsStudent, lenet5, sharedLenet5 } from '../../nn/models.ts';
import type { Job } from './schedule.ts';

export interface Variant extends Job {
  /** What was done, in a few words. */
  title: string;
  recipe: Recipe;
  /** A model from random weights, or the name of the variant whose file it goes on from. */
  start: ((rng: Rng) => Graph) | string;
  /** Stored without any coding: what everything else is compared with. */
  plain?: true;
  /** Name of the variant whose answers it learns from. */
  teacher?: string;
}

/** In the order of the table. Costs are seconds of a full run on one core: they say what to start first. */
export const variants: readonly Variant[] = [
  {
    name: 'baseline',
    title: 'LeNet-5, trained in f32, stored plain',
    recipe: recipes.baseline,
    start: lenet5,
    plain: true,
    after: [],
    cost: 80,
  },
  {
    name: 'coded',
    title: 'the same weights, the file entropy coded without loss',
    recipe: { name: 'coded', seed: 1, steps: [] },
    start: 'baseline',
    after: ['baseline'],
    cost: 2,
  },
  {
    name: 'student',
    title: 'depthwise-separable student, distilled from the baseline',
    recipe: recipes.student,
    start: dsStudent,
    teacher: 'baseline',
    after: ['baseline'],
    cost: 90,
  },
  {
    name: 'born-shared',
    title: 'LeNet-5 born with k shared weights a layer, members at random, trained so',
    recipe: recipes.bornShared,
    start: sharedLenet5,
    after: [],
    cost: 40,
  },
  {
    name: 'pruned',
    title: 'weights pruned one by one, run on sparse kernels',
    recipe: recipes.pruned,
    start: 'baseline',
    teacher: 'baseline',
    after: ['baseline'],
    cost: 55,
  },
  {
    name: 'channels',
    title: 'channels removed from the graph',
    recipe: recipes.channelsRemoved,
    start: 'baseline',
    teacher: 'baseline',
    after: ['baseline'],
    cost: 18,
  },
  {
    name: 'shared',
    title: 'weights shared by k-means, centroids trained',
    recipe: recipes.shared,
    start: 'baseline',
    after: ['baseline'],
    cost: 12,
  },
  {
    name: 'int8',
    title: 'int8 after training',
    recipe: recipes.int8,
    start: 'baseline',
    after: ['baseline'],
    cost: 2,
  },
  {
    name: 'int8-qat',
    title: 'int8, trained as int8',
    recipe: recipes.int8Aware,
    start: 'baseline',
    after: ['baseline'],
    cost: 12,
  },
  {
    name: 'deep-compression',
    title: 'Deep Compression: pruned, shared, coded',
    // Its first step is all of `pruned`, bit for bit.
    recipe: { ...recipes.deepCompression, steps: recipes.deepCompression.steps.slice(1) },
    start: 'pruned',
    teacher: 'baseline',
    after: ['baseline', 'pruned'],
    cost: 15,
  },
  {
    name: 'smallest',
    title: 'the student pruned and quantized',
    recipe: recipes.smallest,
    start: 'student',
    teacher: 'baseline',
    after: ['baseline', 'student'],
    cost: 30,
  },
];
