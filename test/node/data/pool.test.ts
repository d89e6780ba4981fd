/** Pictures decoded by threads: the same bytes in the same order as here, the first broken one told, and no thread left behind. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { DataError, ParingError } from '../../../src/core/errors.ts';
import { readPicture } from '../../../src/node/data/decode.ts';
import { decodeInPool, workersFor } from '../../../src/node/data/pool.ts';
import { folderOf, jpegFile, noise, pngFile } from '../../helpers/files.ts';

/** Threads run what is compiled; the rest of the pool is the source. */
const script = new URL('../../../dist/src/node/data/decode-worker.js', import.meta.url);
const decode = { size: [11, 13], channels: 'rgb' } as const;

/** Pictures that take longer and shorter in turn, so that threads overtake each other. */
const files: Record<string, Uint8Array> = {};
for (let i = 0; i < 9; i++) {
  const side = i % 3 === 0 ? 211 : 17;
  const pixels = noise(side * side * 3, i);
  files[`${i}.jpg`] = i % 2 ? pngFile(side, side, pixels) : jpegFile(side, side, pixels);
}
const whole = files['0.jpg'];
files['cut.jpg'] = whole.subarray(0, whole.length - 20);
files['long-cut.jpg'] = whole.subarray(0, whole.length >> 1);
files['text.jpg'] = new TextEncoder().encode('no picture');
const folder = folderOf(files);
afterAll(() => folder.remove());
const path = (name: string) => join(folder.path, name);
const all = Array.from({ length: 9 }, (_, i) => path(`${i}.jpg`));

async function pooled(paths: readonly string[], workers: number): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for await (const planes of decodeInPool(paths, decode, { workers, script })) found.push(planes);
  return found;
}

/** The same, decoded here. */
const inline = await Promise.all(all.map((file) => readPicture(file, decode)));

const module = (name: string) =>
  JSON.stringify(new URL(`../../../dist/src/node/${name}.js`, import.meta.url).href);

/** Runs a module in a process of its own, which must end; what it printed. */
function inProcess(code: string, ...flags: string[]): unknown[] {
  const node = [...flags, '--input-type=module', '--eval', code];
  const { status, stdout, stderr } = spawnSync(process.execPath, node, { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return JSON.parse(stdout);
}

const threads = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
const before = threads();

describe('a pool', () => {
  test.each([1, 2, 3, 16])('of %i threads: the bytes and the order of decoding here', async (workers) => {
    const found = await pooled(all, workers);
    expect(found).toEqual(inline);
    expect(threads()).toBe(before);
  });

  test('the first broken picture in order is told, as it is told here', async () => {
    // The second is refused at once, the first after much decoding.
    const broken = [path('1.jpg'), path('cut.jpg'), path('text.jpg'), ...all];
    const here = await readPicture(broken[1], decode).catch((error: unknown) => error);
    expect(here).toBeInstanceOf(DataError);
    const error = await pooled(broken, 2).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).message).toBe((here as DataError).message);
    expect((error as DataError).message).toContain('cut.jpg: expected a whole JPEG');
    expect(error).toMatchObject({ name: 'DataError', code: 'DATA' });
    await expect(pooled([path('nowhere.jpg')], 2)).rejects.toThrow(/nowhere\.jpg: expected a readable file/);
    expect(threads()).toBe(before);
  });

  test('what comes before a broken picture is handed out', async () => {
    const stream = decodeInPool([all[0], all[1], path('text.jpg')], decode, { workers: 2, script });
    expect((await stream.next()).value).toHaveLength(3 * 11 * 13);
    expect((await stream.next()).value).toHaveLength(3 * 11 * 13);
    await expect(stream.next()).rejects.toThrow(/text\.jpg/);
  });

  test('ends at once when it is aborted, and when nobody wants more', async () => {
    const hanging = new URL(
      'data:text/javascript,import{parentPort}from"node:worker_threads";parentPort.on("message",()=>{for(;;);})',
    );
    const stop = new AbortController();
    const waiting = decodeInPool(all, decode, { workers: 2, script: hanging, signal: stop.signal }).next();
    setTimeout(() => stop.abort(new Error('stop')), 100);
    const begin = performance.now();
    await expect(waiting).rejects.toThrow('stop');
    expect(performance.now() - begin).toBeLessThan(5000);
    for await (const planes of decodeInPool(all, decode, { workers: 2, script })) {
      expect(planes).toHaveLength(3 * 11 * 13);
      break;
    }
    const aborted = decodeInPool(all, decode, { workers: 2, script, signal: stop.signal });
    await expect(aborted.next()).rejects.toThrow('stop');
    expect(threads()).toBe(before);
  });

  test('a thread that dies is an error that names its picture', async () => {
    const dying = new URL(
      'data:text/javascript,import{parentPort}from"node:worker_threads";parentPort.on("message",()=>process.exit(7))',
    );
    const unable = new URL('data:text/javascript,throw new Error("no such thing")');
    for (const [bad, message] of [
      [dying, /0\.jpg: the thread that decoded it died: exit code 7/],
      [unable, /0\.jpg: the thread that decoded it died: no such thing/],
    ] as const) {
      const died = decodeInPool(all, decode, { workers: 2, script: bad }).next();
      await expect(died).rejects.toThrow(message);
      await expect(died).rejects.toMatchObject({ code: 'WORKER' });
      await expect(died).rejects.toBeInstanceOf(ParingError);
    }
  });
});

