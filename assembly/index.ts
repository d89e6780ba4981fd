// The shipped exports, nothing else: one line a folder of kernels.

export * from './cluster/index';
export * from './conv/index';
export * from './elementwise/index';
export * from './entropy/index';
export * from './gemm/index';
export { heapBase } from './heap-base';
export * from './importance/index';
export * from './loss/index';
export * from './norm/index';
export * from './optim/index';
export * from './pool/index';
export * from './quant/index';
export * from './reduce/index';
export * from './sparse/index';
