/**
 * What reading a file leaves to a backend, in JavaScript: for `decode`, which has no backend, and for a runtime without
 * kernels. The wasm backends have kernels for it, since this code meets a fresh process cold.
 */
import type { Decoders } from '../backend/backend.ts';
import { crc32 } from './bytes.ts';
import { decodeRange } from './range-symbols.ts';
import { decodeRowsColumns } from './rows-columns.ts';
import { decodeText } from './text-model.ts';

export const javascriptDecoders: Decoders = {
  crc32,
  text: decodeText,
  symbols: decodeRange,
  positions: decodeRowsColumns,
};
