export { f32_conv2d, f32_conv2d_scratch } from './f32_conv2d';
export { f32_conv2d_grad_input, f32_conv2d_grad_input_scratch } from './f32_conv2d_grad_input';
export { f32_conv2d_grad_weight, f32_conv2d_grad_weight_scratch } from './f32_conv2d_grad_weight';
export {
  f32_dwconv2d,
  f32_dwconv2d_grad_input,
  f32_dwconv2d_grad_input_scratch,
  f32_dwconv2d_scratch,
} from './f32_dwconv2d';
export { f32_dwconv2d_grad_weight, f32_dwconv2d_grad_weight_scratch } from './f32_dwconv2d_grad_weight';
export { f32_winograd_conv2d, f32_winograd_conv2d_scratch } from './f32_winograd_conv2d';
export { f32_winograd_pack, f32_winograd_pack_bytes } from './f32_winograd_pack';
