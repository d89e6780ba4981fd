/** What an exported model's JavaScript has to know besides the module: where the weights go, and what goes in and out. */
import type { Preparable } from '../backend/backend.ts';
import type { Ptr } from '../backend/heap.ts';
import type { Shape } from '../core/shape.ts';
import type { InputMeaning, Metadata } from '../graph/graph.ts';

/** The custom section that holds the stored weights, in the order of `Recipe.weights`. */
export const WEIGHTS_SECTION = 'paring';

/** One run of memory to fill before the first run. */
export type WeightItem =
  /** So many words of 32 bits: biases, multipliers. Stored as f32 arrays are in a model file. */
  | { to: Ptr; words: number }
  /** So many bytes, a look-up table. Stored as symbols. */
  | { to: Ptr; bytes: number }
  /** A tensor as in a model file, brought into the order in which `primitive` reads it. */
  | {
      to: Ptr;
      shape: Shape;
      /** Rows are then multiplied by f64 factors that follow the tensor: a batch norm folded after the weights were shared. */
      factors?: true;
      primitive: keyof Preparable;
      /** The fields of the descriptor that ordering asks for. */
      args: Readonly<Record<string, number | boolean>>;
    };

/** Plain data: written into the exported JavaScript as JSON. */
export interface Recipe {
  name: string;
  batch: number;
  /** Of one sample. */
  inputShape: Shape;
  outputShape: Shape;
  /** Where the input and the output lie. */
  input: Ptr;
  output: Ptr;
  /** Memory for decoding and ordering weights. */
  scratch: Ptr;
  meaning?: InputMeaning;
  classes?: readonly string[];
  /** What the output holds. */
  kind?: Metadata['output'];
  weights: readonly WeightItem[];
}
