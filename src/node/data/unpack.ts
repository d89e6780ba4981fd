/**
 * Packed files, unpacked once and in pieces. What a header declares is believed only as a bound: memory is taken as bytes
 * come, and a file that unpacks to more than its header declares is refused when it passes that mark.
 */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { Unzip, type UnzipFile, UnzipInflate } from 'fflate';
import { DataError, ParingError } from '../../core/errors.ts';
import { sizeOf } from '../../core/shape.ts';
import { type ByteSource, memorySource, readAt } from '../../data/bytes.ts';
import { IDX_HEADER, idxHeader } from '../../data/idx.ts';
import { npyHeader } from '../../data/npy.ts';
import { type Budget, fileSource, Spool } from './files.ts';

/** Bytes of an NPZ read at a time. */
const CHUNK = 1 << 18;

/** Bytes of an unpacked NPY of which the header must be readable. */
const NPY_LEAD = 1 << 17;

/**
 * Unpacks a gzipped IDX file.
 * @throws DataError if it is damaged, ends early, or unpacks to more than its IDX header declares
 */
export async function gunzipIdx(path: string, budget: Budget): Promise<ByteSource> {
  const spool = new Spool(path, budget);
  let lead: Uint8Array = new Uint8Array();
  let declared: number | undefined;
  const packed = createReadStream(path);
  const plain = createGunzip();
  packed.on('error', (error) => plain.destroy(error));
  packed.pipe(plain);
  try {
    for await (const chunk of plain as AsyncIterable<Uint8Array>) {
      if (declared === undefined) {
        lead = Buffer.concat([lead, chunk]).subarray(0, IDX_HEADER);
        if (lead.length === IDX_HEADER) {
          const { offset, size } = idxHeader(lead, path);
          declared = offset + size;
        }
      }
      if (declared !== undefined && spool.length + chunk.length > declared) throw tooMuch(path, declared);
      spool.write(chunk);
    }
  } catch (cause) {
    if (cause instanceof ParingError) throw cause;
    throw new DataError(path, 'a whole gzip file', (cause as Error).message);
  } finally {
    packed.destroy();
    plain.destroy();
  }
  return spool.finish();
}

/**
 * Unpacks NPY arrays of an NPZ, which is a ZIP of them.
 * @param wanted whether the array of this name (without .npy) is needed; others are passed over
 * @throws DataError if it is damaged, ends early, or an entry unpacks to more than its NPY header declares
 */
export function unzipNpz(
  path: string,
  wanted: (key: string) => boolean,
  budget: Budget,
): Map<string, ByteSource> {
  const found = new Map<string, ByteSource>();
  const open = new Set<string>();
  let entries = 0;
  const unzip = new Unzip((entry) => {
    entries += 1;
    const key = entry.name.replace(/\.npy$/, '');
    if (!wanted(key)) return;
    open.add(key);
    takeEntry(entry, `${path}: ${entry.name}`, budget, (bytes) => {
      found.set(key, bytes);
      open.delete(key);
    });
  });
  unzip.register(UnzipInflate);
  const source = fileSource(path);
  try {
    checkEnd(source);
    for (let at = 0; at < source.length; at += CHUNK) {
      const count = Math.min(CHUNK, source.length - at);
      unzip.push(readAt(source, at, count), at + count === source.length);
    }
  } catch (cause) {
    if (cause instanceof ParingError) throw cause;
    throw new DataError(path, 'a whole NPZ (ZIP) file', (cause as Error).message);
  } finally {
    source.close();
  }
  if (entries === 0) throw new DataError(path, 'an NPZ (ZIP) file with arrays', 'none');
  if (open.size > 0) throw new DataError(path, 'a whole NPZ (ZIP) file', `'${[...open][0]}' ends early`);
  return found;
}

/** The record that ends a ZIP: 22 bytes and a comment of at most 65,535, whose length stands at byte 20. */
function checkEnd(source: ByteSource): void {
  const count = Math.min(source.length, 22 + 65_535);
  const tail = Buffer.from(readAt(source, source.length - count, count).buffer);
  const at = tail.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (at >= 0 && at + 22 <= count && at + 22 + tail.readUInt16LE(at + 20) === count) return;
  throw new DataError(
    source.name,
    'a whole NPZ (ZIP) file',
    'no end record (truncated, or another kind of file)',
  );
}

/** Spools one entry, bounded by what its NPY header declares. */
function takeEntry(entry: UnzipFile, name: string, budget: Budget, done: (bytes: ByteSource) => void): void {
  const spool = new Spool(name, budget);
  let lead: Uint8Array = new Uint8Array();
  let declared: number | undefined;
  entry.ondata = (error, chunk, final) => {
    if (error) throw new DataError(name, 'an entry that unpacks', error.message);
    if (declared === undefined) {
      lead = Buffer.concat([lead, chunk]);
      if (final || lead.length >= NPY_LEAD) {
        const header = npyHeader(memorySource(lead, name));
        declared = header.offset + sizeOf(header.shape) * header.bytesPerElement;
      }
    }
    if (declared !== undefined && spool.length + chunk.length > declared) throw tooMuch(name, declared);
    spool.write(chunk);
    if (final) done(spool.finish());
  };
  entry.start();
}

function tooMuch(name: string, declared: number): DataError {
  return new DataError(name, `the ${declared} bytes its header declares`, 'more (unpacking stopped there)');
}
