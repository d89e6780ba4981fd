/** Checkpoints on disk: the newest that is whole is found, and it is said if that is not the newest. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CheckpointError } from '../../src/core/errors.ts';
import { FileCheckpoint } from '../../src/node/checkpoint.ts';
import { pack } from '../../src/train/state.ts';

let folder = '';
let path = '';
const state = (n: number): Uint8Array => pack({ n });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paring checkpoint ü '));
  path = join(folder, 'run.checkpoint');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the last one saved is loaded, the one before is kept, and both are removed', () => {
  const file = new FileCheckpoint(path);
  expect(file.load()).toBeUndefined();
  expect(file.exists()).toBe(false);
  for (const n of [1, 2, 3]) file.save(state(n));
  expect(new FileCheckpoint(path).load()).toEqual({ state: state(3) });
  expect(new Uint8Array(readFileSync(file.previous))).toEqual(state(2));
  writeFileSync(`${path}.4711.tmp`, 'left by a process that was killed');
  writeFileSync(join(folder, 'other'), '');
  file.remove();
  expect(readdirSync(folder)).toEqual(['other']);
  file.remove();
});

test('a damaged newest one: the previous is loaded, with a note, and is not lost by the next save', () => {
  const file = new FileCheckpoint(path);
  for (const n of [1, 2]) file.save(state(n));
  truncateSync(path, 40);
  const next = new FileCheckpoint(path);
  const loaded = next.load();
  expect(loaded?.state).toEqual(state(1));
  expect(loaded?.note).toMatch(
    /run\.checkpoint: checkpoint: file: expected \d+ bytes, got 40.*going on from .*previous$/,
  );
  next.save(state(3));
  expect(new Uint8Array(readFileSync(next.previous))).toEqual(state(1));
  next.save(state(4));
  expect(new Uint8Array(readFileSync(next.previous))).toEqual(state(3));
});

test('a save that was cut off between its renames leaves the previous one', () => {
  const file = new FileCheckpoint(path);
  for (const n of [1, 2]) file.save(state(n));
  rmSync(path);
  expect(new FileCheckpoint(path).exists()).toBe(true);
  expect(new FileCheckpoint(path).load()).toMatchObject({
    state: state(1),
    note: expect.stringMatching(/missing/),
  });
});

test('none that is whole', () => {
  writeFileSync(path, '');
  writeFileSync(`${path}.previous`, 'x'.repeat(100));
  expect(() => new FileCheckpoint(path).load()).toThrow(CheckpointError);
  expect(() => new FileCheckpoint(path).load()).toThrow(
    /run\.checkpoint: .*0 bytes.*previous: .*something else/,
  );
});
