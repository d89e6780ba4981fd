/** `paring/onnx`: models in and out of ONNX files. Re-exports only. */

export { type ExportOnnxOptions, exportOnnx } from './export.ts';
