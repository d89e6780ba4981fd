/**
 * The list of primitives: what a backend must be able to compute. Two backends exist, `reference` (plain loops, the
 * semantics of record) and `wasm` (the kernels in assembly/).
 *
 * A primitive takes one descriptor: pointers into the backend's heap plus sizes. The same descriptor means the same to
 * every backend, so a plan is a list of (primitive, descriptor) and a test runs one descriptor on both. Primitives do
 * not allocate (beyond the heap's scratch), do not check (ops, schemas and the plan compiler do) and may assume that
 * outputs do not overlap inputs unless a descriptor says "in place allowed".
 *
 * Layouts: activations NCHW, convolution weights OIHW [co][ci/groups][kh][kw], linear weights [out][in], row-major
 * matrices. Elements are f32 unless the field says otherwise. Clamps: y = min(max(value, lo), hi), NaN stays NaN; use
 * -Infinity and Infinity for none.
 */
import type { AnyTypedArray } from '../core/dtype.ts';
import type { Heap, Ptr } from './heap.ts';

/** Window geometry of convolution and pooling over NCHW. Output extents are given, not derived. */
export interface Window {
  /** Samples. */
  n: number;
  /** Input channels and extents. */
  ci: number;
  h: number;
  w: number;
  /** Output channels and extents. Pooling has co = ci. */
  co: number;
  ho: number;
  wo: number;
  kh: number;
  kw: number;
  strideH: number;
  strideW: number;
  /** Zeros (conv), or positions that do not count (pooling), before the first row and column. */
  padT: number;
  padL: number;
  /** After the last row and column. Implied by ho and wo; stated for average pooling's divisor. */
  padB: number;
  padR: number;
  dilH: number;
  dilW: number;
  /** ci and co are both multiples of it. groups = ci is depthwise convolution. */
  groups: number;
}

/** C[m][n] = op(A) op(B) (+ C if accumulate); op(A) is [m][k], op(B) is [k][n]; a transposed operand is stored the other way round. */
export interface GemmArgs {
  a: Ptr;
  b: Ptr;
  c: Ptr;
  m: number;
  n: number;
  k: number;
  transA: boolean;
  transB: boolean;
  accumulate: boolean;
  /** Elements from one row to the next as stored, where the operand is a part of a wider matrix. */
  lda?: number;
  ldb?: number;
  ldc?: number;
}

/** y = clamp(conv2d(x, weight) + bias): cross-correlation, as every deep learning framework has it. */
export interface Conv2dArgs extends Window {
  x: Ptr;
  /** OIHW, or what `prepare` made of it if `prepared`. */
  weight: Ptr;
  prepared: boolean;
  /** [co]; 0 for none. */
  bias: Ptr;
  y: Ptr;
  lo: number;
  hi: number;
}

/**
 * The same convolution, with leave to compute it by Winograd's F(4x4, 3x3): kh = kw = 3, strides, dilations and groups 1.
 * Always prepared (the wasm backend's order takes 4 times the memory of the weights). The error is larger than conv2d's,
 * and what is not finite spreads to all outputs of a 4x4 tile that sees it.
 */
export type WinogradConv2dArgs = Conv2dArgs;

/** dx = gradient of the convolution's input. Overwrites dx. */
export interface Conv2dGradInputArgs extends Window {
  dy: Ptr;
  weight: Ptr;
  dx: Ptr;
}

/** dw[OIHW] = gradient of the weights, summed over the batch. Overwrites dw. */
export interface Conv2dGradWeightArgs extends Window {
  x: Ptr;
  dy: Ptr;
  dw: Ptr;
  /** Elements from one sample of dy to the next, where dy is a range of channels of more (groups 1). */
  strideDy?: number;
}

/** y[n][o] = clamp(x[n][i] weight[o][i]^T + bias). */
export interface LinearArgs {
  x: Ptr;
  weight: Ptr;
  prepared: boolean;
  bias: Ptr;
  y: Ptr;
  /** Elements from one sample of y to the next, where y is a range of columns of a wider matrix; n is then above 3. */
  ldy?: number;
  n: number;
  i: number;
  o: number;
  lo: number;
  hi: number;
}

