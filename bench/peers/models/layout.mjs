// paring keeps channels first, TensorFlow's family keeps them last.

/** [n][c][h][w] to [n][h][w][c], any typed array. */
export function channelsLast(data, [n, c, h, w]) {
  const out = new data.constructor(data.length);
  const plane = h * w;
  for (let i = 0; i < n; i++)
    for (let ch = 0; ch < c; ch++)
      for (let p = 0; p < plane; p++) out[(i * plane + p) * c + ch] = data[(i * c + ch) * plane + p];
  return out;
}

/** The way back; `shape` is [n, c, h, w]. */
export function channelsFirst(data, [n, c, h, w]) {
  const out = new data.constructor(data.length);
  const plane = h * w;
  for (let i = 0; i < n; i++)
    for (let ch = 0; ch < c; ch++)
      for (let p = 0; p < plane; p++) out[(i * c + ch) * plane + p] = data[(i * plane + p) * c + ch];
  return out;
}

/**
 * A linear layer's weights [out][in] for features that were flattened from channels last, if they were flattened.
 * @param shape of what was flattened, [n, c, h, w], or undefined
 */
export function linearColumns(weights, out, shape) {
  if (shape?.length !== 4) return weights;
  const [, c, h, w] = shape;
  return channelsLast(weights, [out, c, h, w]);
}

/** Whether explicit padding is what TensorFlow's SAME or VALID means for this window; its name. */
export function paddingName([top, left, bottom, right], kernel, stride, [h, w]) {
  if (top + left + bottom + right === 0) return 'valid';
  const total = (extent, k, s) => Math.max((Math.ceil(extent / s) - 1) * s + k - extent, 0);
  const [v, u] = [total(h, kernel[0], stride[0]), total(w, kernel[1], stride[1])];
  const same = top === v >> 1 && bottom === v - (v >> 1) && left === u >> 1 && right === u - (u >> 1);
  if (!same) throw new Error(`padding ${[top, left, bottom, right]} is neither SAME nor VALID`);
  return 'same';
}
