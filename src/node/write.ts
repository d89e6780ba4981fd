/** Files that are whole or not there: written aside, flushed to the disk, renamed. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { FileError, ParingError } from '../core/errors.ts';

export interface WriteOptions {
  /** Keeps the file that was there before under this path. */
  keepPrevious?: string;
}

/**
 * Writes a file so that a reader, or a crash at any moment, finds the old content or the new one, never half of one. Makes
 * the folders above it. Where `path` is a link, the file it leads to is replaced.
 * @param data all of it, or pieces that are written as they come
 * @throws FileError if it cannot be written, or what making a piece throws; what was there is then unharmed
 */
export function writeWhole(
  path: string,
  data: string | Uint8Array | Generator<Uint8Array>,
  options: WriteOptions = {},
): void {
  const place = placeOf(path);
  const aside = asideOf(place);
  try {
    mkdirSync(dirname(place), { recursive: true });
    const file = openSync(aside, 'w');
    try {
      const pieces = typeof data === 'string' || data instanceof Uint8Array ? [data] : data;
      for (const piece of pieces) writeFileSync(file, piece);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (options.keepPrevious && existsSync(place)) renameSync(place, options.keepPrevious);
    renameSync(aside, place);
    syncFolder(dirname(place));
  } catch (cause) {
    removeAside(aside);
    if (cause instanceof ParingError) throw cause;
    throw unwritable(path, cause);
  }
}

/**
 * Finds out whether `writeWhole` will be able to, before hours are spent on what it should write. Leaves nothing behind,
 * folders neither.
 * @throws FileError as `writeWhole` would
 */
export function checkWritable(path: string): void {
  const place = placeOf(path);
  const missing: string[] = [];
  let folder = dirname(place);
  while (!existsSync(folder)) {
    missing.unshift(folder);
    folder = dirname(folder);
  }
  const made: string[] = [];
  try {
    for (const below of missing) {
      mkdirSync(below);
      made.unshift(below);
    }
    writeFileSync(asideOf(place), '');
    rmSync(asideOf(place));
  } catch (cause) {
    throw unwritable(path, cause);
  } finally {
    for (const below of made) rmdirSync(below);
  }
}

/** Where a path leads. Devices and folders are no places: a rename onto /dev/null would put a file in its stead. */
function placeOf(path: string): string {
  if (!existsSync(path)) return resolve(path);
  if (!statSync(path).isFile()) {
    const what = statSync(path).isDirectory() ? 'a folder' : 'a device';
    throw new FileError(path, 'a file, or a name that is free', what);
  }
  return realpathSync(path);
}

/** Removes what writes of `path` that were cut off have left beside it. */
export function removeLeftovers(path: string): void {
  const folder = dirname(resolve(path));
  if (!existsSync(folder)) return;
  const name = basename(path);
  for (const file of readdirSync(folder)) {
    const between = file.slice(name.length + 1, -'.tmp'.length);
    if (file.startsWith(`${name}.`) && file.endsWith('.tmp') && /^\d+$/.test(between))
      rmSync(join(folder, file));
  }
}

function asideOf(place: string): string {
  return `${place}.${process.pid}.tmp`;
}

function unwritable(path: string, cause: unknown): FileError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new FileError(path, 'a place that can be written', explain(code) ?? message, { cause });
}

/** The rename itself is on the disk once the folder is. Windows cannot flush folders, and need not. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function removeAside(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    // The folder itself may be what is wrong (`out/x` below a file): then nothing was made.
    if (existsSync(path)) throw error;
  }
}

function explain(code: string | undefined): string | undefined {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return `a full disk (${code})`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `no permission to write (${code})`;
    case 'ENOTDIR':
    case 'EEXIST':
      return `a file where a folder should be (${code})`;
    case 'EISDIR':
      return `a folder of that name (${code})`;
    case 'ENOENT':
      return `a folder that cannot be made (${code})`;
    default:
      return undefined;
  }
}
