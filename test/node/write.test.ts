/** Files are whole or not there, and what was there survives what goes wrong. */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DataError, FileError } from '../../src/core/errors.ts';
import { checkWritable, writeWhole } from '../../src/node/write.ts';

const disk = vi.hoisted(() => ({ full: false }));

// A disk that takes the first half and is full then.
vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>();
  return {
    ...real,
    writeFileSync: (file: number, data: string | Uint8Array) => {
      if (!disk.full) return real.writeFileSync(file, data);
      real.writeFileSync(file, data.slice(0, data.length / 2));
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    },
  };
});

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'paring größe '));
});
afterEach(() => {
  disk.full = false;
  fs.rmSync(folder, { recursive: true });
});
const read = (name: string): string => fs.readFileSync(join(folder, name), 'utf8');

describe('writeWhole', () => {
  test('makes folders, replaces files, keeps the previous one if asked', () => {
    const path = join(folder, 'a/b/ü x.txt');
    writeWhole(path, 'one');
    writeWhole(path, 'two', { keepPrevious: `${path}.previous` });
    expect([read('a/b/ü x.txt'), read('a/b/ü x.txt.previous')]).toEqual(['two', 'one']);
    expect(fs.readdirSync(join(folder, 'a/b'))).toHaveLength(2);
  });

  test('on a full disk the old file stays and nothing else is left', () => {
    const path = join(folder, 'x.txt');
    writeWhole(path, 'old');
    disk.full = true;
    const write = (): void => writeWhole(path, 'new', { keepPrevious: `${path}.previous` });
    expect(write).toThrow(FileError);
    expect(write).toThrow('x.txt: expected a place that can be written, got a full disk (ENOSPC)');
    expect(fs.readdirSync(folder)).toEqual(['x.txt']);
    expect(read('x.txt')).toBe('old');
  });

  test('takes pieces; where one cannot be made, the old file stays and the reason is told', () => {
    const path = join(folder, 'x.txt');
    const bytes = (text: string) => new TextEncoder().encode(text);
    function* pieces(broken: boolean): Generator<Uint8Array> {
      yield bytes('one ');
      if (broken) throw new DataError('source', 'more', 'its end');
      yield bytes('two');
    }
    writeWhole(path, pieces(false));
    expect(read('x.txt')).toBe('one two');
    expect(() => writeWhole(path, pieces(true))).toThrow(DataError);
    expect(fs.readdirSync(folder)).toEqual(['x.txt']);
    expect(read('x.txt')).toBe('one two');
  });

  test('writes through a link, and refuses folders and devices', () => {
    fs.writeFileSync(join(folder, 'real'), 'old');
    fs.symlinkSync(join(folder, 'real'), join(folder, 'link'));
    writeWhole(join(folder, 'link'), 'new');
    expect(read('real')).toBe('new');
    expect(fs.lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
    expect(() => writeWhole(folder, 'x')).toThrow('got a folder');
    expect(() => writeWhole('/dev/null', 'x')).toThrow('got a device');
  });
});

describe('checkWritable', () => {
  test('leaves nothing behind, folders neither', () => {
    fs.writeFileSync(join(folder, 'file'), '');
    checkWritable(join(folder, 'a/b/c.txt'));
    checkWritable(join(folder, 'file'));
    expect(() => checkWritable(join(folder, 'file/below/c.txt'))).toThrow(FileError);
    expect(() => checkWritable('/proc/paring/c.txt')).toThrow('/proc/paring/c.txt');
    expect(fs.readdirSync(folder)).toEqual(['file']);
  });
});
