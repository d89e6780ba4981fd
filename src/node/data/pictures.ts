/**
 * A folder of pictures by class: CLASS/*.png, *.jpg, or train/CLASS/... with test/CLASS/... and val/CLASS/... beside it. Headers are read
 * first, so that a wrong size or an empty class is told before minutes of decoding; then each picture is decoded once, by
 * several threads where there is much to do, into memory or a temporary file.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { ArgumentError, DataError } from '../../core/errors.ts';
import { sizeOf } from '../../core/shape.ts';
import { wholeLabels } from '../../data/labels.ts';
import { pictureInfo, uprightSize } from '../../data/picture.ts';
import type { Fit } from '../../data/resize.ts';
import { checkPictureSize, type DecodeOptions, readPicture } from './decode.ts';
import { type Budget, fileSource, Spool } from './files.ts';
import type { Pool, Source } from './parts.ts';
import { decodeInPool, type Extent, workersFor } from './pool.ts';

export interface PictureOptions {
  size?: readonly [number, number];
  fit?: Fit;
  channels?: 'gray' | 'rgb';
  onProgress?(done: number, total: number): void;
  signal?: AbortSignal;
}

/** One part's pictures in order: class by class, by name. */
interface Listing {
  folder: string;
  paths: string[];
  labels: number[];
}

type Role = 'train' | 'validation' | 'test';

const PICTURE = /\.(png|jpe?g)$/i;
/** Pictures that cannot be decoded here: better said than left out. */
const OTHER_PICTURE = /\.(gif|webp|bmp|tiff?|avif|heic|heif|jxl|svg)$/i;
const PART_NAMES: Readonly<Record<string, Role>> = {
  train: 'train',
  training: 'train',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  test: 'test',
  testing: 'test',
};
/** Extents up to which pictures are resized. */
const MAX_SIDE = 4096;

/** Order of code points, the same in every locale. */
export function byCodePoint(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i].codePointAt(0) as number) - (right[i].codePointAt(0) as number);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/**
 * @throws ArgumentError for options out of range; DataError naming the file or folder for fewer than two classes, an empty class, parts
 *   with other classes, pictures of mixed sizes without `size`, a picture that is broken, too large or of a kind that is not decoded
 */
export async function openPictures(folder: string, budget: Budget, options: PictureOptions): Promise<Source> {
  checkOptions(options);
  const ignored: string[] = [];
  const parts = listParts(folder, ignored);
  const train = parts.get('train');
  if (!train) throw new DataError(folder, 'a folder train/ beside the others', [...parts.keys()].join(', '));
  const { classes } = train;
  const listings = new Map<Role, Listing>();
  for (const [role, part] of parts) {
    const same =
      part.classes.length === classes.length && part.classes.every((name, i) => name === classes[i]);
    if (!same) {
      const expected = `the classes of the training folder (${classes.join(', ')})`;
      throw new DataError(part.folder, expected, part.classes.join(', '));
    }
    listings.set(role, listPictures(part.folder, classes, ignored));
  }
  const all = [...listings.values()].flatMap(({ paths }) => paths);
  const { size, channels, extent } = await survey(all, options);
  const shape = [channels === 'gray' ? 1 : 3, ...size];
  const spools = new Map([...listings].map(([role, { folder }]) => [role, new Spool(folder, budget)]));
  const targets = [...listings].flatMap(([role, { paths }]) => paths.map(() => spools.get(role) as Spool));
  let done = 0;
  for await (const planes of decodeAll(all, { size, fit: options.fit, channels }, extent, options.signal)) {
    targets[done].write(planes);
    done += 1;
    options.onProgress?.(done, all.length);
  }
  const pools = new Map<Role, Pool>();
  const area = sizeOf(shape);
  for (const [role, { folder, labels }] of listings) {
    const bytes = (spools.get(role) as Spool).finish();
    pools.set(role, {
      name: folder,
      labels: wholeLabels(labels, folder, classes.length),
      images: {
        dtype: 'u8',
        count: labels.length,
        read: (index, into, at) => bytes.read(index * area, (into as Uint8Array).subarray(at, at + area)),
      },
    });
  }
  return {
    format: `pictures ${size[0]}x${size[1]} ${channels}`,
    shape,
    classes,
    train: pools.get('train') as Pool,
    validation: pools.get('validation'),
    test: pools.get('test'),
    remark: remark(ignored),
  };
}

function checkOptions({ size, fit, channels }: PictureOptions): void {
  const isSide = (n: unknown) => Number.isInteger(n) && (n as number) >= 1 && (n as number) <= MAX_SIDE;
  if (size !== undefined && !(Array.isArray(size) && size.length === 2 && size.every(isSide))) {
    throw new ArgumentError('openData', 'size', `[h, w], each from 1 to ${MAX_SIDE}`, size);
  }
  if (fit !== undefined && !['crop', 'stretch', 'pad'].includes(fit)) {
    throw new ArgumentError('openData', 'fit', "'crop', 'stretch' or 'pad'", fit);
  }
  if (channels !== undefined && channels !== 'gray' && channels !== 'rgb') {
    throw new ArgumentError('openData', 'channels', "'gray' or 'rgb'", channels);
  }
}

/** Names the ignored files, the first few of them. */
function remark(ignored: readonly string[]): string | undefined {
  if (ignored.length === 0) return undefined;
  const more = ignored.length > 3 ? ` and ${ignored.length - 3} more` : '';
  return `ignored ${ignored.slice(0, 3).join(', ')}${more}`;
}

interface Part {
  folder: string;
  classes: string[];
}