/**
 * How sparse weights are stored: alone, or with `blocks` in blocks of 4 output channels (of a group) at one place of the window and
 * input, kept if any of the four is not zero. A zero that is not stored is not multiplied: where the input is an infinity or NaN, the
 * dense layer has a NaN that the sparse one has not. A zero within a kept block may be.
 */
export interface SparseStorage {
  /** Weights that are not zero: what `prepare` found. */
  nonzero: number;
  blocks: boolean;
}
/** Weights stored sparse. Always prepared from the dense weights. groups may exceed 1. */
export interface SparseConv2dArgs extends Conv2dArgs, SparseStorage {}
export interface SparseLinearArgs extends LinearArgs, SparseStorage {}

/** Weights of few different values, stored as indices into a codebook. Always prepared, from the f32 weights themselves. */
export interface SharedStorage {
  /** Of an index: 4 for up to 16 different weights, 8 for up to 256. */
  bits: 4 | 8;
}

/** conv2d and linear without writing out more weights than a few output channels'; bits as theirs, depthwise ones aside. */
export interface ClusteredConv2dArgs extends Conv2dArgs, SharedStorage {}
export interface ClusteredLinearArgs extends LinearArgs, SharedStorage {}

/** y = max over the window; padding never wins. indices (i32, y's shape) is the flat position h*w of the maximum within its plane; the first one on a tie. */
export interface MaxPoolArgs extends Window {
  x: Ptr;
  y: Ptr;
  /** 0 if not wanted. */
  indices: Ptr;
}
/** dx = dy scattered to the maxima (windows may overlap: summed). Overwrites dx. */
export interface MaxPoolGradArgs extends Window {
  dy: Ptr;
  indices: Ptr;
  dx: Ptr;
}
/** y = mean over the window. countIncludePad: padding counts as zeros within h+padT+padB, w+padL+padR, as in torch and ONNX. */
export interface AvgPoolArgs extends Window {
  x: Ptr;
  y: Ptr;
  countIncludePad: boolean;
}
export interface AvgPoolGradArgs extends Window {
  dy: Ptr;
  dx: Ptr;
  countIncludePad: boolean;
}

/** A tensor seen as [n][c][p]: samples, channels, positions. */
export interface Planes {
  n: number;
  c: number;
  p: number;
}

/** The same, which may be a range of channels of a tensor with more: `step` elements from one sample to the next. */
export interface ChannelRange extends Planes {
  step?: number;
}

/** y[n][c] = mean over p. */
export interface GlobalAvgPoolArgs extends Planes {
  x: Ptr;
  y: Ptr;
}
/** dx[n][c][p] = dy[n][c] / p. */
export interface GlobalAvgPoolGradArgs extends Planes {
  dy: Ptr;
  dx: Ptr;
}

/**
 * Batch normalisation in training: biased variance over n and p normalises; running = (1 - momentum) running +
 * momentum * batch, the running variance unbiased (torch's rule; n*p >= 2). Saves the batch's mean and 1/sqrt(var+eps).
 */
export interface BatchNormTrainArgs extends ChannelRange {
  x: Ptr;
  gamma: Ptr;
  beta: Ptr;
  y: Ptr;
  mean: Ptr;
  invStd: Ptr;
  runningMean: Ptr;
  runningVar: Ptr;
  momentum: number;
  eps: number;
}
/** y = (x - mean) / sqrt(var + eps) * gamma + beta. In place allowed. */
export interface BatchNormInferArgs extends Planes {
  x: Ptr;
  gamma: Ptr;
  beta: Ptr;
  mean: Ptr;
  variance: Ptr;
  y: Ptr;
  eps: number;
}
export interface BatchNormGradArgs extends ChannelRange {
  x: Ptr;
  dy: Ptr;
  gamma: Ptr;
  mean: Ptr;
  invStd: Ptr;
  dx: Ptr;
  dgamma: Ptr;
  dbeta: Ptr;
}

/** y = x + bias[c]. In place allowed. */
export interface AddBiasArgs extends Planes {
  x: Ptr;
  bias: Ptr;
  y: Ptr;
}
/** y[c] = sum over n and p of x: the gradient of a bias. */
export interface SumChannelsArgs extends ChannelRange {
  x: Ptr;
  y: Ptr;
}

