/** Files that are whole or not there: written aside, flushed to the disk, renamed. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { FileError } from '../core/errors.ts';

export interface WriteOptions {
  /** Keeps the file that was there before under this path. */
  keepPrevious?: string;
}

/**
 * Writes a file so that a reader, or a crash at any moment, finds the old content or the new one, never half of one. Makes
 * the folders above it.
 * @throws FileError if it cannot be written; what was there is then unharmed
 */
export function writeWhole(path: string, data: string | Uint8Array, options: WriteOptions = {}): void {
  const aside = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(resolve(path)), { recursive: true });
    const file = openSync(aside, 'w');
    try {
      writeFileSync(file, data);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (options.keepPrevious && existsSync(path)) renameSync(path, options.keepPrevious);
    renameSync(aside, path);
    syncFolder(dirname(resolve(path)));
  } catch (cause) {
    removeAside(aside);
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new FileError(path, 'a place that can be written', explain(code) ?? message, { cause });
  }
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
    default:
      return undefined;
  }
}
