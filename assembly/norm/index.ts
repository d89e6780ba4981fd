// Batch normalisation.
export { f32_batch_norm_infer } from './f32_batch_norm_apply';
export { f32_batch_norm_grad } from './f32_batch_norm_grad';
export { f32_batch_norm_train } from './f32_batch_norm_train';