/** Elementwise functions. `alpha`: slope of leakyRelu below 0; unused otherwise. hardSwish(x) = x * relu6(x + 3) / 6. */
export type UnaryKind = 'relu' | 'relu6' | 'leakyRelu' | 'sigmoid' | 'tanh' | 'hardSwish' | 'exp' | 'log';
/** y = kind(x) over `size` elements. In place allowed. */
export interface UnaryArgs {
  kind: UnaryKind;
  x: Ptr;
  y: Ptr;
  size: number;
  alpha: number;
}
/** dx = dy * kind'(x). x and y are forward's input and output. At a kink the derivative is 0 (relu at 0, relu6 at 0 and 6; leakyRelu at 0: alpha; hardSwish at -3: 0, at 3: 1), as in torch. dx may be dy. */
export interface UnaryGradArgs {
  kind: UnaryKind;
  x: Ptr;
  y: Ptr;
  dy: Ptr;
  dx: Ptr;
  size: number;
  alpha: number;
}

/** y = clamp(a + b) or clamp(a * b), same sizes. In place allowed. */
export interface BinaryArgs {
  a: Ptr;
  b: Ptr;
  y: Ptr;
  size: number;
  lo: number;
  hi: number;
}
/** y = alpha * x + beta * y; y is not read if beta is 0. x may be y. */
export interface AxpbyArgs {
  x: Ptr;
  y: Ptr;
  size: number;
  alpha: number;
  beta: number;
}
export interface FillArgs {
  y: Ptr;
  size: number;
  value: number;
}

/** Copies `rows` runs of `bytes` bytes between two row strides (in bytes): concat, slice and their gradients, any dtype. */
export interface CopyRowsArgs {
  src: Ptr;
  dst: Ptr;
  rows: number;
  bytes: number;
  srcStride: number;
  dstStride: number;
}
/**
 * y = clamp(f(a, b)) on views: every axis has an extent and, for each operand, a stride in elements (0 repeats, below 0 goes
 * backwards). `copy` is f(a, b) = a and does not read b. Transposing, slicing, repeating, arithmetic on aligned shapes.
 */
export type StridedKind = 'copy' | 'add' | 'sub' | 'mul' | 'div';
export interface StridedArgs {
  kind: StridedKind;
  /** Of the walk: at least 1. */
  rank: number;
  /** i32 [5][rank] as `stridedTable` (src/core/strides.ts) makes it: extents, strides of a, b and y, zeros to count in. */
  table: Ptr;
  /** First elements. */
  a: Ptr;
  b: Ptr;
  /** May be a or b where the strides are the same. */
  y: Ptr;
  lo: number;
  hi: number;
}
/** y = x with constant borders; x is [planes][h][w], y [planes][h+padT+padB][w+padL+padR]. */
export interface Pad2dArgs {
  x: Ptr;
  y: Ptr;
  planes: number;
  h: number;
  w: number;
  padT: number;
  padL: number;
  padB: number;
  padR: number;
  value: number;
}
/** dx = the inner part of dy: the gradient of pad. */
export interface Pad2dGradArgs {
  dy: Ptr;
  dx: Ptr;
  planes: number;
  h: number;
  w: number;
  padT: number;
  padL: number;
  padB: number;
  padR: number;
}

/** y = softmax over the columns of each row. In place allowed. */
export interface SoftmaxArgs {
  x: Ptr;
  y: Ptr;
  rows: number;
  columns: number;
}
/** dx = y * (dy - sum(dy * y)) by row. */
export interface SoftmaxGradArgs {
  y: Ptr;
  dy: Ptr;
  dx: Ptr;
  rows: number;
  columns: number;
}
/**
 * Cross-entropy against a distribution: loss[row] = -sum(target * log softmax(logits)), by log-sum-exp. `diff` =
 * softmax(logits) * sum(target) - target: the gradient of each row's loss by its logits.
 */
export interface CrossEntropyArgs {
  logits: Ptr;
  /** Probabilities [rows][columns]. */
  target: Ptr;
  loss: Ptr;
  diff: Ptr;
  rows: number;
  columns: number;
}
/** y[row] = one-hot of labels (i32) * (1 - smoothing) + smoothing / columns (torch's label smoothing). */
export interface OneHotArgs {
  labels: Ptr;
  y: Ptr;
  rows: number;
  columns: number;
  smoothing: number;
}

