// The shipped exports, nothing else: one line a folder of kernels.
export * from './gemm/index';
export * from './conv/index';
export * from './quant/index';
export * from './sparse/index';
export * from './pool/index';
export * from './norm/index';
export * from './elementwise/index';
export * from './loss/index';
export * from './reduce/index';
export * from './optim/index';
export * from './cluster/index';
export * from './importance/index';

/** First byte of memory that kernels do not use for their own static data. */
export function heapBase(): usize {
  return __heap_base;
}
