// The module that `paring/runtime` ships: the kernels that a plan calls and the file's decoder, and no others. A second choice of the same files as
// assembly/index.ts, so both modules give the same bits. test/runtime/inference.test.ts holds that none is missing or idle.

export { f32_decode_shared } from '../cluster/f32_decode_shared';
export { f32_conv2d, f32_conv2d_scratch } from '../conv/f32_conv2d';
export { f32_dwconv2d, f32_dwconv2d_scratch } from '../conv/f32_dwconv2d';
export { f32_winograd_conv2d, f32_winograd_conv2d_scratch } from '../conv/f32_winograd_conv2d';
export { f32_winograd_pack, f32_winograd_pack_bytes } from '../conv/f32_winograd_pack';
export { copy_rows } from '../elementwise/copy_rows';
export { f32_add } from '../elementwise/f32_add';
export { f32_clamp } from '../elementwise/f32_clamp';
export { f32_hard_swish } from '../elementwise/f32_hard_swish';
export { f32_leaky_relu } from '../elementwise/f32_leaky_relu';
export { f32_mul } from '../elementwise/f32_mul';
export { f32_pad2d } from '../elementwise/f32_pad2d';
export { f32_sigmoid } from '../elementwise/f32_sigmoid';
export { f32_strided } from '../elementwise/f32_strided';
export { f32_tanh } from '../elementwise/f32_tanh';
export { crc32, crc32_scratch, crc32_tables } from '../entropy/crc32';
export { positions_read, positions_read_scratch } from '../entropy/positions_read';
export { symbols_read, symbols_read_scratch } from '../entropy/symbols_read';
export { text_read, text_read_scratch } from '../entropy/text_read';
export { f32_gemv } from '../gemm/f32_gemv';
export {
  f32_linear,
  f32_linear_pack,
  f32_linear_pack_bytes,
  f32_linear_scratch,
} from '../gemm/f32_linear';
export { f32_pack_a, f32_pack_a_bytes } from '../gemm/f32_pack_a';
export { heapBase } from '../heap-base';
export { f32_softmax } from '../loss/f32_softmax';
export { f32_batch_norm_infer } from '../norm/f32_batch_norm_apply';
export { f32_avg_pool } from '../pool/f32_avg_pool';
export { f32_global_avg_pool } from '../pool/f32_global_avg_pool';
export { f32_max_pool } from '../pool/f32_max_pool';
export { f32_max_pool_2x2s2 } from '../pool/f32_max_pool_2x2s2';
export { qs8_add } from '../quant/qs8_add';
export { qs8_avg_pool, qs8_global_avg_pool } from '../quant/qs8_avg_pool';
export { qs8_conv2d, qs8_conv2d_1x1 } from '../quant/qs8_conv2d';
export { qs8_dwconv } from '../quant/qs8_dwconv';
export { qs8_dwconv_3x3 } from '../quant/qs8_dwconv_3x3';
export { qs8_fives, qs8_table_columns, qs8_table_rows } from '../quant/qs8_gemm';
export { qs8_gemv } from '../quant/qs8_gemv';
export { qs8_linear } from '../quant/qs8_linear';
export { qs8_lookup } from '../quant/qs8_lookup';
export { qs8_max_pool } from '../quant/qs8_max_pool';
export { qs8_max_pool_2x2 } from '../quant/qs8_max_pool_2x2';
export { qs8_pad } from '../quant/qs8_pad';
export { qs8_dequantize, qs8_quantize } from '../quant/qs8_quantize';
export { qs8_range } from '../quant/requantize';
export { f32_pad } from '../sparse/f32_pad';
export { f32_spconv2d } from '../sparse/f32_spconv2d';
export { f32_splinear } from '../sparse/f32_splinear';
export { f32_spmm } from '../sparse/f32_spmm';
export { f32_spmm_blocks } from '../sparse/f32_spmm_blocks';
export { f32_spmv } from '../sparse/f32_spmv';
export { f32_spmv_4x1 } from '../sparse/f32_spmv_4x1';
