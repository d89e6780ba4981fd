export { f32_gemm_1_naive } from './1_naive';
export { f32_gemm_2_loop_order } from './2_loop_order';
export { f32_gemm_3_simd } from './3_simd';
export { f32_gemm_4_register_tile } from './4_register_tile';
export { f32_gemm_5_packed } from './5_packed';
export { f32_gemm_6_barriers } from './6_barriers';
export { f32_gemm_6_without_barriers } from './6_without_barriers';
export { ladder_scratch } from './panels';

/** First byte of memory that the module does not use itself. */
export function heapBase(): usize {
  return __heap_base;
}
