/**
 * Packed files, unpacked once and in pieces. What a header declares is believed only as a bound: memory is taken as bytes
 * come, and a file that unpacks to more than its header declares is refused when it passes that mark.
 */
import { createReadStream } from 'node:fs';
import { crc32, createGunzip } from 'node:zlib';
import { Unzip, type UnzipFile, UnzipInflate } from 'fflate';
import { DataError, ParingError } from '../../core/errors.ts';
import { sizeOf } from '../../core/shape.ts';
import { type ByteSource, memorySource, readAt } from '../../data/bytes.ts';
import { IDX_HEADER, idxHeader } from '../../data/idx.ts';
import { npyHeader } from '../../data/npy.ts';
import { type Budget, fileSource, Spool } from './files.ts';

/** Bytes of an NPZ read at a time. */
const CHUNK = 1 << 18;

/** Of the directory of an NPZ: that of some ten thousand arrays. */
const MAX_DIRECTORY = 1 << 20;

const WHOLE_NPZ = 'a whole NPZ (ZIP) file';

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
  let sums: ReadonlyMap<string, number> = new Map();
  const open = new Set<string>();
  let entries = 0;
  const unzip = new Unzip((entry) => {
    entries += 1;
    const key = entry.name.replace(/\.npy$/, '');
    if (!wanted(key)) return;
    open.add(key);
    takeEntry(entry, `${path}: ${entry.name}`, budget, (bytes, crc) => {
      if (sums.get(entry.name) !== crc)
        throw new DataError(bytes.name, 'bytes with the CRC-32 of the directory', 'others');
      found.set(key, bytes);
      open.delete(key);
    });
  });
  unzip.register(UnzipInflate);
  const source = fileSource(path);
  try {
    sums = checksums(source);
    for (let at = 0; at < source.length; at += CHUNK) {
      const count = Math.min(CHUNK, source.length - at);
      unzip.push(readAt(source, at, count), at + count === source.length);
    }
  } catch (cause) {
    if (cause instanceof ParingError) throw cause;
    throw new DataError(path, WHOLE_NPZ, (cause as Error).message);
  } finally {
    source.close();
  }
  if (entries === 0) throw new DataError(path, 'an NPZ (ZIP) file with arrays', 'none');
  if (open.size > 0) throw new DataError(path, WHOLE_NPZ, `'${[...open][0]}' ends early`);
  return found;
}

/**
 * CRC-32 of each entry by name, from the central directory. The record that ends a ZIP is 22 bytes and a comment of at most
 * 65,535, whose length stands at byte 20; the directory's size stands at byte 12 and its offset at 16. Beyond 4 GiB both stand in
 * another record (ZIP64), found through a locator of 20 bytes before this one.
 */
function checksums(source: ByteSource): Map<string, number> {
  const count = Math.min(source.length, 22 + 65_535);
  const tail = Buffer.from(readAt(source, source.length - count, count).buffer);
  const end = tail.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (end < 0 || end + 22 > count || end + 22 + tail.readUInt16LE(end + 20) !== count) {
    throw new DataError(source.name, WHOLE_NPZ, 'no end record (truncated, or another kind of file)');
  }
  let size = tail.readUInt32LE(end + 12);
  let offset = tail.readUInt32LE(end + 16);
  if (size === 0xffffffff || offset === 0xffffffff) {
    const locator = Buffer.from(readAt(source, source.length - count + end - 20, 20).buffer);
    const record = Buffer.from(readAt(source, Number(locator.readBigUInt64LE(8)), 56).buffer);
    size = Number(record.readBigUInt64LE(40));
    offset = Number(record.readBigUInt64LE(48));
  }
  if (size > MAX_DIRECTORY)
    throw new DataError(source.name, `a directory below ${MAX_DIRECTORY} bytes`, `${size}`);
  const directory = Buffer.from(readAt(source, offset, size).buffer);
  const sums = new Map<string, number>();
  // An entry: signature, CRC at byte 16, lengths of name, extra field and comment at 28, 30 and 32, the three themselves from 46 on.
  for (let at = 0; at + 46 <= size; ) {
    const name = directory.toString('utf8', at + 46, at + 46 + directory.readUInt16LE(at + 28));
    sums.set(name, directory.readUInt32LE(at + 16));
    at +=
      46 +
      directory.readUInt16LE(at + 28) +
      directory.readUInt16LE(at + 30) +
      directory.readUInt16LE(at + 32);
  }
  return sums;
}

/** Spools one entry, bounded by what its NPY header declares. */
function takeEntry(
  entry: UnzipFile,
  name: string,
  budget: Budget,
  done: (bytes: ByteSource, crc: number) => void,
): void {
  const spool = new Spool(name, budget);
  let lead: Uint8Array = new Uint8Array();
  let declared: number | undefined;
  let crc = 0;
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
    crc = crc32(chunk, crc);
    if (final) done(spool.finish(), crc);
  };
  entry.start();
}

function tooMuch(name: string, declared: number): DataError {
  return new DataError(name, `the ${declared} bytes its header declares`, 'more (unpacking stopped there)');
}
