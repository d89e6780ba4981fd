/** What the builder's layers can be told. Their rules, for callers that no type stops: layers.ts. */
import type { Padding, Pair } from '../graph/graph.ts';
import type { Initializer } from './init.ts';

/** One number for both axes, or [vertical, horizontal]. */
export type PairOption = number | Pair;
/** One number for all sides, [vertical, horizontal], or [top, left, bottom, right]. */
export type PaddingOption = number | Pair | Padding;

export interface Conv2dOptions {
  /** Output channels. */
  out: number;
  kernel: PairOption;
  /** Default 1. */
  stride?: PairOption;
  /** Zeros around the input. Default 0. */
  padding?: PaddingOption;
  /** Default 1. */
  dilation?: PairOption;
  /** Default 1. */
  groups?: number;
  /** Default true. Leave it out before a batch norm, whose beta does the same. */
  bias?: boolean;
  /** Default 'he'. */
  init?: Initializer;
}
export interface LinearOptions {
  /** Output features. */
  out: number;
  /** Default true. */
  bias?: boolean;
  /** Default 'he'. */
  init?: Initializer;
}
/** Number of shared weights, 2 to 256. */
export interface SharedOptions {
  k: number;
}
export interface BatchNormOptions {
  /** Default 1e-5, as in torch. */
  eps?: number;
  /** Weight of the newest batch in the running statistics. Default 0.1, as in torch. */
  momentum?: number;
}
export interface PoolOptions {
  kernel: PairOption;
  /** Default: the kernel. */
  stride?: PairOption;
  /** Default 0. */
  padding?: PaddingOption;
}
export interface AvgPoolOptions extends PoolOptions {
  /** Whether padding counts as zeros. Default true, as in torch. */
  countIncludePad?: boolean;
}
