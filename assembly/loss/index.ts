// Softmax and cross-entropy.

export { f32_cross_entropy } from './f32_cross_entropy';
export { f32_one_hot } from './f32_one_hot';
export { f32_softmax, f32_softmax_grad } from './f32_softmax';
