/** Bytes of small data files, made by hand: IDX, NPY, PNG, JPEG, and folders of them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { zlibSync } from 'fflate';
import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { Rng } from '../../src/core/rng.ts';

/** Random bytes, always the same. */
export function noise(count: number, seed = 1): Uint8Array {
  const rng = new Rng(seed);
  return Uint8Array.from({ length: count }, () => rng.below(256));
}

/** An IDX file of unsigned bytes. */
export function idxFile(shape: readonly number[], data: ArrayLike<number>): Uint8Array {
  const extents = shape.flatMap((n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]);
  return Uint8Array.from([0, 0, 8, shape.length, ...extents, ...Array.from(data)]);
}

type Elements = Uint8Array | Int32Array | Float32Array | Float64Array | BigInt64Array;

/** An NPY file as numpy writes it: the header padded to a multiple of 64. */
export function npyFile(
  descr: string,
  shape: readonly number[],
  data: Elements,
  fortran = false,
  version = 1,
) {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${tuple}), }`;
  const lead = version === 1 ? 10 : 12;
  const length = Math.ceil((lead + text.length + 1) / 64) * 64 - lead;
  const header = Buffer.alloc(lead + length, ' ');
  header.write('\x93NUMPY', 'latin1');
  header[6] = version;
  header[7] = 0;
  if (version === 1) header.writeUInt16LE(length, 8);
  else header.writeUInt32LE(length, 8);
  header.write(`${text.padEnd(length - 1)}\n`, lead, 'latin1');
  return new Uint8Array(Buffer.concat([header, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]));
}

/** A PNG of RGB or gray pixels. @param pixels [h][w][channels] */
export function pngFile(
  w: number,
  h: number,
  pixels: ArrayLike<number>,
  channels: 1 | 3 | 4 = 3,
): Uint8Array {
  const png = new PNG({ width: w, height: h });
  for (let i = 0; i < w * h; i++) {
    for (let c = 0; c < 3; c++) png.data[4 * i + c] = pixels[i * channels + (channels === 1 ? 0 : c)];
    png.data[4 * i + 3] = channels === 4 ? pixels[i * 4 + 3] : 255;
  }
  const colorType = channels === 1 ? 0 : channels === 3 ? 2 : 6;
  return new Uint8Array(PNG.sync.write(png, { colorType, inputHasAlpha: true }));
}

/** Table of the CRC of PNG: polynomial 0xedb88320. */
const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

function pngChunk(type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  chunk.set(data, 8);
  let crc = -1;
  for (const byte of chunk.subarray(4, 8 + data.length)) crc = crcTable[(crc ^ byte) & 255] ^ (crc >>> 8);
  chunk.writeUInt32BE(~crc >>> 0, 8 + data.length);
  return chunk;
}

/** A PNG of any kind, from its rows of packed samples. */
export function rawPng(
  w: number,
  depth: number,
  colorType: number,
  rows: readonly (readonly number[])[],
  extra: Readonly<Record<string, readonly number[]>> = {},
): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(w, 0);
  header.writeUInt32BE(rows.length, 4);
  header.set([depth, colorType], 8);
  return new Uint8Array(
    Buffer.concat([
      Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
      pngChunk('IHDR', header),
      ...Object.entries(extra).map(([type, data]) => pngChunk(type, Uint8Array.from(data))),
      // Every row begins with its filter, 0: none.
      pngChunk('IDAT', zlibSync(Uint8Array.from(rows.flatMap((row) => [0, ...row])))),
      pngChunk('IEND', new Uint8Array()),
    ]),
  );
}

/** A JPEG, which is never the very pixels. @param pixels [h][w][3] */
export function jpegFile(w: number, h: number, pixels: ArrayLike<number>, quality = 95): Uint8Array {
  const data = new Uint8Array(w * h * 4).fill(255);
  for (let i = 0; i < w * h; i++) for (let c = 0; c < 3; c++) data[4 * i + c] = pixels[3 * i + c];
  return new Uint8Array(jpeg.encode({ width: w, height: h, data }, quality).data);
}

/** A JPEG with an EXIF segment that holds an orientation. */
export function withOrientation(file: Uint8Array, orientation: number, little = true): Uint8Array {
  const tiff = Buffer.alloc(26);
  const u16 = (value: number, at: number) =>
    little ? tiff.writeUInt16LE(value, at) : tiff.writeUInt16BE(value, at);
  const u32 = (value: number, at: number) =>
    little ? tiff.writeUInt32LE(value, at) : tiff.writeUInt32BE(value, at);
  tiff.write(little ? 'II' : 'MM', 'latin1');
  u16(42, 2);
  u32(8, 4);
  u16(1, 8);
  u16(0x0112, 10);
  u16(3, 12);
  u32(1, 14);
  u16(orientation, 18);
  const lead = Buffer.from([0xff, 0xe1, 0, 2 + 6 + tiff.length, 0x45, 0x78, 0x69, 0x66, 0, 0]);
  return new Uint8Array(Buffer.concat([file.subarray(0, 2), lead, tiff, file.subarray(2)]));
}

/** A folder under the system's temporary one, with these files; removed by `remove`. */
export function folderOf(files: Readonly<Record<string, Uint8Array | string>>): {
  path: string;
  add(name: string, data: Uint8Array | string): string;
  remove(): void;
} {
  const path = mkdtempSync(join(tmpdir(), 'paring-test-'));
  const add = (name: string, data: Uint8Array | string): string => {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), data);
    return join(path, name);
  };
  for (const [name, data] of Object.entries(files)) add(name, data);
  return { path, add, remove: () => rmSync(path, { recursive: true, force: true }) };
}
