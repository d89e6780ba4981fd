/** The whole public API: re-exports only. Inference alone is in `paring/runtime`. */

// Differentiation
export { Engine } from './autograd/engine.ts';
export type { Tensor } from './autograd/tensor.ts';
// Where arithmetic happens
export type { Backend } from './backend/backend.ts';
export { type BackendOptions, type CreatedBackend, createBackend } from './backend/create.ts';
export { type ModuleSource, wasmModule } from './backend/module.ts';
// Compression
export { type RemoveChannelsOptions, removeChannels } from './compress/channels.ts';
export { type DistillOptions, distillation } from './compress/distill.ts';
export { type Criterion, type ImportanceOptions, importance } from './compress/importance.ts';
export { type GradualOptions, gradualPruning, type PruneOptions, prune } from './compress/prune.ts';
export { type QuantizeOptions, quantize } from './compress/quantize.ts';
export * from './compress/recipe.ts';
export * as recipes from './compress/recipes.ts';
export { type ShareOptions, share } from './compress/share.ts';
// Foundations
export type { AnyTypedArray, DType } from './core/dtype.ts';
export * from './core/errors.ts';
export { Rng } from './core/rng.ts';
export type { Shape } from './core/shape.ts';
export { NUMERICS_VERSION, VERSION } from './core/version.ts';
// Data and training
export type { Augmentation } from './data/augment.ts';
export { readCifar } from './data/cifar.ts';
export { type Dataset, dataset, type ImageReader, measureChannels } from './data/dataset.ts';
export { type IdxArray, readIdx } from './data/idx.ts';
export { readNpy } from './data/npy.ts';
export { fromSamples, type ImageSink, type Sample, type SampleOptions } from './data/samples.ts';
// Files and inference
export { decode, type EncodeOptions, encode, type FileInfo, inspect } from './format/index.ts';
export {
  readSafetensors,
  type SafeTensor,
  type Safetensors,
  type WritableTensor,
  writeSafetensors,
} from './format/safetensors.ts';
export {
  type FillOptions,
  fillGraph,
  graphTensors,
  type TensorsOptions,
  torchName,
} from './format/state-dict.ts';
// Models as data, and how to build them
export type * from './graph/graph.ts';
export { cloneGraph } from './graph/graph.ts';
export { costs, inferShapes, type NodeCost, totals } from './graph/infer.ts';
export { removeDead } from './graph/passes/dead-code.ts';
export { foldBatchNorm } from './graph/passes/fold-batch-norm.ts';
export { fuseActivations } from './graph/passes/fuse-activation.ts';
export { summary } from './graph/summary.ts';
export { builder, type GraphBuilder } from './nn/builder.ts';
export { type FromJsonOptions, graphFromJson } from './nn/from-json.ts';
export * from './nn/models.ts';
export { type ModelRequest, modelByName, modelNames, type NamedModel } from './nn/registry.ts';
export { type LayerSpec, sequential } from './nn/sequential.ts';
export * as ops from './ops/index.ts';
export { AdamW, type AdamWOptions } from './optim/adamw.ts';
export { rateFactor, type Schedule } from './optim/schedule.ts';
export { Sgd, type SgdOptions } from './optim/sgd.ts';
export { type CompileOptions, compile, type Plan } from './plan/compile.ts';
export type { KernelChoice, KernelChoices } from './plan/kernels.ts';
export { type TunedLayer, type TuneOptions, tune } from './plan/tune.ts';
export { type LoadOptions, load, loadSync, type Model } from './runtime.ts';
export { type EvaluateOptions, evaluate } from './train/evaluate.ts';
export { fit } from './train/fit.ts';
export type * from './train/options.ts';
export { lenet5Training } from './train/presets.ts';
