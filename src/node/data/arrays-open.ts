/** Data sets of binary files: IDX pairs, CIFAR batches, NPY pairs and NPZ, found by the names they have everywhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DataError } from '../../core/errors.ts';
import { type Shape, sameShape } from '../../core/shape.ts';
import { openImageArray, readLabelArray } from '../../data/arrays.ts';
import { type ByteSource, readAt, slice } from '../../data/bytes.ts';
import { CIFAR_SHAPE, CIFAR10_CLASSES, type CifarKind, openCifar } from '../../data/cifar.ts';
import { checkIdxLength, IDX_HEADER, idxHeader } from '../../data/idx.ts';
import { countClasses, wholeLabels } from '../../data/labels.ts';
import { type Budget, fileSource } from './files.ts';
import { joinPools, type Pool, type Source } from './parts.ts';
import { gunzipIdx, unzipNpz } from './unpack.ts';

type Role = 'train' | 'validation' | 'test';

/** A pool whose labels are not yet classes. */
interface Raw {
  name: string;
  /** The file they came from. */
  labelName: string;
  shape: Shape;
  images: Pool['images'];
  labels: ArrayLike<number>;
}

/** Files in which others keep the names of classes, one a line. */
const NAME_FILES = ['classes.txt', 'fine_label_names.txt', 'batches.meta.txt'];

/** Names of classes that lie beside the data. */
function namesBeside(folder: string): string[] | undefined {
  const file = NAME_FILES.map((name) => join(folder, name)).find((path) => existsSync(path));
  if (!file) return undefined;
  const lines = readFileSync(file, 'utf8').split(/\r?\n/);
  return lines.map((line) => line.trim()).filter((line) => line !== '');
}

/** What a file's stem says it is part of. */
function roleOf(stem: string): Role | undefined {
  if (/(^|[-_.])train(ing)?$/i.test(stem)) return 'train';
  if (/(^|[-_.])(val|valid|validation)$/i.test(stem)) return 'validation';
  if (/(^|[-_.])(t10k|test)$/i.test(stem)) return 'test';
  return undefined;
}

/** Labels become classes: by name, or from 0 to the training part's largest. */
function assemble(format: string, raw: Map<Role, Raw>, folder: string, known?: readonly string[]): Source {
  const first = raw.get('train') as Raw;
  const names = known ?? namesBeside(folder);
  const count = names?.length ?? countClasses(first.labels, first.labelName);
  const classes = names ?? Array.from({ length: count }, (_, i) => `${i}`);
  const pools = new Map<Role, Pool>();
  for (const [role, { name, labelName, shape, images, labels }] of raw) {
    if (!sameShape(shape, first.shape) || images.dtype !== first.images.dtype) {
      const expected = `images of ${first.images.dtype} ${first.shape.join('x')} as in ${first.name}`;
      throw new DataError(name, expected, `${images.dtype} ${shape.join('x')}`);
    }
    if (images.count !== labels.length) {
      throw new DataError(labelName, `${images.count} labels, as many as images`, `${labels.length}`);
    }
    pools.set(role, { name, images, labels: wholeLabels(labels, labelName, count) });
  }
  return {
    format,
    shape: first.shape,
    classes,
    train: pools.get('train') as Pool,
    validation: pools.get('validation'),
    test: pools.get('test'),
  };
}

const IDX_IMAGES = /^(?:(.*?)[-_.])?images?[-_.]?(idx3?([-_.]?ubyte)?)(\.gz)?$/i;

/** Whether a folder's file, or a file handed in, is IDX images by its name. */
export function isIdxImages(name: string): boolean {
  return IDX_IMAGES.test(name);
}

/**
 * Pairs of IDX files: train-images-idx3-ubyte and train-labels-idx1-ubyte, the same with t10k or test, plain or .gz; or one
 * pair of any other name.
 * @param files names of the image files in `folder`
 */
export async function openIdx(
  folder: string,
  files: readonly string[],
  budget: Budget,
  known?: readonly string[],
): Promise<Source> {
  const raw = new Map<Role, Raw>();
  for (const file of files) {
    const stem = IDX_IMAGES.exec(file)?.[1] ?? '';
    const role = roleOf(stem) ?? 'train';
    const earlier = raw.get(role);
    if (earlier) throw new DataError(folder, `one IDX file of ${role} images`, `${earlier.name} and ${file}`);
    raw.set(role, await openIdxPair(folder, file, budget));
  }
  // A test file alone is a set of its own, from which parts are carved.
  promote(raw);
  return assemble('MNIST-style IDX', raw, folder, known);
}

