// Reductions.

export { f32_argmax } from './f32_argmax';
export { f32_max_abs, f32_min_max, f32_sum, f32_sum_squares } from './f32_reduce';
export { f32_sum_channels, f32_sum_rows } from './f32_sum_channels';
