/**
 * A binary range coder (Martin 1979; carry handling as in LZMA): the coder narrows an interval by the probability of
 * each bit, so a bit costs -log2 of the probability it was given. The probabilities come from adaptive counters that
 * both sides keep alike. Integer arithmetic only: the same bytes on every host.
 */

/** Most decisions one byte can carry, given the least cost of a decision; see `LEAST`. Checked before allocating. */
export const DECISIONS_PER_BYTE = 23_000;

/** Probabilities have 16 bits and stay this far from 0 and 1, so a decision costs at least 0.00035 bits. */
const LEAST = 16;

/** How far a counter moves towards what it saw, by how often it was asked: 2^14 / (n + 1.5), down to 1/256. */
const RATES = Int32Array.from({ length: 255 }, (_, n) => Math.floor(16384 / (n + 1.5)));

/** Adaptive probabilities that a bit is 0, one a context. */
export class Counters {
  private readonly zero: Uint16Array;
  private readonly seen: Uint8Array;
  private readonly limit: number;

  /** @param limit how many observations count at most: low adapts fast, high settles well. At most 254. */
  constructor(contexts: number, limit = 254) {
    this.zero = new Uint16Array(contexts).fill(32768);
    this.seen = new Uint8Array(contexts);
    this.limit = limit;
  }

  /** Of 65536. */
  probabilityOfZero(context: number): number {
    return this.zero[context];
  }

  update(context: number, bit: number): void {
    const p = this.zero[context];
    const n = this.seen[context];
    const moved = p + ((((bit ? 0 : 65536) - p) * RATES[n]) >> 14);
    this.zero[context] = Math.max(LEAST, Math.min(65536 - LEAST, moved));
    if (n < this.limit) this.seen[context] = n + 1;
  }
}

export class RangeEncoder {
  private low = 0;
  private range = 0xffffffff;
  private cache = 0;
  /** Bytes held back because a carry may still change them: the cache and 0xff's after it. */
  private pending = 0;
  private started = false;
  private out: number[] = [];

  /** Encodes with a probability of 0 that the caller keeps, 1..65535 of 65536. */
  bit(bit: number, probabilityOfZero: number): void {
    const bound = split(this.range, probabilityOfZero);
    if (bit === 0) {
      this.range = bound;
    } else {
      this.low += bound;
      this.range -= bound;
    }
    while (this.range < 0x1000000) {
      this.range = (this.range * 256) >>> 0;
      this.shift();
    }
  }

  adaptive(bit: number, counters: Counters, context: number): void {
    this.bit(bit, counters.probabilityOfZero(context));
    counters.update(context, bit);
  }

  /** The code: as few bytes as name a number within the interval. Zeros at the end are left out; the decoder adds them. */
  finish(): Uint8Array {
    for (const unit of [0x1000000, 0x10000, 0x100]) {
      const round = Math.ceil(this.low / unit) * unit;
      if (round < this.low + this.range) {
        this.low = round;
        break;
      }
    }
    for (let i = 0; i < 5; i++) this.shift();
    let length = this.out.length;
    while (length > 0 && this.out[length - 1] === 0) length -= 1;
    return Uint8Array.from(this.out.slice(0, length));
  }

  private shift(): void {
    if (this.low < 0xff000000 || this.low >= 0x100000000) {
      const carry = this.low >= 0x100000000 ? 1 : 0;
      // The very first byte is always 0 and not written.
      if (this.started) this.out.push((this.cache + carry) & 255);
      this.started = true;
      for (; this.pending > 0; this.pending--) this.out.push((255 + carry) & 255);
      this.cache = Math.floor(this.low / 0x1000000) & 255;
    } else {
      this.pending += 1;
    }
    this.low = (this.low % 0x1000000) * 256;
  }
}

export class RangeDecoder {
  private readonly bytes: Uint8Array;
  private at = 4;
  private code: number;
  private range = 0xffffffff;

  /** Beyond the end it reads zeros: the encoder leaves them out. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    const byte = (i: number): number => (i < bytes.length ? bytes[i] : 0);
    this.code = ((byte(0) << 24) | (byte(1) << 16) | (byte(2) << 8) | byte(3)) >>> 0;
  }

  bit(probabilityOfZero: number): number {
    const bound = split(this.range, probabilityOfZero);
    let bit = 0;
    if (this.code < bound) {
      this.range = bound;
    } else {
      this.code -= bound;
      this.range -= bound;
      bit = 1;
    }
    while (this.range < 0x1000000) {
      const next = this.at < this.bytes.length ? this.bytes[this.at] : 0;
      this.at += 1;
      this.code = ((this.code << 8) | next) >>> 0;
      this.range = (this.range << 8) >>> 0;
    }
    return bit;
  }

  adaptive(counters: Counters, context: number): number {
    const bit = this.bit(counters.probabilityOfZero(context));
    counters.update(context, bit);
    return bit;
  }
}

/** floor(range * p / 65536) in 32-bit integers. */
function split(range: number, p: number): number {
  return (Math.imul(range >>> 16, p) + (Math.imul(range & 0xffff, p) >>> 16)) >>> 0;
}

/** Codes a symbol of `width` bits, highest first; each prefix is a context of its own, after `base`. */
export function encodeTree(
  encoder: RangeEncoder,
  counters: Counters,
  base: number,
  width: number,
  symbol: number,
): void {
  let node = 1;
  for (let i = width - 1; i >= 0; i--) {
    const bit = (symbol >> i) & 1;
    encoder.adaptive(bit, counters, base + node);
    node = 2 * node + bit;
  }
}

export function decodeTree(decoder: RangeDecoder, counters: Counters, base: number, width: number): number {
  let node = 1;
  for (let i = 0; i < width; i++) node = 2 * node + decoder.adaptive(counters, base + node);
  return node - (1 << width);
}
