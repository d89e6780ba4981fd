// `#kernels` for edge-light, whose bundlers take `?module` for a compiled module.
export { default } from '../build/kernels.wasm?module';
