/**
 * PNG and JPEG to planes of bytes. The decoders are pngjs and jpeg-js, both plain JavaScript on whole numbers: every host
 * decodes a picture to the same bytes, so that the same folder trains the same model. (A decoder of the system, or one built around
 * a native library, differs in the last bits of JPEG from version to version.)
 */
import { readFile } from 'node:fs/promises';
import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { DataError } from '../../core/errors.ts';
import { memorySource } from '../../data/bytes.ts';
import { type PictureInfo, pictureInfo, toPlanes, uprightSize } from '../../data/picture.ts';
import { type Fit, resize } from '../../data/resize.ts';
import { asDataError } from './parts.ts';

/** Pixels of the largest picture that is decoded. */
export const MAX_PIXELS = 64_000_000;

export interface DecodeOptions {
  /** [h, w] of the result; default: the picture's own. */
  size?: readonly [number, number];
  fit?: Fit;
  channels: 'gray' | 'rgb';
}

/** @throws DataError if the picture has more than MAX_PIXELS pixels; nothing has been decoded then */
export function checkPictureSize({ width, height }: PictureInfo, name: string): void {
  if (width * height > MAX_PIXELS) {
    throw new DataError(name, `at most ${MAX_PIXELS / 1e6} million pixels`, `${width}x${height}`);
  }
}

/**
 * A picture's file as upright planes of the size wanted.
 * @returns [c][h][w], c 1 or 3
 * @throws DataError naming the file if it is unreadable, broken or too large
 */
export async function readPicture(path: string, options: DecodeOptions): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new DataError(path, 'a readable file', (cause as Error).message);
  }
  return decodePicture(bytes, path, options);
}

/** The same of bytes in memory. */
export function decodePicture(bytes: Uint8Array, name: string, options: DecodeOptions): Uint8Array {
  const info = pictureInfo(memorySource(bytes, name));
  checkPictureSize(info, name);
  let planes: Uint8Array;
  try {
    planes = toPlanes(
      info.format === 'png' ? decodePng(bytes) : decodeJpeg(bytes, info),
      info,
      options.channels,
    );
  } catch (error) {
    throw asDataError(error, name, `a whole ${info.format.toUpperCase()} picture`);
  }
  const [h, w] = uprightSize(info);
  const channels = options.channels === 'gray' ? 1 : 3;
  return resize(planes, channels, h, w, options.size ?? [h, w], options.fit ?? 'crop');
}

function decodePng(bytes: Uint8Array): Uint8Array {
  return PNG.sync.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)).data;
}

/** The decoder reads on past the end of a file that was cut; the end marker after the scan tells a whole one. */
function decodeJpeg(bytes: Uint8Array, { plainRgb }: PictureInfo): Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (buffer.lastIndexOf(Buffer.from([0xff, 0xd9])) < buffer.indexOf(Buffer.from([0xff, 0xda]))) {
    throw new Error('a file that ends before its end marker');
  }
  const { data } = jpeg.decode(bytes, {
    useTArray: true,
    formatAsRGBA: true,
    colorTransform: plainRgb ? false : undefined,
    tolerantDecoding: false,
    maxResolutionInMP: MAX_PIXELS / 1e6,
    maxMemoryUsageInMB: 4096,
  });
  return data;
}