/** y[0] = reduction over `size` elements (size >= 1); minMax writes y[0] = min, y[1] = max. The order of summation is fixed. */
export type ReduceKind = 'sum' | 'sumSquares' | 'maxAbs' | 'minMax';
export interface ReduceArgs {
  kind: ReduceKind;
  x: Ptr;
  y: Ptr;
  size: number;
}
/** y (i32)[row] = index of the row's largest element, the first on a tie. */
export interface ArgmaxArgs {
  x: Ptr;
  y: Ptr;
  rows: number;
  columns: number;
}

/**
 * g += weightDecay * w; v = momentum * v + g; w -= lr * (nesterov ? g + momentum * v : v). v is not touched if momentum
 * is 0. torch's rule with dampening 0. g is not changed.
 */
export interface SgdArgs {
  w: Ptr;
  g: Ptr;
  v: Ptr;
  size: number;
  lr: number;
  momentum: number;
  weightDecay: number;
  nesterov: boolean;
}
/**
 * w -= lr * weightDecay * w; m = b1 m + (1-b1) g; v = b2 v + (1-b2) g^2; w -= lr * (m / c1) / (sqrt(v / c2) + eps), with
 * c1 = 1 - b1^t and c2 = 1 - b2^t handed in (Loshchilov and Hutter 2019, torch's order).
 */
export interface AdamWArgs {
  w: Ptr;
  g: Ptr;
  m: Ptr;
  v: Ptr;
  size: number;
  lr: number;
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  correction1: number;
  correction2: number;
}

/** x = mask ? x : 0 in place; mask is u8, 0 or 1. */
export interface MaskArgs {
  x: Ptr;
  mask: Ptr;
  size: number;
}
/** sum += x^2: the empirical Fisher's accumulator. */
export interface AccumulateSquaresArgs {
  x: Ptr;
  sum: Ptr;
  size: number;
}

/** indices (u8) = nearest of k <= 256 centroids by |x - c|, the difference rounded to f32; the lowest index on a tie. */
export interface KMeansAssignArgs {
  x: Ptr;
  centroids: Ptr;
  indices: Ptr;
  size: number;
  k: number;
}
/** centroids = mean of members where mask (u8, 0 for "all members") is 1; a centroid without members stays. counts (i32)[k] is written. Sums in f64. */
export interface KMeansUpdateArgs {
  x: Ptr;
  mask: Ptr;
  indices: Ptr;
  centroids: Ptr;
  counts: Ptr;
  size: number;
  k: number;
}
/** w = centroids[indices], 0 where mask (u8, 0 for none) is 0. */
export interface GatherCentroidsArgs {
  centroids: Ptr;
  indices: Ptr;
  mask: Ptr;
  w: Ptr;
  size: number;
}
/** dc[k] = sum of dw over the members of each centroid where mask is 1. Overwrites dc. */
export interface ScatterCentroidsArgs {
  dw: Ptr;
  indices: Ptr;
  mask: Ptr;
  dc: Ptr;
  size: number;
  k: number;
}

/**
 * y = (clamp(round(x / scale) + zeroPoint, qmin, qmax) - zeroPoint) * scale, half to even. x is [channels][inner] with a
 * scale (f32) and zero point (i32) per channel; channels = 1 for per-tensor. round(x * (1/scale)) with 1/scale in f32.
 */
export interface FakeQuantizeArgs {
  x: Ptr;
  y: Ptr;
  channels: number;
  inner: number;
  scale: Ptr;
  zeroPoint: Ptr;
  qmin: number;
  qmax: number;
}
/** Straight-through: dx = dy where round(x / scale) + zeroPoint lies within [qmin, qmax], else 0. dx may be dy. */
export interface FakeQuantizeGradArgs extends FakeQuantizeArgs {
  dy: Ptr;
  dx: Ptr;
}

/** y (i8) = clamp(round(x * (1/scale)) + zeroPoint, -128, 127), half to even. */
export interface QuantizeArgs {
  x: Ptr;
  y: Ptr;
  size: number;
  scale: number;
  zeroPoint: number;
}
/** y = (x (i8) - zeroPoint) * scale. */
export interface DequantizeArgs {
  x: Ptr;
  y: Ptr;
  size: number;
  scale: number;
  zeroPoint: number;
}

