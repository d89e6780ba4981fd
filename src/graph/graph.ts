/**
 * A model is data. One `Graph` is what the builders make, what training runs under autograd, what every compression step
 * takes and returns, what the file stores and what a plan is compiled from.
 */
import type { Shape } from '../core/shape.ts';

export type Pair = readonly [number, number];
/** Top, left, bottom, right. */
export type Padding = readonly [number, number, number, number];

/** What follows a conv2d, linear or add in the same step, put there by the fuse pass. */
export type FusedActivation = 'relu' | 'relu6';

/** Attributes by op. Extents (channels, kernel sizes of conv2d) are read off the parameters, so that nothing is said twice. */
export interface Attributes {
  /** params: weight [co][ci/groups][kh][kw], bias? [co] */
  conv2d: { stride: Pair; padding: Padding; dilation: Pair; groups: number; activation?: FusedActivation };
  /** params: weight [out][in], bias? [out]; input [N][...][in] */
  linear: { activation?: FusedActivation };
  /** params: gamma, beta, mean, variance, all [c]; input [N][C][H][W] or [N][C] */
  batchNorm: { eps: number; momentum: number };
  relu: Record<never, never>;
  relu6: Record<never, never>;
  leakyRelu: { slope: number };
  sigmoid: Record<never, never>;
  tanh: Record<never, never>;
  hardSwish: Record<never, never>;
  /** x where lo <= x <= hi, else the nearer end; an end that is absent is none. */
  clip: { lo?: number; hi?: number };
  /** clip(alpha x + beta, 0, 1) */
  hardSigmoid: { alpha: number; beta: number };
  /** To the nearest whole number, halves to the even one, for |x| < 2^22. The gradient passes straight through. */
  round: Record<never, never>;
  maxPool: { kernel: Pair; stride: Pair; padding: Padding; dilation?: Pair };
  avgPool: { kernel: Pair; stride: Pair; padding: Padding; countIncludePad: boolean };
  /** [N][C][H][W] -> [N][C][1][1] */
  globalAvgPool: Record<never, never>;
  /** Two inputs of the same shape. */
  add: { activation?: FusedActivation };
  mul: Record<never, never>;
  /**
   * One of four operations on two operands whose shapes are aligned at their last axes, extents of 1 repeated. The operands
   * are two inputs, or an input and a parameter `value`; `swap` puts the second one first.
   */
  binary: { kind: BinaryKind; swap?: boolean };
  /** [...][m][k] and [...][k][n] -> [...][m][n]; leading axes are aligned as in binary. */
  matmul: Record<never, never>;
  /** Two or more inputs, along channels (axis 1) unless said otherwise. */
  concat: { axis?: number };
  pad: { padding: Padding; value: number };
  /** [N][...] -> [N][product] */
  flatten: Record<never, never>;
  /** The same elements in the same order. An extent 0 is the input's at that axis, -1 (once) what is left. */
  reshape: { shape: readonly number[] };
  /** Axis i of the result is axis perm[i] of the input. */
  transpose: { perm: readonly number[] };
  /** Positions start, start + step... of one axis, `count` of them; a negative step goes backwards. */
  slice: { axis: number; start: number; count: number; step: number };
  /** Positions of one axis in any order, repeated or left out. */
  gather: { axis: number; indices: readonly number[] };
  /** The mean over axes, which are left out of the result unless `keepDims`. */
  reduceMean: { axes: readonly number[]; keepDims: boolean };
  /** Over the last axis. */
  softmax: Record<never, never>;
}

export type BinaryKind = 'add' | 'sub' | 'mul' | 'div';

export type OpName = keyof Attributes;

/** One operation. Its single output value carries the node's name. */
export interface NodeOf<K extends OpName> {
  readonly name: string;
  readonly op: K;
  /** Names of values: graph inputs or other nodes. */
  readonly inputs: readonly string[];
  /** Role (`weight`, `bias`, `gamma`...) to parameter name. */
  readonly params: Readonly<Record<string, string>>;
  readonly attrs: Attributes[K];
}
export type Node = { [K in OpName]: NodeOf<K> }[OpName];

