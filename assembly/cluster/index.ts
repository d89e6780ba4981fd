// Weight sharing: k-means in one dimension, and the way between centroids and weights.

export { f32_decode_shared } from './f32_decode_shared';
export { f32_gather_centroids } from './f32_gather_centroids';
export { f32_kmeans_assign } from './f32_kmeans_assign';
export { f32_kmeans_update, f32_scatter_centroids } from './f32_kmeans_update';