/**
 * int8 convolution: acc (i32) = bias + sum (x - zeroX) * weight, padding counts as zeroX; y = clamp(round(f32(acc) *
 * multiplier[co]) + zeroY, lo, hi), saturating, lo and hi in int8. Requantization: f32(acc) is acc rounded half-to-even
 * to f32, one f32 product, clamped to +-2^21, round half to even: the same bits on every host.
 * multiplier[co] = scaleX * scaleW[co] / scaleY.
 */
export interface QConv2dArgs extends Window {
  /** i8 */
  x: Ptr;
  /** i8 OIHW or prepared. */
  weight: Ptr;
  prepared: boolean;
  /** i32 [co]; 0 for none. */
  bias: Ptr;
  /** f32 [co] */
  multiplier: Ptr;
  /** i8 */
  y: Ptr;
  zeroX: number;
  zeroY: number;
  lo: number;
  hi: number;
}
/** The same for y[n][o] = x[n][i] weight[o][i]^T. */
export interface QLinearArgs {
  x: Ptr;
  weight: Ptr;
  prepared: boolean;
  bias: Ptr;
  multiplier: Ptr;
  y: Ptr;
  n: number;
  i: number;
  o: number;
  zeroX: number;
  zeroY: number;
  lo: number;
  hi: number;
}
/** int8 max pooling; scale and zero point pass through. */
export interface QMaxPoolArgs extends Window {
  x: Ptr;
  y: Ptr;
}
/** int8 average pooling: y = clamp(round(f32(sum(x - zeroX)) * (multiplier / count)) + zeroY); multiplier = scaleX / scaleY; multiplier / count is one f32 division. */
export interface QAvgPoolArgs extends Window {
  x: Ptr;
  y: Ptr;
  countIncludePad: boolean;
  zeroX: number;
  zeroY: number;
  multiplier: number;
}
export interface QGlobalAvgPoolArgs extends Planes {
  x: Ptr;
  y: Ptr;
  zeroX: number;
  zeroY: number;
  multiplier: number;
}
/** y = clamp(round(f32(a - zeroA) * multA + f32(b - zeroB) * multB) + zeroY, lo, hi): two products and one sum, each rounded to f32. */
export interface QAddArgs {
  a: Ptr;
  b: Ptr;
  y: Ptr;
  size: number;
  zeroA: number;
  zeroB: number;
  zeroY: number;
  multA: number;
  multB: number;
  lo: number;
  hi: number;
}
/** y (i8) = table[x + 128], table i8 [256]: any elementwise function, and a change of scale and zero point. In place allowed. */
export interface QLookupArgs {
  x: Ptr;
  y: Ptr;
  table: Ptr;
  size: number;
}

/** Primitives whose weights a backend may want in an order of its own, made once by `prepare`. */
export interface Preparable {
  conv2d: Conv2dArgs;
  winogradConv2d: WinogradConv2dArgs;
  linear: LinearArgs;
  sparseConv2d: SparseConv2dArgs;
  sparseLinear: SparseLinearArgs;
  clusteredConv2d: ClusteredConv2dArgs;
  clusteredLinear: ClusteredLinearArgs;
  qconv2d: QConv2dArgs;
  qlinear: QLinearArgs;
}

