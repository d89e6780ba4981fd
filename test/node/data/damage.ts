/** Sets of packed files, cut and flipped: opened, or refused with a DataError, and never left to run. */
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { expect } from 'vitest';
import { DataError } from '../../../src/core/errors.ts';
import { openData } from '../../../src/node/data/open.ts';
import { folderOf, idxFile, noise, npyFile } from '../../helpers/files.ts';

const N = 12;
const labels = Uint8Array.from({ length: N }, (_, i) => i % 2);
const arrays = { 'x.npy': npyFile('|u1', [N, 2, 3], noise(6 * N)), 'y.npy': npyFile('|u1', [N], labels) };

/** By the file that is damaged: what lies beside it. */
const sets: readonly [string, Uint8Array, Readonly<Record<string, Uint8Array>>][] = [
  ['a-images.idx.gz', gzipSync(idxFile([N, 2, 3], noise(6 * N))), { 'a-labels.idx': idxFile([N], labels) }],
  ['packed.npz', zipSync(arrays, { level: 9 }), {}],
  ['stored.npz', zipSync(arrays, { level: 0 }), {}],
];

/** @param step every so many-th cut and flip is tried; 1 tries all */
export async function damagePacked(step: number): Promise<void> {
  for (const [name, whole, beside] of sets) {
    const folder = folderOf(beside);
    let sha256: string | undefined;
    const opens = async (bytes: Uint8Array): Promise<boolean> => {
      folder.add(name, bytes);
      try {
        const { train } = await openData(folder.path);
        // Damage that goes unseen (a date, a name that nobody reads) changes no pixel and no label.
        sha256 ??= train.sha256;
        expect(train.sha256).toBe(sha256);
        return true;
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        expect(error.message).toContain(folder.path);
        return false;
      }
    };
    try {
      expect(await opens(whole)).toBe(true);
      for (let length = step - 1; length < whole.length; length += step) {
        expect(await opens(whole.subarray(0, length)), `${name} cut to ${length}`).toBe(false);
      }
      for (let bit = step - 1; bit < whole.length * 8; bit += step) {
        const flipped = Uint8Array.from(whole);
        flipped[bit >> 3] ^= 1 << (bit & 7);
        await opens(flipped);
      }
    } finally {
      folder.remove();
    }
  }
}
