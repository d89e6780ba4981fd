/**
 * Pictures decoded once and for all: a folder of them becomes NPY files of bytes beside a classes.txt, which `openData` reads at
 * once. The parts stay as the folder had them; what is carved off by seed still is when the set is opened, and comes out the same.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { endianness } from 'node:os';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { ArgumentError, DataError } from '../../core/errors.ts';
import { sizeOf } from '../../core/shape.ts';
import { npyLead } from '../../data/npy.ts';
import { checkWritable, writeWhole } from '../write.ts';
import type { Pool, Source } from './parts.ts';
import { openPictures, type PictureOptions } from './pictures.ts';

export interface PrepareOptions extends PictureOptions {
  /** Folder to write to: a new or an empty one, or one that was prepared before. */
  out: string;
  /** Bytes up to which pictures are held in memory, beyond which in a temporary file. Default 1 GiB. */
  memory?: number;
}

export interface Prepared {
  folder: string;
  files: string[];
  /** 'pictures 32x32 rgb' */
  format: string;
  /** Of all parts. */
  images: number;
  classes: readonly string[];
  /** Files that were passed over, where there were some. */
  remark?: string;
}

const CLASSES = 'classes.txt';
/** The training part is removed first and written last: without it, a folder left half written is refused. */
const PARTS = ['train', 'validation', 'test'] as const;
const KEYS = { train: 'train', validation: 'val', test: 'test' } as const;
const FILES: readonly string[] = [...PARTS.flatMap(filesOf), CLASSES];

function filesOf(part: (typeof PARTS)[number]): [string, string] {
  return [`x_${KEYS[part]}.npy`, `y_${KEYS[part]}.npy`];
}

/**
 * Decodes a folder of pictures by class and writes what `openData` would make of it.
 * @throws ArgumentError for options out of range, if `out` holds anything else or lies among the pictures, DataError as `openData` for what is wrong with the
 *   pictures, FileError if it cannot be written; the signal's reason. Until all is decoded, nothing is written
 */
export async function preparePictures(folder: string, options: PrepareOptions): Promise<Prepared> {
  const { out, memory = 2 ** 30, ...how } = options;
  const way = relative(resolve(folder), resolve(out));
  if (!/^\.\.([/\\]|$)/.test(way) && !isAbsolute(way)) {
    throw new ArgumentError('data', 'out', 'a folder outside that of the pictures', out);
  }
  checkWritable(join(out, CLASSES));
  const there = existsSync(out) ? readdirSync(out).filter((name) => !name.startsWith('.')) : [];
  const strange = there.find((name) => !FILES.includes(name));
  if (strange !== undefined) {
    throw new ArgumentError(
      'data',
      'out',
      'a new folder, or one that was prepared before',
      join(out, strange),
    );
  }
  const source = await openPictures(folder, { left: memory }, how);
  const odd = source.classes.find((name) => name !== name.trim() || /[\r\n]/.test(name));
  if (odd !== undefined) {
    throw new DataError(join(folder, odd), 'a name that can be a line of classes.txt', JSON.stringify(odd));
  }
  const files = write(source, out);
  const pools = PARTS.map((part) => source[part]).filter((pool) => pool !== undefined);
  return {
    folder: out,
    files,
    format: source.format,
    images: pools.reduce((sum, { labels }) => sum + labels.length, 0),
    classes: source.classes,
    remark: source.remark,
  };
}

/** @returns names of the files */
function write(source: Source, out: string): string[] {
  for (const name of FILES) rmSync(join(out, name), { force: true });
  const written = [CLASSES];
  writeWhole(join(out, CLASSES), `${source.classes.join('\n')}\n`);
  for (const part of [...PARTS].reverse()) {
    const pool = source[part];
    if (!pool) continue;
    const [images, labels] = filesOf(part);
    writeWhole(join(out, labels), labelBytes(pool.labels));
    writeWhole(join(out, images), imageBytes(pool, source.shape));
    written.push(labels, images);
  }
  return written;
}

/** [n][h][w] of gray, [n][h][w][3] of colours: the one order that cannot be mistaken, however wide a picture is. */
function* imageBytes({ images }: Pool, [channels, h, w]: readonly number[]): Generator<Uint8Array> {
  yield npyLead('|u1', channels === 1 ? [images.count, h, w] : [images.count, h, w, channels]);
  const planes = new Uint8Array(sizeOf([channels, h, w]));
  const pixels = new Uint8Array(planes.length);
  const area = h * w;
  for (let index = 0; index < images.count; index++) {
    images.read(index, planes, 0);
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < area; i++) pixels[i * channels + c] = planes[c * area + i];
    }
    yield pixels;
  }
}

function* labelBytes(labels: Uint8Array | Int32Array): Generator<Uint8Array> {
  const order = endianness() === 'LE' ? '<' : '>';
  yield npyLead(labels instanceof Uint8Array ? '|u1' : `${order}i4`, [labels.length]);
  yield new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength);
}
