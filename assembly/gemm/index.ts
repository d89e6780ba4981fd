export { f32_gemm, f32_gemm_scratch } from './f32_gemm';
export { f32_gemv } from './f32_gemv';
export { f32_linear, f32_linear_pack, f32_linear_pack_bytes, f32_linear_scratch } from './f32_linear';
export { f32_pack_a, f32_pack_a_bytes } from './f32_pack_a';
