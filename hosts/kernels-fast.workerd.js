// `#kernels-fast` for workerd, where a .wasm file is imported as a compiled module and bytes may not be compiled.
export { default } from '../build/kernels-fast.wasm';
