/** Which primitives a plan may call, and which only training does. The type checker holds that no primitive is in neither list. */
import type { PrimitiveName, UnaryKind } from './backend.ts';

/** What lowering (src/plan) emits: all that running a model takes. */
export const inferencePrimitives = [
  'add',
  'avgPool',
  'batchNormInfer',
  'clusteredConv2d',
  'clusteredLinear',
  'conv2d',
  'copyRows',
  'dequantize',
  'globalAvgPool',
  'linear',
  'maxPool',
  'mul',
  'pad2d',
  'qadd',
  'qavgPool',
  'qconv2d',
  'qglobalAvgPool',
  'qlinear',
  'qlookup',
  'qmaxPool',
  'quantize',
  'softmax',
  'sparseConv2d',
  'sparseLinear',
  'strided',
  'unary',
  'winogradConv2d',
] as const satisfies readonly PrimitiveName[];

export type InferencePrimitive = (typeof inferencePrimitives)[number];

const training: Record<Exclude<PrimitiveName, InferencePrimitive>, 0> = {
  accumulateSquares: 0,
  adamw: 0,
  addBias: 0,
  applyMask: 0,
  argmax: 0,
  avgPoolGrad: 0,
  axpby: 0,
  batchNormGrad: 0,
  batchNormTrain: 0,
  conv2dGradInput: 0,
  conv2dGradWeight: 0,
  crossEntropy: 0,
  fakeQuantize: 0,
  fakeQuantizeGrad: 0,
  fill: 0,
  gatherCentroids: 0,
  gemm: 0,
  globalAvgPoolGrad: 0,
  kmeansAssign: 0,
  kmeansUpdate: 0,
  maxPoolGrad: 0,
  oneHot: 0,
  pad2dGrad: 0,
  reduce: 0,
  scatterCentroids: 0,
  sgd: 0,
  softmaxGrad: 0,
  sumChannels: 0,
  unaryGrad: 0,
};

/** All others. */
export const trainingPrimitives = Object.keys(training) as Exclude<PrimitiveName, InferencePrimitive>[];

/** Elementwise functions that no op of a graph is. */
export const trainingUnaries: readonly UnaryKind[] = ['exp', 'log'];
