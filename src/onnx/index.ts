/** `paring/onnx`: models in and out of ONNX files. Re-exports only. */

export { type ExportOnnxOptions, exportOnnx } from './export.ts';
export { type ImportOnnxOptions, type ImportReport, importOnnx } from './import.ts';
export type { ElementType } from './proto.ts';
export { readModel, readTensor } from './reader.ts';
export { type Constant, constantOf } from './tensor.ts';