/** Where there is no training part, the only part there is takes its place. */
function promote(raw: Map<Role, Raw>): void {
  if (raw.has('train')) return;
  const [[role, only]] = raw;
  raw.delete(role);
  raw.set('train', only);
}

async function openIdxPair(folder: string, file: string, budget: Budget): Promise<Raw> {
  const path = join(folder, file);
  const partner = file.replace(/images?/i, (word) => (word.endsWith('s') ? 'labels' : 'label'));
  const stem = partner.replace(/idx3/i, 'idx1').replace(/\.gz$/i, '');
  const labelFile = [stem, `${stem}.gz`].map((name) => join(folder, name)).find((name) => existsSync(name));
  if (!labelFile) throw new DataError(join(folder, stem), 'the labels that belong to the images', 'no file');
  const images = await openIdxFile(path, 3, budget);
  const labels = await openIdxFile(labelFile, 1, budget);
  const [count, h, w] = images.shape;
  if (count === 0 || h === 0 || w === 0) {
    throw new DataError(path, 'at least one image with pixels', images.shape.join('x'));
  }
  if (count !== labels.shape[0]) {
    throw new DataError(labelFile, `${count} labels, as many as images`, `${labels.shape[0]}`);
  }
  const size = h * w;
  return {
    name: path,
    labelName: labelFile,
    shape: [1, h, w],
    labels: readAt(labels.data, 0, count),
    images: {
      dtype: 'u8',
      count,
      read(index, into, at) {
        images.data.read(index * size, (into as Uint8Array).subarray(at, at + size));
      },
    },
  };
}

async function openIdxFile(
  path: string,
  rank: number,
  budget: Budget,
): Promise<{ shape: number[]; data: ByteSource }> {
  const file = fileSource(path);
  const lead = readAt(file, 0, Math.min(2, file.length));
  const packed = lead[0] === 0x1f && lead[1] === 0x8b;
  if (packed) file.close();
  const source = packed ? await gunzipIdx(path, budget) : file;
  const header = idxHeader(readAt(source, 0, Math.min(IDX_HEADER, source.length)), path);
  checkIdxLength(header, source.length, path);
  if (header.shape.length !== rank) {
    throw new DataError(`${path}: byte 3`, `${rank} dimensions`, `${header.shape.length}`);
  }
  return { shape: header.shape, data: slice(source, header.offset, header.size) };
}

/** What kind of CIFAR file a name says it is; undefined if none. */
export function cifarKind(name: string): CifarKind | undefined {
  if (/^(data_batch_\d+|test_batch)\.bin$/.test(name)) return 10;
  return /^(train|test)\.bin$/.test(name) ? 100 : undefined;
}

/** CIFAR batches: data_batch_1.bin... and test_batch.bin, or train.bin and test.bin of CIFAR-100. */
export function openCifarFiles(folder: string, files: readonly string[]): Source {
  const kind = cifarKind(files[0]) as CifarKind;
  const number = (name: string) => Number(/\d+/.exec(name)?.[0] ?? 0);
  const inOrder = files.filter((name) => cifarKind(name) === kind).sort((a, b) => number(a) - number(b));
  const open = (names: readonly string[]): Raw | undefined => {
    if (names.length === 0) return undefined;
    const pools = names.map((name) => {
      const path = join(folder, name);
      return { name: path, ...openCifar(fileSource(path), kind) };
    });
    const joined = joinPools(pools);
    return { ...joined, labelName: joined.name, shape: CIFAR_SHAPE };
  };
  const raw = new Map<Role, Raw>();
  const train = open(inOrder.filter((name) => !name.startsWith('test')));
  const test = open(inOrder.filter((name) => name.startsWith('test')));
  if (train) raw.set('train', train);
  if (test) raw.set('test', test);
  promote(raw);
  const numbers = Array.from({ length: kind }, (_, i) => `${i}`);
  const known = kind === 10 ? CIFAR10_CLASSES : (namesBeside(folder) ?? numbers);
  return assemble(`CIFAR-${kind} binary`, raw, folder, known);
}

/** Names under which images and labels of each part are kept; the first two of Keras, the last two of plain arrays. */
const KEYS: readonly (readonly [Role, string, string])[] = [
  ['train', 'x_train', 'y_train'],
  ['train', 'train_images', 'train_labels'],
  ['train', 'images', 'labels'],
  ['train', 'x', 'y'],
  ['validation', 'x_val', 'y_val'],
  ['validation', 'val_images', 'val_labels'],
  ['test', 'x_test', 'y_test'],
  ['test', 'test_images', 'test_labels'],
];
const ALL_KEYS = KEYS.flatMap(([, images, labels]) => [images, labels]);

