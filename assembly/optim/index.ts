// Fused optimizer updates.

export { f32_adamw } from './f32_adamw';
export { f32_apply_mask } from './f32_apply_mask';
export { f32_sgd, f32_sgd_momentum } from './f32_sgd';
