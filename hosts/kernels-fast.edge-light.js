// `#kernels-fast` for edge-light, whose bundlers take `?module` for a compiled module.
export { default } from '../build/kernels-fast.wasm?module';