/** The parts of a folder: its own class folders, or train/, test/ and val/ with class folders of their own. */
function listParts(folder: string, ignored: string[]): Map<Role, Part> {
  const names = foldersIn(folder, ignored);
  const parts = new Map<Role, Part>();
  if (!names.some((name) => PART_NAMES[name.toLowerCase()] === 'train')) {
    return parts.set('train', { folder, classes: checkClasses(folder, names) });
  }
  for (const name of names) {
    const role = PART_NAMES[name.toLowerCase()];
    const path = join(folder, name);
    if (!role) throw new DataError(path, 'only train/, val/ and test/ beside train/', `'${name}'`);
    const twin = parts.get(role);
    if (twin) throw new DataError(path, `one folder of ${role} pictures`, `${twin.folder} beside it`);
    parts.set(role, { folder: path, classes: checkClasses(path, foldersIn(path, ignored)) });
  }
  return parts;
}

function checkClasses(folder: string, classes: string[]): string[] {
  if (classes.length >= 2) return classes;
  const found = classes.length === 0 ? 'no folder' : `'${classes[0]}' alone`;
  throw new DataError(folder, 'a folder of pictures for each of at least two classes', found);
}

/** Folders in a folder, links to folders included, hidden ones not; files are noted as ignored. */
function foldersIn(folder: string, ignored: string[]): string[] {
  const folders: string[] = [];
  for (const { name, isFolder } of entriesOf(folder)) {
    if (isFolder) folders.push(name);
    else if (PICTURE.test(name)) {
      throw new DataError(join(folder, name), 'pictures inside the folder of their class', 'one beside them');
    } else ignored.push(join(folder, name));
  }
  return folders;
}

function entriesOf(folder: string): { name: string; isFolder: boolean }[] {
  let entries: ReturnType<typeof readEntries>;
  try {
    entries = readEntries(folder);
  } catch (cause) {
    throw new DataError(folder, 'a readable folder', (cause as Error).message);
  }
  return entries
    .filter((entry) => !entry.name.startsWith('.'))
    .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() || isLinkedFolder(folder, entry) }))
    .sort((a, b) => byCodePoint(a.name, b.name));
}

function readEntries(folder: string) {
  return readdirSync(folder, { withFileTypes: true });
}

function isLinkedFolder(folder: string, entry: ReturnType<typeof readEntries>[number]): boolean {
  if (!entry.isSymbolicLink()) return false;
  try {
    readdirSync(join(folder, entry.name));
    return true;
  } catch {
    // A link to a file, or to nothing: reading it as a picture will say so.
    return false;
  }
}

function listPictures(folder: string, classes: readonly string[], ignored: string[]): Listing {
  const paths: string[] = [];
  const labels: number[] = [];
  for (const [label, name] of classes.entries()) {
    const path = join(folder, name);
    const before = paths.length;
    for (const entry of entriesOf(path)) {
      const file = join(path, entry.name);
      if (OTHER_PICTURE.test(entry.name) && !entry.isFolder) {
        throw new DataError(file, 'PNG or JPEG pictures', 'another kind; convert it, or take it out');
      }
      if (entry.isFolder || !PICTURE.test(entry.name)) {
        ignored.push(file);
        continue;
      }
      paths.push(file);
      labels.push(label);
    }
    if (paths.length === before) throw new DataError(path, 'at least one PNG or JPEG of this class', 'none');
  }
  return { folder, paths, labels };
}

/** Size and channels that all pictures come to, and how many pixels they have, from their headers. */
async function survey(
  paths: readonly string[],
  options: PictureOptions,
): Promise<{ size: readonly [number, number]; channels: 'gray' | 'rgb'; extent: Extent }> {
  const extent = { count: paths.length, total: 0, largest: 0 };
  let first: { path: string; size: [number, number] } | undefined;
  let gray = true;
  for await (const path of unhurried(paths, options.signal)) {
    const source = fileSource(path);
    try {
      const info = pictureInfo(source);
      checkPictureSize(info, path);
      gray &&= info.gray;
      extent.total += info.width * info.height;
      extent.largest = Math.max(extent.largest, info.width * info.height);
      const size = uprightSize(info);
      first ??= { path, size };
      if (!options.size && (size[0] !== first.size[0] || size[1] !== first.size[1])) {
        const expected = `pictures of one size (${first.path} is ${show(first.size)}), or a size to bring all to (--size)`;
        throw new DataError(path, expected, show(size));
      }
      if (!options.size && Math.max(...size) > MAX_SIDE) {
        throw new DataError(path, `sides of at most ${MAX_SIDE}, or a size (--size)`, show(size));
      }
    } finally {
      source.close();
    }
  }
  const size = options.size ?? (first as { size: [number, number] }).size;
  return { size, channels: options.channels ?? (gray ? 'gray' : 'rgb'), extent };
}

/** [h, w] as people write it. */
function show([h, w]: readonly [number, number]): string {
  return `${w} wide, ${h} high`;
}

/** Each picture's planes in order, by threads or here. */
async function* decodeAll(
  paths: readonly string[],
  decode: DecodeOptions,
  extent: Extent,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void> {
  const workers = workersFor(extent);
  if (workers > 0) return yield* decodeInPool(paths, decode, { workers, signal });
  for await (const path of unhurried(paths, signal)) yield await readPicture(path, decode);
}

/** One path after the other, with a return to the event loop often enough for a progress bar and Ctrl-C. */
async function* unhurried(
  paths: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void> {
  let last = performance.now();
  for (const path of paths) {
    yield path;
    if (performance.now() - last > 30) {
      await setImmediate();
      last = performance.now();
    }
    signal?.throwIfAborted();
  }
}
