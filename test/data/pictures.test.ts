/** Headers of pictures, planes, and resizing, against values worked out by hand. */
import { describe, expect, test } from 'vitest';
import { DataError } from '../../src/core/errors.ts';
import { memorySource } from '../../src/data/bytes.ts';
import { pictureInfo, toPlanes, uprightSize } from '../../src/data/picture.ts';
import { resize } from '../../src/data/resize.ts';
import { jpegFile, noise, pngFile, withOrientation } from '../helpers/files.ts';

const infoOf = (bytes: Uint8Array) => pictureInfo(memorySource(bytes, 'some/file'));

describe('headers', () => {
  test('size and kind', () => {
    expect(infoOf(pngFile(3, 5, noise(45)))).toEqual({
      format: 'png',
      width: 3,
      height: 5,
      gray: false,
      plainRgb: false,
      orientation: 1,
    });
    expect(infoOf(pngFile(3, 5, noise(15), 1)).gray).toBe(true);
    expect(infoOf(jpegFile(11, 7, noise(231)))).toEqual({
      format: 'jpeg',
      width: 11,
      height: 7,
      gray: false,
      plainRgb: false,
      orientation: 1,
    });
  });

  test('orientation, in either byte order', () => {
    const file = jpegFile(11, 7, noise(231));
    for (let orientation = 1; orientation <= 8; orientation++) {
      for (const little of [true, false]) {
        const info = infoOf(withOrientation(file, orientation, little));
        expect(info.orientation).toBe(orientation);
        expect(uprightSize(info)).toEqual(orientation >= 5 ? [11, 7] : [7, 11]);
      }
    }
    expect(infoOf(withOrientation(file, 9)).orientation).toBe(1);
  });

  test('what is no picture', () => {
    for (const bytes of [
      new Uint8Array(),
      noise(100),
      pngFile(3, 5, noise(45)).subarray(0, 20),
      jpegFile(3, 5, noise(45)).subarray(0, 20),
    ]) {
      expect(() => infoOf(bytes)).toThrow(DataError);
      expect(() => infoOf(bytes)).toThrow(/^some\/file/);
    }
  });
});

describe('planes', () => {
  const stored = { format: 'png', width: 3, height: 2, gray: false, plainRgb: false } as const;
  /** Pixels 1 to 6, row by row. */
  const rgba = Uint8Array.from([1, 2, 3, 4, 5, 6].flatMap((v) => [v, 10 * v, 100, 255]));

  // Row 0 and column 0 of the stored picture, as the EXIF standard names their place when upright.
  test.each([
    [1, [1, 2, 3, 4, 5, 6]],
    [2, [3, 2, 1, 6, 5, 4]],
    [3, [6, 5, 4, 3, 2, 1]],
    [4, [4, 5, 6, 1, 2, 3]],
    [5, [1, 4, 2, 5, 3, 6]],
    [6, [4, 1, 5, 2, 6, 3]],
    [7, [6, 3, 5, 2, 4, 1]],
    [8, [3, 6, 2, 5, 1, 4]],
  ])('orientation %i', (orientation, red) => {
    const planes = toPlanes(rgba, { ...stored, orientation }, 'rgb');
    expect([...planes.subarray(0, 6)]).toEqual(red);
    expect([...planes.subarray(6, 12)]).toEqual(red.map((v) => 10 * v));
    expect([...planes.subarray(12)]).toEqual(new Array(6).fill(100));
  });

  test('gray is luma; white shows through', () => {
    const two = { ...stored, width: 2, height: 1, orientation: 1 };
    expect([...toPlanes(Uint8Array.from([10, 20, 30, 255, 200, 0, 0, 255]), two, 'gray')]).toEqual([18, 60]);
    expect([...toPlanes(Uint8Array.from([10, 20, 30, 0, 0, 0, 0, 128]), two, 'gray')]).toEqual([255, 127]);
  });
});

describe('resize', () => {
  const six = Uint8Array.from([10, 20, 30, 40, 50, 60, 70, 80]);

  test('the size it has: the very bytes', () => {
    expect(resize(six, 1, 2, 4, [2, 4], 'crop')).toBe(six);
  });

  test('shrinking takes means of areas', () => {
    expect([...resize(six, 1, 2, 4, [1, 2], 'stretch')]).toEqual([35, 55]);
    // 4 columns on 3: each takes one and a third.
    expect([...resize(six.subarray(0, 4), 1, 1, 4, [1, 3], 'stretch')]).toEqual([13, 25, 38]);
  });

  test('growing draws a line between pixel centres', () => {
    expect([...resize(Uint8Array.from([0, 100]), 1, 1, 2, [1, 4], 'stretch')]).toEqual([0, 25, 75, 100]);
  });

  test('crop takes the middle; pad puts 0 around', () => {
    expect([...resize(six, 1, 2, 4, [2, 2], 'crop')]).toEqual([20, 30, 60, 70]);
    expect([...resize(six, 1, 2, 4, [4, 4], 'pad')]).toEqual([0, 0, 0, 0, ...six, 0, 0, 0, 0]);
    const planes = Uint8Array.from([...six, ...six.map((v) => v + 100)]);
    expect([...resize(planes, 2, 2, 4, [2, 2], 'crop')]).toEqual([20, 30, 60, 70, 120, 130, 160, 170]);
  });

  test('a picture of one colour stays of that colour, whatever the sizes', () => {
    for (const [h, w, th, tw] of [
      [7, 13, 5, 3],
      [3, 5, 17, 11],
      [31, 2, 5, 19],
      [1, 1, 9, 4],
    ]) {
      for (const fit of ['crop', 'stretch'] as const) {
        const out = resize(new Uint8Array(h * w).fill(213), 1, h, w, [th, tw], fit);
        expect(out).toEqual(new Uint8Array(th * tw).fill(213));
      }
    }
  });
});
