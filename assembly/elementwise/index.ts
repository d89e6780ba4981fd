// Elementwise functions and their gradients, biases, copies and borders.

export { copy_rows } from './copy_rows';
export { f32_add } from './f32_add';
export { f32_add_bias, f32_add_bias_rows } from './f32_add_bias';
export { f32_axpby, f32_scale } from './f32_axpby';
export { f32_clamp, f32_clamp_grad } from './f32_clamp';
export { f32_exp, f32_exp_grad } from './f32_exp';
export { f32_fill } from './f32_fill';
export { f32_hard_swish, f32_hard_swish_grad } from './f32_hard_swish';
export { f32_leaky_relu, f32_leaky_relu_grad } from './f32_leaky_relu';
export { f32_log, f32_log_grad } from './f32_log';
export { f32_mul } from './f32_mul';
export { f32_pad2d, f32_pad2d_grad } from './f32_pad2d';
export { f32_sigmoid, f32_sigmoid_grad } from './f32_sigmoid';
export { f32_strided } from './f32_strided';
export { f32_tanh, f32_tanh_grad } from './f32_tanh';