test('a folder is worth as many threads as there is work and memory for', () => {
  expect(workersFor({ count: 1000, total: 1000 * 32 * 32, largest: 32 * 32 })).toBe(0);
  const photos = workersFor({ count: 100, total: 1.2e9, largest: 1.2e7 });
  expect(photos).toBeGreaterThanOrEqual(1);
  expect(photos).toBeLessThanOrEqual(8);
  expect(workersFor({ count: 1, total: 1.2e7, largest: 1.2e7 })).toBe(1);
  expect(workersFor({ count: 100, total: 1e15, largest: 1e13 })).toBe(1);
});

describe('a folder of photos', () => {
  const side = 1201;
  const pixels = noise(side * side * 3, 5).map((value) => 100 + (value >> 4));
  const photo = jpegFile(side, side, pixels, 60);
  const photos = folderOf(
    Object.fromEntries(['a/1', 'a/2', 'a/3', 'b/1', 'b/2', 'b/3'].map((name) => [`${name}.jpg`, photo])),
  );
  afterAll(() => photos.remove());

  test('is decoded by threads, to the same bytes, in a process that then ends', async () => {
    const [description, images] = inProcess(`
      import { openData } from ${module('index')};
      const set = await openData(${JSON.stringify(photos.path)}, { size: [8, 8] });
      console.log(JSON.stringify([set.description, [...set.train.images]]));`);
    expect(description).toBe('pictures 8x8 rgb, 6');
    const planes = await readPicture(join(photos.path, 'a/1.jpg'), { size: [8, 8], channels: 'rgb' });
    expect(images).toEqual([...planes, ...planes]);
  });
});

test('a thread that runs out of memory is an error that names its picture', () => {
  const greedy = 'data:text/javascript,const held=[];for(;;)held.push([held.length])';
  const printed = inProcess(
    `import { decodeInPool } from ${module('data/pool')};
    const script = new URL(${JSON.stringify(greedy)});
    try {
      await decodeInPool(['photo.jpg'], { channels: 'rgb' }, { workers: 1, script }).next();
    } catch ({ name, code, message }) { console.log(JSON.stringify([name, code, message])); }`,
    '--max-old-space-size=40',
  );
  const message = 'photo.jpg: decoding it takes more memory than a thread has';
  expect(printed).toEqual(['ParingError', 'MEMORY', message]);
});
