/** What raw input means: from pixels to the numbers a model was trained on. */
import { ArgumentError } from '../core/errors.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import type { InputMeaning } from './graph.ts';

/**
 * Bytes to f32: ((pixel - range[0]) / (range[1] - range[0]) - mean[c]) / deviation[c], in f64, rounded once.
 * @param pixels any number of samples, planar: [n][c][h][w], as the model's input is
 * @param shape of one sample, [c][...]; one mean for all channels is allowed
 * @throws ArgumentError if the length is no multiple of a sample, or means do not fit the channels
 */
export function normalizePixels(
  pixels: Uint8Array | Uint8ClampedArray,
  shape: Shape,
  meaning: InputMeaning,
): Float32Array {
  const size = sizeOf(shape);
  if (pixels.length === 0 || pixels.length % size !== 0) {
    throw new ArgumentError('normalize', 'pixels', `a multiple of ${size} bytes`, pixels.length);
  }
  const { mean, deviation, range } = meaning;
  const channels = mean.length;
  if (channels !== 1 && channels !== shape[0]) {
    throw new ArgumentError('normalize', 'mean', `1 or ${shape[0]} channels`, channels);
  }
  // 256 values a channel, each computed once.
  const tables = mean.map((m, c) =>
    Float32Array.from(
      { length: 256 },
      (_, pixel) => ((pixel - range[0]) / (range[1] - range[0]) - m) / deviation[c],
    ),
  );
  const plane = channels === 1 ? size : size / channels;
  const out = new Float32Array(pixels.length);
  for (let at = 0; at < pixels.length; at += plane) {
    const table = tables[(at / plane) % channels];
    for (let i = at; i < at + plane; i++) out[i] = table[pixels[i]];
  }
  return out;
}
