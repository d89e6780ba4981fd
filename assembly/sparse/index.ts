export { f32_pad } from './f32_pad';
export { f32_spconv2d } from './f32_spconv2d';
export { f32_splinear } from './f32_splinear';
export { f32_spmm } from './f32_spmm';
export { f32_spmm_blocks } from './f32_spmm_blocks';
export { f32_spmv } from './f32_spmv';
export { f32_spmv_4x1 } from './f32_spmv_4x1';
