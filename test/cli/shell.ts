/** Starts the compiled command line, and makes small data for it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PNG } from 'pngjs';
import { Rng } from '../../src/core/rng.ts';
import { loadMnist } from '../../src/node/mnist.ts';

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `paring ...args` in a folder to its end. */
export function paring(folder: string, ...args: string[]): Ended {
  return spawnSync(process.execPath, [main, ...args], { cwd: folder, encoding: 'utf8' });
}

/** Starts it, to be interrupted. */
export function start(folder: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [main, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A folder whose name has a space and letters beyond ASCII. */
export function workFolder(): string {
  return mkdtempSync(join(tmpdir(), 'paring größe 小 '));
}

/** FOLDER/mnist: the first images of MNIST as IDX files. */
export async function writeMnist(folder: string, train: number, test: number): Promise<void> {
  const data = await loadMnist();
  mkdirSync(join(folder, 'mnist'));
  for (const [stem, set, count] of [
    ['train', data.train, train],
    ['t10k', data.test, test],
  ] as const) {
    const images = set.images.subarray(0, count * 784);
    const labels = Uint8Array.from(set.labels.subarray(0, count));
    writeFileSync(join(folder, 'mnist', `${stem}-images-idx3-ubyte`), idx([count, 28, 28], images));
    writeFileSync(join(folder, 'mnist', `${stem}-labels-idx1-ubyte`), idx([count], labels));
  }
}

function idx(shape: number[], bytes: Uint8Array): Uint8Array {
  const file = new Uint8Array(4 + 4 * shape.length + bytes.length);
  const view = new DataView(file.buffer);
  view.setUint32(0, 0x0800 + shape.length);
  shape.forEach((extent, i) => {
    view.setUint32(4 + 4 * i, extent);
  });
  file.set(bytes, 4 + 4 * shape.length);
  return file;
}

/** FOLDER/pictures/CLASS/CLASS-1.png...: noise of a colour of its own for each class. */
export function writePictures(folder: string, each: number): void {
  const rng = new Rng(7);
  ['cat', 'dog', 'ünicorn'].forEach((name, hue) => {
    mkdirSync(join(folder, 'pictures', name), { recursive: true });
    for (let i = 1; i <= each; i++) {
      const png = new PNG({ width: 37, height: 41 });
      for (let at = 0; at < png.data.length; at++) png.data[at] = at % 4 === hue ? 200 : rng.below(120);
      for (let at = 3; at < png.data.length; at += 4) png.data[at] = 255;
      writeFileSync(join(folder, 'pictures', name, `${name}-${i}.png`), PNG.sync.write(png));
    }
  });
}

export function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Every file below a folder with its SHA-256: equal before and after means that nothing was written. */
export function snapshot(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    files.map((file) => {
      const path = join(folder, file);
      return [file, statSync(path).isFile() ? sha256(path) : 'folder'];
    }),
  );
}