/** k shared values and, for each weight, which of them it is. */
export interface Codebook {
  centroids: Float32Array;
  /** As many as the parameter has elements; below centroids.length. */
  indices: Uint8Array;
}

/** Symmetric int8 weights: value = q * scale, q in [-127, 127]; one scale per output channel (axis 0). */
export interface WeightQuantization {
  scale: Float32Array;
}

/**
 * A parameter and what compression has decided about it. `values` are the f32 values the float graph computes with; they
 * always obey mask and codebook. `quant` is applied on top of them (fake-quantize when training, int8 when planned).
 */
export interface Param {
  readonly name: string;
  readonly shape: Shape;
  values: Float32Array;
  /** false for running statistics: the optimizer leaves them alone. */
  readonly trainable: boolean;
  /** 1 keeps a weight, 0 marks it pruned: its value is exactly 0 and stays so. */
  mask?: Uint8Array;
  codebook?: Codebook;
  quant?: WeightQuantization;
}

/** Affine int8 of an activation: real = (q - zeroPoint) * scale, q in [-128, 127]. */
export interface ActivationQuantization {
  scale: number;
  zeroPoint: number;
}

/** A graph input, without the batch dimension. */
export interface InputSpec {
  readonly name: string;
  readonly shape: Shape;
  /**
   * The shape is whole: there is no batch dimension before it. Some imported models are so, whose first axis is not samples.
   * They run at batch 1, and are not trained on a dataset's samples.
   */
  readonly fixed?: true;
}

/** What the numbers that go in mean: pixel 0..255 -> (pixel / 255 - mean[c]) / deviation[c]. */
export interface InputMeaning {
  /** Of the raw pixels, before normalisation: [0, 255] for bytes. */
  range: Pair;
  mean: readonly number[];
  deviation: readonly number[];
  channels: 'gray' | 'rgb' | 'bgr' | 'none';
}

/** One step that made this model what it is. */
export interface LineageStep {
  step: string;
  options: Readonly<Record<string, unknown>>;
}

/** Where a model comes from. */
export interface Lineage {
  tool: string;
  /** Version of the arithmetic it was made by; 0 where relaxed SIMD took part, whose last bits differ between hosts. */
  numerics: number;
  seed: number;
  /** SHA-256 of the training data, hex; absent if none was used. */
  data?: string;
  steps: readonly LineageStep[];
}

export interface Metadata {
  input?: InputMeaning;
  classes?: readonly string[];
  /** What the output holds. */
  output?: 'logits' | 'probabilities' | 'values';
  lineage?: Lineage;
}

export interface Graph {
  readonly name: string;
  readonly inputs: readonly InputSpec[];
  /** In an order in which they can be computed. */
  readonly nodes: readonly Node[];
  /** Names of the values that come out. */
  readonly outputs: readonly string[];
  /** By name, in the order in which nodes use them. */
  readonly params: ReadonlyMap<string, Param>;
  /** Present on a quantized graph: every value that is not f32 in the integer plan, by name. */
  readonly activations?: ReadonlyMap<string, ActivationQuantization>;
  readonly meta: Metadata;
}

/** A deep copy: parameters, masks, codebooks and scales are the copy's own. */
export function cloneGraph(graph: Graph): Graph {
  const params = new Map<string, Param>();
  for (const [name, p] of graph.params) params.set(name, cloneParam(p));
  return { ...graph, params, activations: graph.activations && new Map(graph.activations) };
}

export function cloneParam(p: Param): Param {
  return {
    ...p,
    values: p.values.slice(),
    mask: p.mask?.slice(),
    codebook: p.codebook && { centroids: p.codebook.centroids.slice(), indices: p.codebook.indices.slice() },
    quant: p.quant && { scale: p.quant.scale.slice() },
  };
}
