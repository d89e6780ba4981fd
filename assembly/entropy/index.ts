// Decoders of the model file that are worth a kernel.

export { positions_read, positions_read_scratch } from './positions_read';
export { symbols_read, symbols_read_scratch } from './symbols_read';
export { text_read, text_read_scratch } from './text_read';
