/**
 * What a PNG or JPEG says about itself before it is decoded: its size, so that nothing huge is decoded; whether it is gray;
 * and how the camera was held (EXIF). And from decoded pixels to planes.
 */
import { DataError } from '../core/errors.ts';
import { type ByteSource, checkRange, readAt } from './bytes.ts';

export interface PictureInfo {
  format: 'png' | 'jpeg';
  /** As stored, before the orientation is applied. */
  width: number;
  height: number;
  gray: boolean;
  /** A JPEG whose channels are red, green and blue as they stand, not YCbCr; an Adobe segment says so. */
  plainRgb: boolean;
  /** EXIF, 1 to 8: 1 upright, 3 upside down, 6 and 8 on a side, the even ones and 5, 7 mirrored. */
  orientation: number;
}

/** [h, w] as it is looked at. */
export function uprightSize({ width, height, orientation }: PictureInfo): [number, number] {
  return orientation >= 5 ? [width, height] : [height, width];
}

/**
 * Reads the header; the file's name does not matter.
 * @throws DataError if it is neither PNG nor JPEG, or ends before its size is known
 */
export function pictureInfo(source: ByteSource): PictureInfo {
  const lead = readAt(source, 0, Math.min(8, source.length));
  if (startsWith(lead, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return pngInfo(source);
  if (startsWith(lead, [0xff, 0xd8])) return jpegInfo(source);
  const found = [...lead].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  throw new DataError(source.name, 'a PNG or JPEG picture', `bytes ${found || 'none'}`);
}

function startsWith(bytes: Uint8Array, lead: readonly number[]): boolean {
  return lead.every((byte, i) => bytes[i] === byte);
}

/** The first chunk: length 13, IHDR, width, height, bit depth, colour type (0 and 4: gray). */
function pngInfo(source: ByteSource): PictureInfo {
  const chunk = readAt(source, 8, 18);
  const view = new DataView(chunk.buffer);
  if (view.getUint32(0) !== 13 || view.getUint32(4) !== 0x49484452) {
    throw new DataError(`${source.name}: byte 8`, 'an IHDR chunk of 13 bytes', 'another');
  }
  const gray = chunk[17] === 0 || chunk[17] === 4;
  const info = {
    width: view.getUint32(8),
    height: view.getUint32(12),
    gray,
    plainRgb: false,
    orientation: 1,
  };
  return checked({ format: 'png', ...info }, source.name);
}

/** Segment by segment (marker, length, content) to the frame header; EXIF comes before it. */
function jpegInfo(source: ByteSource): PictureInfo {
  let orientation = 1;
  let plainRgb = false;
  for (let at = 2; ; ) {
    let marker = readAt(source, at, 2);
    if (marker[0] !== 0xff) throw new DataError(`${source.name}: byte ${at}`, 'a JPEG marker', 'other bytes');
    // 0xff may be repeated before a marker.
    while (marker[1] === 0xff) marker = readAt(source, ++at, 2);
    const code = marker[1];
    const length = new DataView(readAt(source, at + 2, 2).buffer).getUint16(0);
    // Frame headers are C0 to CF without the tables C4, C8 and CC.
    if (code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc) {
      const view = new DataView(readAt(source, at + 4, 6).buffer);
      const info = { height: view.getUint16(1), width: view.getUint16(3), gray: view.getUint8(5) === 1 };
      return checked({ format: 'jpeg', ...info, plainRgb, orientation }, source.name);
    }
    if (code === 0xd9 || code === 0xda || length < 2) {
      throw new DataError(`${source.name}: byte ${at}`, 'a frame header before the picture', 'none');
    }
    checkRange(source, at + 2, length);
    if (code === 0xe1) orientation = exifOrientation(readAt(source, at + 4, length - 2)) ?? orientation;
    if (code === 0xee) plainRgb = isPlainRgb(readAt(source, at + 4, length - 2));
    at += 2 + length;
  }
}

/** An APP14 segment: "Adobe", versions and flags, and in byte 11 how colours are transformed; 0 is not at all. */
function isPlainRgb(segment: Uint8Array): boolean {
  return startsWith(segment, [0x41, 0x64, 0x6f, 0x62, 0x65]) && segment[11] === 0;
}

/** The orientation in an APP1 segment: a TIFF directory, whose tag 0x112 it is. Undefined if there is none. */
function exifOrientation(segment: Uint8Array): number | undefined {
  if (segment.length < 14 || !startsWith(segment, [0x45, 0x78, 0x69, 0x66, 0, 0])) return undefined;
  const tiff = segment.subarray(6);
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.length);
  const little = view.getUint16(0) === 0x4949;
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return undefined;
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + 12 * i;
    if (entry + 12 > tiff.length) return undefined;
    if (view.getUint16(entry, little) !== 0x0112) continue;
    const value = view.getUint16(entry + 8, little);
    return value >= 1 && value <= 8 ? value : undefined;
  }
  return undefined;
}

function checked(info: PictureInfo, name: string): PictureInfo {
  if (info.width > 0 && info.height > 0) return info;
  throw new DataError(name, 'a picture with pixels', `${info.width}x${info.height}`);
}

/**
 * Decoded pixels to planes, upright. What is transparent shows white behind it. Gray is (299 R + 587 G + 114 B) / 1000,
 * rounded.
 * @param rgba [height][width][4] as stored
 * @returns [channels][h][w] of the upright picture
 */
export function toPlanes(rgba: Uint8Array, info: PictureInfo, channels: 'gray' | 'rgb'): Uint8Array {
  const [h, w] = uprightSize(info);
  const area = h * w;
  const out = new Uint8Array(channels === 'gray' ? area : 3 * area);
  const { origin, right, down } = walk(info);
  for (let y = 0, at = 0; y < h; y++) {
    let p = 4 * (origin + y * down);
    for (let x = 0; x < w; x++, at++, p += 4 * right) {
      let r = rgba[p];
      let g = rgba[p + 1];
      let b = rgba[p + 2];
      const alpha = rgba[p + 3];
      if (alpha !== 255) {
        const white = 255 * (255 - alpha) + 127;
        r = Math.floor((r * alpha + white) / 255);
        g = Math.floor((g * alpha + white) / 255);
        b = Math.floor((b * alpha + white) / 255);
      }
      if (channels === 'gray') {
        out[at] = Math.floor((299 * r + 587 * g + 114 * b + 500) / 1000);
      } else {
        out[at] = r;
        out[area + at] = g;
        out[2 * area + at] = b;
      }
    }
  }
  return out;
}

/**
 * Where the upright picture's top left pixel is stored, and how far on the next one to the right and the next one down are, in
 * pixels.
 */
function walk({ width, height, orientation }: PictureInfo): { origin: number; right: number; down: number } {
  const lastColumn = width - 1;
  const lastRow = (height - 1) * width;
  switch (orientation) {
    case 2:
      return { origin: lastColumn, right: -1, down: width };
    case 3:
      return { origin: lastRow + lastColumn, right: -1, down: -width };
    case 4:
      return { origin: lastRow, right: 1, down: -width };
    case 5:
      return { origin: 0, right: width, down: 1 };
    case 6:
      return { origin: lastRow, right: -width, down: 1 };
    case 7:
      return { origin: lastRow + lastColumn, right: -width, down: -1 };
    case 8:
      return { origin: lastColumn, right: width, down: -1 };
    default:
      return { origin: 0, right: 1, down: width };
  }
}
