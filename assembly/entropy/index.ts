// Decoders of the model file that are worth a kernel.

export { text_read, text_read_scratch } from './text_read';
