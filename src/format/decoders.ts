/**
 * What reading a file leaves to a backend, in JavaScript: for `decode`, which has no backend, and for the reference
 * backend. The wasm backends have kernels for it, since this code meets a fresh process cold.
 */
import type { Decoders } from '../backend/backend.ts';
import { crc32 } from './bytes.ts';
import { decodeRowsColumns } from './positions.ts';
import { decodeRange } from './symbols.ts';
import { decodeText } from './text.ts';

export const javascriptDecoders: Decoders = {
  crc32,
  text: decodeText,
  symbols: decodeRange,
  positions: decodeRowsColumns,
};