/** Every primitive that takes a descriptor. */
export interface Primitives {
  gemm(a: GemmArgs): void;
  conv2d(a: Conv2dArgs): void;
  winogradConv2d(a: WinogradConv2dArgs): void;
  conv2dGradInput(a: Conv2dGradInputArgs): void;
  conv2dGradWeight(a: Conv2dGradWeightArgs): void;
  linear(a: LinearArgs): void;
  sparseConv2d(a: SparseConv2dArgs): void;
  sparseLinear(a: SparseLinearArgs): void;
  clusteredConv2d(a: ClusteredConv2dArgs): void;
  clusteredLinear(a: ClusteredLinearArgs): void;
  maxPool(a: MaxPoolArgs): void;
  maxPoolGrad(a: MaxPoolGradArgs): void;
  avgPool(a: AvgPoolArgs): void;
  avgPoolGrad(a: AvgPoolGradArgs): void;
  globalAvgPool(a: GlobalAvgPoolArgs): void;
  globalAvgPoolGrad(a: GlobalAvgPoolGradArgs): void;
  batchNormTrain(a: BatchNormTrainArgs): void;
  batchNormInfer(a: BatchNormInferArgs): void;
  batchNormGrad(a: BatchNormGradArgs): void;
  addBias(a: AddBiasArgs): void;
  sumChannels(a: SumChannelsArgs): void;
  unary(a: UnaryArgs): void;
  unaryGrad(a: UnaryGradArgs): void;
  add(a: BinaryArgs): void;
  mul(a: BinaryArgs): void;
  axpby(a: AxpbyArgs): void;
  fill(a: FillArgs): void;
  copyRows(a: CopyRowsArgs): void;
  strided(a: StridedArgs): void;
  pad2d(a: Pad2dArgs): void;
  pad2dGrad(a: Pad2dGradArgs): void;
  softmax(a: SoftmaxArgs): void;
  softmaxGrad(a: SoftmaxGradArgs): void;
  crossEntropy(a: CrossEntropyArgs): void;
  oneHot(a: OneHotArgs): void;
  reduce(a: ReduceArgs): void;
  argmax(a: ArgmaxArgs): void;
  sgd(a: SgdArgs): void;
  adamw(a: AdamWArgs): void;
  applyMask(a: MaskArgs): void;
  accumulateSquares(a: AccumulateSquaresArgs): void;
  kmeansAssign(a: KMeansAssignArgs): void;
  kmeansUpdate(a: KMeansUpdateArgs): void;
  gatherCentroids(a: GatherCentroidsArgs): void;
  scatterCentroids(a: ScatterCentroidsArgs): void;
  fakeQuantize(a: FakeQuantizeArgs): void;
  fakeQuantizeGrad(a: FakeQuantizeGradArgs): void;
  quantize(a: QuantizeArgs): void;
  dequantize(a: DequantizeArgs): void;
  qconv2d(a: QConv2dArgs): void;
  qlinear(a: QLinearArgs): void;
  qmaxPool(a: QMaxPoolArgs): void;
  qavgPool(a: QAvgPoolArgs): void;
  qglobalAvgPool(a: QGlobalAvgPoolArgs): void;
  qadd(a: QAddArgs): void;
  qlookup(a: QLookupArgs): void;
}

export type PrimitiveName = keyof Primitives;
export type ArgsOf<P extends PrimitiveName> = Parameters<Primitives[P]>[0];

/** What reading a model file (src/format) spends its time on. Every backend gives the same values. */
export interface Decoders {
  /** The checksum of several stretches as if they were one. */
  crc32(...parts: readonly Uint8Array[]): number;
  /** The header: `length` bytes, after learning `primer`. */
  text(primer: Uint8Array, code: Uint8Array, length: number): Uint8Array;
  /** Symbols of a bit tree of this width; `after`: four trees, by the symbol before. */
  symbols(code: Uint8Array, count: number, alphabet: number, width: number, after: boolean): Uint8Array;
  /** A mask, [rows][columns], by the method rows-columns. */
  positions(code: Uint8Array, rows: number, columns: number): Uint8Array;
}

export interface Backend extends Primitives {
  /** Which implementation answers. */
  readonly name: 'reference' | 'wasm' | 'fast';
  readonly heap: Heap;
  /** Bytes that `prepare` will write for these weights. */
  preparedBytes<P extends keyof Preparable>(
    primitive: P,
    args: Preparable[P],
    weights: AnyTypedArray,
  ): number;
  /**
   * Writes `weights` (OIHW or [out][in], f32 or i8) to `to` in the order in which the primitive reads them. The
   * descriptor's geometry decides the order; its pointers are not used. Then run it with weight = to, prepared = true.
   */
  prepare<P extends keyof Preparable>(
    primitive: P,
    args: Preparable[P],
    weights: AnyTypedArray,
    to: Ptr,
  ): void;
  /** For reading model files, where the backend has kernels for it; the format has them in JavaScript. */
  readonly decoders?: Decoders;
  /** Bytes of scratch the primitive will ask of the heap, so that a plan can reserve them: run then allocates nothing. */
  scratchBytes<P extends PrimitiveName>(primitive: P, args: ArgsOf<P>): number;
}
