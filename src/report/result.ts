/** What a verb leaves beside the model it made: STEM.result.json. Everything that the model file itself does not say. */
import type { Recipe, RecipeReport } from '../compress/recipe.ts';
import type { Evaluation, LayerImportance } from '../node/evaluation.ts';
import type { EpochLog } from '../train/options.ts';

export type { Evaluation, LayerImportance, Misread } from '../node/evaluation.ts';

export interface ModelResult {
  /** STEM of STEM.paring. */
  name: string;
  /** What was done, in a few words. */
  title: string;
  /** Of the command line: train, prune, compress... */
  verb: string;
  /** Of the package. */
  version: string;
  /** The model file it was made from, relative to this file. */
  parent?: string;
  /** Registry name of the architecture, for train. */
  model?: string;
  recipe?: Recipe;
  seed: number;
  /** What it was trained on, and how many images of each part. */
  data?: {
    source: string;
    description: string;
    sha256?: string;
    train: number;
    validation: number;
    test: number;
  };
  /** One entry an epoch, of all steps in turn. */
  history?: EpochLog[];
  /** One entry a step of the recipe. */
  reports?: RecipeReport[];
  /** STEM.log.jsonl, relative to this file. */
  log?: string;
  /** Wall time of the verb. */
  seconds: number;
  machine: string;
  node: string;
  evaluation?: Evaluation;
  /** Of the weights in this file. */
  importance?: LayerImportance[];
}
