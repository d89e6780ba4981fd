// What reading the model file is worth a kernel for.

export { crc32, crc32_scratch, crc32_tables } from './crc32';
export { positions_read, positions_read_scratch } from './positions_read';
export { symbols_read, symbols_read_scratch } from './symbols_read';
export { text_read, text_read_scratch } from './text_read';
