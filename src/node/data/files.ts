/** Files read at a position, and a temporary one that takes what does not fit memory. */
import { closeSync, constants, fstatSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataError, FileError } from '../../core/errors.ts';
import { type ByteSource, checkRange } from '../../data/bytes.ts';

/** An open file. It is closed by `close`, or once nothing can read from it any more. */
interface Handle {
  readonly file: number;
}

const forgotten = new FinalizationRegistry<number>((file) => closeSync(file));

function handle(file: number): Handle {
  const made = { file };
  forgotten.register(made, file, made);
  return made;
}

function close(opened: Handle): void {
  forgotten.unregister(opened);
  closeSync(opened.file);
}

/**
 * A file as a source. It stays open as long as something can read from it, or until `close`.
 * @throws DataError if it cannot be opened, or is no file
 */
export function fileSource(path: string): ByteSource & { close(): void } {
  const file = openFile(path);
  const stat = fstatSync(file);
  if (!stat.isFile()) {
    closeSync(file);
    throw new DataError(path, 'a file', stat.isDirectory() ? 'a folder' : 'something else');
  }
  const opened = handle(file);
  return {
    name: path,
    length: stat.size,
    read(position, into) {
      checkRange(this, position, into.length);
      readFully(opened.file, position, into, path);
    },
    close: () => close(opened),
  };
}

function openFile(path: string): number {
  try {
    // A named pipe would wait for whoever writes to it; without blocking it opens, and is refused as no file.
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    throw new DataError(path, 'a readable file', (cause as Error).message);
  }
}

function readFully(file: number, position: number, into: Uint8Array, name: string): void {
  for (let done = 0; done < into.length; ) {
    let count: number;
    try {
      count = readSync(file, into, done, into.length - done, position + done);
    } catch (cause) {
      throw new DataError(`${name}: byte ${position + done}`, 'readable bytes', (cause as Error).message);
    }
    if (count === 0) {
      throw new DataError(
        `${name}: byte ${position + done}`,
        'a file that stays as long as it was',
        'its end',
      );
    }
    done += count;
  }
}

/** Bytes of memory that several spools may take together. */
export interface Budget {
  left: number;
}

/** First piece of memory a spool takes; doubled whenever it is full. */
const FIRST = 65_536;

/**
 * Takes bytes in order: in memory while the budget allows, beyond it in a temporary file. The file has no name from the moment it
 * is open, so that it is gone with the process, however that ends. (TMPDIR says where it lies.)
 */
export class Spool {
  private readonly name: string;
  private readonly budget: Budget;
  private held = new Uint8Array();
  private used = 0;
  private file: Handle | undefined;

  /** @param name what messages call the bytes: the path they come from */
  constructor(name: string, budget: Budget) {
    this.name = name;
    this.budget = budget;
  }

  /** Bytes written. */
  get length(): number {
    return this.used;
  }

  /** @throws FileError if the temporary file cannot be written */
  write(bytes: Uint8Array): void {
    if (this.file === undefined) this.grow(this.used + bytes.length);
    if (this.file === undefined) this.held.set(bytes, this.used);
    else append(this.file.file, bytes);
    this.used += bytes.length;
  }

  /** What was written. */
  finish(): ByteSource {
    const { name, used: length, held, file } = this;
    return {
      name,
      length,
      read(position, into) {
        checkRange(this, position, into.length);
        if (file === undefined) into.set(held.subarray(position, position + into.length));
        else readFully(file.file, position, into, name);
      },
    };
  }

  /** Makes room, or moves to a file. */
  private grow(needed: number): void {
    if (needed <= this.held.length) return;
    const wanted = Math.max(needed, 2 * this.held.length, FIRST);
    const more = Math.min(wanted, this.held.length + this.budget.left) - this.held.length;
    if (this.held.length + more >= needed) {
      const grown = new Uint8Array(this.held.length + more);
      grown.set(this.held.subarray(0, this.used));
      this.held = grown;
      this.budget.left -= more;
      return;
    }
    this.file = temporaryFile();
    append(this.file.file, this.held.subarray(0, this.used));
    this.budget.left += this.held.length;
    this.held = new Uint8Array();
  }
}

let spools = 0;

/** A new file to write and read, without a name. */
function temporaryFile(): Handle {
  spools += 1;
  const path = join(tmpdir(), `paring-${process.pid}-${spools}.spool`);
  try {
    const file = openSync(path, 'wx+', 0o600);
    rmSync(path);
    return handle(file);
  } catch (cause) {
    throw new FileError(path, 'a place for temporary files (TMPDIR says where)', (cause as Error).message, {
      cause,
    });
  }
}

function append(file: number, bytes: Uint8Array): void {
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
  } catch (cause) {
    const expected = 'room for images that do not fit memory (TMPDIR says where)';
    throw new FileError(tmpdir(), expected, (cause as Error).message, { cause });
  }
}
