// Pooling.

export { f32_avg_pool, f32_avg_pool_grad } from './f32_avg_pool';
export { f32_global_avg_pool, f32_global_avg_pool_grad } from './f32_global_avg_pool';
export { f32_max_pool, f32_max_pool_grad } from './f32_max_pool';
export { f32_max_pool_2x2s2, f32_max_pool_2x2s2_grad } from './f32_max_pool_2x2s2';
