import { Rng } from '../../src/core/rng.ts';
import { type Dataset, dataset } from '../../src/data/dataset.ts';

/** 8x8 images of four classes that a small network learns in seconds: stripes across, down, and along both diagonals, with noise. */
export function stripes(count: number, seed = 1): Dataset {
  const rng = new Rng(seed);
  const images = new Uint8Array(count * 64);
  const labels = new Uint8Array(count);
  for (let n = 0; n < count; n++) {
    labels[n] = rng.below(4);
    const phase = rng.below(4);
    for (let y = 0; y < 8; y++) {
      for (let x = 0; x < 8; x++) {
        const along = [y, x, x + y, x - y + 8][labels[n]] + phase;
        images[n * 64 + y * 8 + x] = (along % 4 < 2 ? 150 : 20) + rng.below(80);
      }
    }
  }
  const meaning = { range: [0, 255], mean: [0.5], deviation: [0.25], channels: 'gray' } as const;
  return dataset({
    images,
    labels,
    shape: [1, 8, 8],
    classes: ['across', 'down', 'rising', 'falling'],
    meaning,
  });
}