/** Whether a file's name is that of an array of images or labels. */
export function isNpyPart(name: string): boolean {
  return name.endsWith('.npy') && ALL_KEYS.includes(name.slice(0, -4));
}

/** An NPZ with images and labels, x and y, or x_train, y_train, x_test and y_test as Keras writes them. */
export function openNpz(path: string, budget: Budget): Source {
  const arrays = unzipNpz(path, (key) => ALL_KEYS.includes(key), budget);
  return openArrays('NPZ', arrays, path, dirname(path));
}

/** images.npy and labels.npy (or x_train.npy...) of a folder. */
export function openNpyFiles(folder: string, files: readonly string[]): Source {
  const arrays = new Map<string, ByteSource>();
  for (const name of files) arrays.set(name.slice(0, -4), fileSource(join(folder, name)));
  return openArrays('NPY', arrays, folder, folder);
}

function openArrays(
  format: string,
  arrays: ReadonlyMap<string, ByteSource>,
  path: string,
  folder: string,
): Source {
  const raw = new Map<Role, Raw>();
  for (const [role, x, y] of KEYS) {
    const images = arrays.get(x);
    const labels = arrays.get(y);
    if (!images && !labels) continue;
    if (!images || !labels) throw new DataError(path, `'${x}' and '${y}'`, `no '${images ? y : x}'`);
    if (raw.has(role)) throw new DataError(path, `one array of ${role} images`, `'${x}' beside another`);
    const read = { ...openImageArray(images), labels: readLabelArray(labels) };
    raw.set(role, { name: images.name, labelName: labels.name, ...read });
  }
  if (!raw.has('train')) {
    const expected = "arrays 'images' and 'labels', 'x' and 'y', or 'x_train' and 'y_train'";
    throw new DataError(path, expected, [...arrays.keys()].join(', ') || 'none of them');
  }
  return assemble(format, raw, folder);
}

/** The files of a set that one file handed in belongs to: itself. @throws DataError if it is of no known kind */
export async function openFile(path: string, budget: Budget): Promise<Source> {
  const folder = dirname(path);
  const name = basename(path);
  if (/\.npz$/i.test(name)) return openNpz(path, budget);
  if (/\.npy$/i.test(name)) {
    const pair = KEYS.find(([, x, y]) => name === `${x}.npy` || name === `${y}.npy`);
    if (!pair) throw new DataError(path, 'images.npy beside labels.npy, or an .npz of both', name);
    const files = [`${pair[1]}.npy`, `${pair[2]}.npy`];
    return openArrays('NPY', sourcesOf(folder, files, 'train', pair), path, folder);
  }
  if (isIdxImages(name)) return openIdx(folder, [name], budget);
  if (/\.bin$/i.test(name) && cifarKind(name)) return openCifarFiles(folder, [name]);
  const known = 'an IDX image file (...images-idx3-ubyte), a CIFAR batch (.bin), .npy or .npz, or a folder';
  throw new DataError(path, known, `'${name}'`);
}

/** The two arrays of a pair under the names of a training pair, since the pair is the whole set. */
function sourcesOf(
  folder: string,
  files: readonly string[],
  as: Role,
  [, x, y]: readonly [Role, string, string],
): Map<string, ByteSource> {
  const own = KEYS.some(([role, images]) => role === as && images === x);
  const keys = own ? [x, y] : ['x', 'y'];
  return new Map(keys.map((key, i) => [key, fileSource(join(folder, files[i]))]));
}

/** What binary sets a folder's files make; undefined if none. */
export async function openFolderOfFiles(
  folder: string,
  budget: Budget,
  known?: readonly string[],
): Promise<Source | undefined> {
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .sort();
  const idx = files.filter(isIdxImages);
  if (idx.length > 0) return openIdx(folder, withoutTwins(idx), budget, known);
  const cifar = files.filter((name) => cifarKind(name) !== undefined);
  if (cifar.length > 0) return openCifarFiles(folder, cifar);
  const npy = files.filter(isNpyPart);
  if (npy.length > 0) return openNpyFiles(folder, npy);
  const npz = files.filter((name) => /\.npz$/i.test(name));
  if (npz.length > 1) throw new DataError(folder, 'one .npz', npz.join(', '));
  return npz.length === 1 ? openNpz(join(folder, npz[0]), budget) : undefined;
}

/** A file beside its own .gz is read instead of it. */
function withoutTwins(files: readonly string[]): string[] {
  return files.filter((name) => !(name.endsWith('.gz') && files.includes(name.slice(0, -3))));
}
