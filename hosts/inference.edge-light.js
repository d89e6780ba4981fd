// `#inference` for edge-light, whose bundlers take `?module` for a compiled module.
export { default } from '../build/inference.wasm?module';
