/** What needs a file system: `paring/node`. Re-exports only. */

export { type Exported, type ExportKit, type ExportOptions, exportModel } from '../export/index.ts';
export { type Target, targets } from '../export/targets.ts';
export { FileCheckpoint, type LoadedCheckpoint } from './checkpoint.ts';
export { decodePicture, MAX_PIXELS, readPicture } from './data/decode.ts';
export { type Fetched, type FetchOptions, fetchSet } from './data/fetch.ts';
export { type OpenOptions, openData, type Splits, spoolSink } from './data/open.ts';
export { type Prepared, type PrepareOptions, preparePictures } from './data/prepare.ts';
export { SETS, type SetInfo, type SetName } from './data/sets.ts';
export { evaluateFile, imagePng, importanceByLayer, type Timing, timeFile } from './evaluate-file.ts';
export type { Evaluation, LayerImportance, Misread } from './evaluation.ts';
export { exportFiles, exportKit } from './export.ts';
export { loadMnist, MNIST_VALIDATION, type Mnist } from './mnist.ts';
export { checkWritable, type WriteOptions, writeWhole } from './write.ts';
