/** Data sets by path: the one way in for files, folders and the sets that have a name. */
import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { ArgumentError, DataError } from '../../core/errors.ts';
import type { Fit } from '../../data/resize.ts';
import type { ImageSink } from '../../data/samples.ts';
import { openFile, openFolderOfFiles } from './arrays-open.ts';
import { Spool } from './files.ts';
import { makeSplits, type Source, type Splits } from './parts.ts';
import { openPictures } from './pictures.ts';
import { isSetName, SETS, type SetName } from './sets.ts';

export type { Splits } from './parts.ts';

export interface OpenOptions {
  /** Of parts that are carved off. Default 1. */
  seed?: number;
  /** Fraction of the training images to validate on, drawn by seed, each class in proportion, where the source has no validation part. Default 0.1; of the MNIST family (60,000 and 10,000 images of IDX) the last 5,000. */
  validation?: number;
  /** Fraction to test on, drawn in the same way, where the source has no test part. Default 0.1. */
  test?: number;
  /** [h, w] to bring pictures to. Default: their own size, if they all have the same. */
  size?: readonly [number, number];
  /** How pictures of other proportions come to it. Default 'crop'. */
  fit?: Fit;
  /** Default 'rgb', unless every picture is gray. */
  channels?: 'gray' | 'rgb';
  /** Bytes up to which images are held in memory; beyond, they are read when they are needed. Default: `roomForImages`. */
  memory?: number;
  /** While pictures are decoded. */
  onProgress?(done: number, total: number): void;
  signal?: AbortSignal;
}

/**
 * Bytes of images that may well be held: a quarter of the memory that the process may have (the container's, where it is in
 * one), at most 1 GiB.
 */
export function roomForImages(
  available = Math.min(totalmem(), process.constrainedMemory() || Infinity),
): number {
  return Math.min(2 ** 30, Math.floor(available / 4));
}

/**
 * Opens a data set: a folder with IDX files (plain or .gz), CIFAR batches (.bin), .npy or .npz, or with pictures by class; such a
 * file itself; or the name of a set (mnist, cifar10, fashion-mnist) that `fetchSet` put into ./data or that is installed. Bytes
 * are normalised by mean and deviation of the training part; floats (NPY) are taken as they are. Each part carries the SHA-256
 * of its images and labels.
 * @throws DataError (naming file, offset, expected and got) for anything that is not what it should be, ArgumentError for options out of
 *   range, FileError if there is no room for a temporary file
 */
export async function openData(path: string, options: OpenOptions = {}): Promise<Splits> {
  const { seed = 1, memory = roomForImages() } = options;
  if (!Number.isSafeInteger(seed)) throw new ArgumentError('openData', 'seed', 'a whole number', seed);
  if (!(memory >= 0)) throw new ArgumentError('openData', 'memory', 'a number of bytes', memory);
  const source = await openSource(path, memory, options);
  return makeSplits(source, path, { ...options, seed, memory });
}

async function openSource(path: string, memory: number, options: OpenOptions): Promise<Source> {
  const budget = { left: memory };
  const { place, known } = resolve(path);
  if (!statSync(place).isDirectory()) {
    refusePictureOptions(options, place);
    return openFile(place, budget);
  }
  const source = await openFolderOfFiles(place, budget, known);
  if (!source) return openPictures(place, budget, options);
  refusePictureOptions(options, place);
  return source;
}

/** Options that only pictures have would else be left out in silence. */
function refusePictureOptions(options: OpenOptions, place: string): void {
  for (const name of ['size', 'fit', 'channels'] as const) {
    if (options[name] !== undefined) {
      throw new ArgumentError('openData', name, 'a folder of pictures, for which alone it is', place);
    }
  }
}

/** The file or folder a path or name means, and the names of its classes where the set is known. */
function resolve(path: string): { place: string; known?: readonly string[] } {
  if (existsSync(path)) return { place: path };
  if (!isSetName(path)) {
    throw new DataError(path, `a folder, a file, or one of ${Object.keys(SETS).join(', ')}`, 'nothing there');
  }
  const { classes } = SETS[path];
  for (const place of [join('data', path), ...installed(path)]) {
    if (existsSync(place)) return { place, known: classes };
  }
  throw new DataError(
    path,
    `the set in ${join('data', path)} (paring data ${path} puts it there)`,
    'nothing',
  );
}

/** Where packages put a set. */
export function installed(name: SetName): string[] {
  const { npm, system } = SETS[name];
  const places = system ? [system] : [];
  if (npm?.folder === undefined) return places;
  const require = createRequire(import.meta.url);
  try {
    places.push(join(require.resolve(`${npm.name}/package.json`), '..', npm.folder));
  } catch {
    // Not installed: one place less to look at.
  }
  return places;
}

/**
 * Where `fromSamples` puts images: memory up to `memory` bytes (default: `roomForImages`), beyond that a temporary file that is gone with the process.
 */
export function spoolSink(memory = roomForImages()): ImageSink {
  const spool = new Spool('samples', { left: memory });
  let size = 0;
  let count = 0;
  let floats = false;
  return {
    add(image) {
      size = image.length;
      count += 1;
      floats = image instanceof Float32Array;
      spool.write(new Uint8Array(image.buffer, image.byteOffset, image.byteLength));
    },
    finish() {
      const bytes = spool.finish();
      const raw = new Float32Array(floats ? size : 0);
      const rawBytes = new Uint8Array(raw.buffer);
      return {
        dtype: floats ? 'f32' : 'u8',
        count,
        read(index, into, at) {
          if (!floats) return bytes.read(index * size, (into as Uint8Array).subarray(at, at + size));
          bytes.read(index * rawBytes.length, rawBytes);
          into.set(raw, at);
        },
      };
    },
  };
}
