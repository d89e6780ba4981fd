// Importance of weights.
export { f32_accumulate_squares } from './f32_accumulate_squares';
