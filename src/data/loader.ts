/**
 * From a data set to batches: a seeded order for each epoch, and pixels normalised straight into the batch tensor's
 * memory through a table of 256 values a channel.
 */
import { ArgumentError } from '../core/errors.ts';
import { Rng } from '../core/rng.ts';
import { sizeOf } from '../core/shape.ts';
import type { InputMeaning } from '../graph/graph.ts';
import { type Augmentation, Augmenter, transformPlane } from './augment.ts';
import { checkFinite, type Dataset, isReader } from './dataset.ts';

/** For each channel, the normalised f32 value of each pixel value 0..255, as `normalizePixels` defines it: scaled by the range, less mean, by deviation. */
export function normalizationTables(meaning: InputMeaning): Float32Array[] {
  const [low, high] = meaning.range;
  return meaning.mean.map((mean, c) => {
    const table = new Float32Array(256);
    for (let value = 0; value < 256; value++) {
      table[value] = ((value - low) / (high - low) - mean) / meaning.deviation[c];
    }
    return table;
  });
}

/** The order in which an epoch visits the images. */
export function epochOrder(seed: number, epoch: number, length: number): Uint32Array {
  return new Rng(seed).fork(`shuffle:${epoch}`).permutation(length);
}

/** Fills batches from one data set. Allocates nothing while filling, apart from transforms when augmenting. */
export class Loader {
  readonly data: Dataset;
  /** Elements of one image. */
  readonly sampleSize: number;
  private readonly tables: Float32Array[];
  private augmenter: Augmenter | undefined;
  /** One image of bytes, as a reader hands it over. */
  private readonly bytes: Uint8Array;

  constructor(data: Dataset) {
    this.data = data;
    this.sampleSize = sizeOf(data.shape);
    this.tables = normalizationTables(data.meaning);
    this.bytes = new Uint8Array(isReader(data.images) ? this.sampleSize : 0);
  }

  /**
   * From here on images are augmented as they are in that epoch; undefined ends it.
   * @throws ArgumentError for options out of range, or a data set of floats, whose "outside" has no value
   */
  augment(options: Augmentation | undefined, seed = 1, epoch = 0): void {
    const { images } = this.data;
    if (options && (images instanceof Float32Array || (isReader(images) && images.dtype === 'f32'))) {
      throw new ArgumentError('augment', 'images', 'a data set of bytes', 'floats');
    }
    const [, h, w] = this.data.shape;
    this.augmenter = options && new Augmenter(options, seed, epoch, h, w);
  }

  /**
   * Writes images order[from..from+count-1] to `images` ([count][c][h][w], a view over the batch tensor), and their classes to `labels`.
   * `order` left out means 0, 1, 2...
   * @throws DataError if an image cannot be read, or one that is read only now holds NaN or infinity
   */
  fill(
    images: Float32Array,
    labels: Int32Array,
    from: number,
    count: number,
    order?: ArrayLike<number>,
  ): void {
    const { data, sampleSize } = this;
    const source = data.images;
    for (let i = 0; i < count; i++) {
      const index = order ? order[from + i] : from + i;
      labels[i] = data.labels[index];
      const at = i * sampleSize;
      if (source instanceof Float32Array) {
        images.set(source.subarray(index * sampleSize, (index + 1) * sampleSize), at);
      } else if (source instanceof Uint8Array) {
        this.fillBytes(source, index * sampleSize, index, images, at);
      } else if (source.dtype === 'f32') {
        source.read(index, images, at);
        checkFinite(images, at, sampleSize, index, 'data set');
      } else {
        source.read(index, this.bytes, 0);
        this.fillBytes(this.bytes, 0, index, images, at);
      }
    }
  }

  private fillBytes(from: Uint8Array, source: number, index: number, to: Float32Array, at: number): void {
    const [, h, w] = this.data.shape;
    const positions = h * w;
    const transform = this.augmenter?.draw(index);
    for (const table of this.tables) {
      if (transform) transformPlane(from, source, h, w, transform, table, to, at);
      else for (let i = 0; i < positions; i++) to[at + i] = table[from[source + i]];
      source += positions;
      at += positions;
    }
  }
}
