/** Bytes in and out: every read is checked against what is left, every error says at which byte. */
import type { Decoders } from '../backend/backend.ts';
import { FormatError } from '../core/errors.ts';

/** Grows as it is written to. */
export class ByteWriter {
  private buffer = new Uint8Array(1024);
  length = 0;

  u8(value: number): void {
    this.reserve(1);
    this.buffer[this.length++] = value;
  }

  /** Unsigned LEB128: seven bits a byte, lowest first, the top bit set on all but the last. */
  varint(value: number): void {
    while (value >= 128) {
      this.u8((value % 128) | 128);
      value = Math.floor(value / 128);
    }
    this.u8(value);
  }

  bytes(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** A varint length and the bytes. */
  block(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.bytes(bytes);
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.buffer.slice(0, this.length);
  }

  private reserve(count: number): void {
    if (this.length + count <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(2 * this.buffer.length, this.length + count));
    grown.set(this.buffer);
    this.buffer = grown;
  }
}

/** A stretch of the file, and what decodes it. `at` counts from the file's first byte, so that errors give the offset in the file. */
export class ByteReader {
  readonly source: Uint8Array;
  at: number;
  readonly end: number;
  readonly decoders: Decoders;

  constructor(source: Uint8Array, at: number, end: number, decoders: Decoders) {
    // A Node Buffer is a Uint8Array whose slice() shares memory instead of copying: look at it as what it is underneath.
    this.source = new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
    this.at = at;
    this.end = end;
    this.decoders = decoders;
  }

  get left(): number {
    return this.end - this.at;
  }

  u8(what: string): number {
    this.need(1, what);
    return this.source[this.at++];
  }

  /** Unsigned LEB128 up to `most`. */
  varint(what: string, most: number): number {
    const start = this.at;
    let value = 0;
    let unit = 1;
    for (;;) {
      const byte = this.u8(what);
      value += (byte & 127) * unit;
      if (value > most) throw new FormatError(start, `${what} of at most ${most}`, `at least ${value}`);
      if (byte < 128) {
        if (byte === 0 && unit > 1)
          throw new FormatError(start, `${what} in its shortest form`, 'a trailing zero');
        return value;
      }
      unit *= 128;
      if (unit > 2 ** 42) throw new FormatError(start, `${what} as a varint`, 'more than six bytes');
    }
  }

  /** The next `count` bytes, not copied. */
  bytes(count: number, what: string): Uint8Array {
    this.need(count, what);
    const bytes = this.source.subarray(this.at, this.at + count);
    this.at += count;
    return bytes;
  }

  /** A varint length and a reader over that many bytes. */
  block(what: string): ByteReader {
    const start = this.at;
    const length = this.varint(`length of ${what}`, 2 ** 32);
    if (length > this.left) {
      throw new FormatError(start, `${what} of at most the ${this.left} bytes left`, `length ${length}`);
    }
    this.at += length;
    return new ByteReader(this.source, this.at - length, this.at, this.decoders);
  }

  /** @throws FormatError if something is left over */
  finished(what: string): void {
    if (this.left > 0) throw new FormatError(this.at, `the end of ${what}`, `${this.left} more bytes`);
  }

  private need(count: number, what: string): void {
    if (count > this.left) {
      throw new FormatError(this.at, `${what} (${count} bytes)`, `the end after ${this.left} bytes`);
    }
  }
}

/** [8][256]: table t says what a byte does to the checksum of t more bytes. Made on first use. */
let crcTables: Int32Array | undefined;

function makeCrcTables(): Int32Array {
  const table = new Int32Array(8 * 256);
  for (let i = 0; i < 256; i++) {
    let c = i;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    table[i] = c;
  }
  for (let i = 256; i < table.length; i++) table[i] = (table[i - 256] >>> 8) ^ table[table[i - 256] & 255];
  return table;
}

/**
 * CRC-32 as in PNG and zip (reflected, polynomial 0xEDB88320) over several stretches as if they were one. Eight bytes a turn
 * by eight tables (Kounavis and Berry 2005, "slicing-by-8").
 */
export function crc32(...parts: readonly Uint8Array[]): number {
  crcTables ??= makeCrcTables();
  const table = crcTables;
  let crc = -1;
  for (const part of parts) {
    const whole = part.length & ~7;
    let i = 0;
    for (; i < whole; i += 8) {
      crc ^= part[i] | (part[i + 1] << 8) | (part[i + 2] << 16) | (part[i + 3] << 24);
      crc =
        table[1792 + (crc & 255)] ^
        table[1536 + ((crc >>> 8) & 255)] ^
        table[1280 + ((crc >>> 16) & 255)] ^
        table[1024 + (crc >>> 24)] ^
        table[768 + part[i + 4]] ^
        table[512 + part[i + 5]] ^
        table[256 + part[i + 6]] ^
        table[part[i + 7]];
    }
    for (; i < part.length; i++) crc = table[(crc ^ part[i]) & 255] ^ (crc >>> 8);
  }
  return (crc ^ -1) >>> 0;
}
