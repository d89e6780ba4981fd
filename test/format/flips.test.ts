/** Bits turned over in header and payload, here every 23rd byte; bytes that follow; files of another version. */
import { expect, test } from 'vitest';
import { FormatError } from '../../src/core/errors.ts';
import { decode } from '../../src/format/index.ts';
import { flipBits, smallFiles } from './flips.ts';
import { resealed } from './hostile.ts';

test.each(smallFiles())('%s: every bit of every 23rd byte', (_name, file) => flipBits(file, 23));

test.each(smallFiles())('%s: bytes that follow', (_name, file) => {
  for (const more of [[0], [255], [...file]]) {
    const longer = Uint8Array.from([...file, ...more]);
    expect(() => decode(longer)).toThrow(FormatError);
    expect(() => decode(resealed(longer))).toThrow(/the end of the file/);
  }
});

test('a file of a newer version says what to do; no version has number 0', () => {
  const [, file] = smallFiles()[0];
  const versioned = (version: number) => {
    const altered = file.slice();
    altered[4] = version;
    return () => decode(resealed(altered));
  };
  expect(versioned(2)).toThrow(FormatError);
  expect(versioned(2)).toThrow(
    /byte 4: .*written by a newer paring: format version 2, this reads up to 1; update paring/,
  );
  expect(versioned(0)).toThrow(/byte 4: expected format version 1, got 0/);
});

test('what a file of another kind is said to be', () => {
  expect(() => decode(new TextEncoder().encode('{"name": "m"}'))).toThrow(/a \.paring file/);
  expect(() => decode(new Uint8Array(0))).toThrow(/magic/);
});
