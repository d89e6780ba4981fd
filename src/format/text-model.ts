/** What predicts the header's text, bit by bit: docs/format.md. Apart from text.ts, since kernels read where there are some. */
import { tables } from './mixer.ts';
import { RangeDecoder, type RangeEncoder } from './range-coder.ts';

const ORDERS = 5;
/** One of each order, and one that looks at the byte so far alone. */
const COUNTERS = ORDERS + 1;
const BITS = 16;

/** Counters of one order; the last table is smaller. */
const TABLE = 1 << BITS;
/** Observations that a counter counts at most. */
const LIMIT = 127;
/** Log odds times weight from which on the probability is as far from a half as it gets: 2048 in 16.16. */
const EXTREME = 1 << 27;

/** Predicts a text bit by bit from the bytes before. */
export class TextModel {
  /** Probability of a 1 of 65536, and how many bits each counter has seen. */
  private readonly one = new Uint16Array(ORDERS * TABLE + 256).fill(32768);
  private readonly seen = new Uint8Array(ORDERS * TABLE + 256);
  /** [node][counter], 16.16. */
  private readonly weights = new Int32Array(256 * COUNTERS).fill(Math.floor(65536 * 0.4));
  private readonly history = new Uint8Array(ORDERS);
  private readonly hashes = new Int32Array(ORDERS);

  /** Both sides read the primer first. */
  constructor(primer: Uint8Array) {
    this.code(primer);
  }

  /** Takes in a text: writes it to `encoder`, reads it from `decoder` into `bytes`, or (with neither) only learns it. */
  code(bytes: Uint8Array, encoder?: RangeEncoder, decoder?: RangeDecoder): void {
    const { one, seen, weights, history, hashes } = this;
    const { squash, stretch, rates } = tables();
    const slots = new Int32Array(COUNTERS);
    const odds = new Int32Array(COUNTERS);
    for (let at = 0; at < bytes.length; at++) {
      const value = bytes[at];
      let node = 1;
      for (let i = 7; i >= 0; i--) {
        const spread = Math.imul(node, 0x2f0b4c47);
        const base = node * COUNTERS;
        let sum = 0;
        for (let k = 0; k < COUNTERS; k++) {
          const slot =
            k === ORDERS
              ? ORDERS * TABLE + node
              : k * TABLE + (Math.imul(hashes[k] + spread, 0x3d4d51cb) >>> (32 - BITS));
          // A counter that has seen nothing has no say.
          const own = seen[slot] === 0 ? 0 : stretch[one[slot] >> 4];
          slots[k] = slot;
          odds[k] = own;
          sum += own * weights[base + k];
        }
        const p = squash[sum >= EXTREME ? 4096 : sum < -EXTREME ? 0 : (sum >> 16) + 2048];
        const bit = decoder ? decoder.bit((4096 - p) * 16) : (value >> i) & 1;
        if (encoder) encoder.bit(bit, (4096 - p) * 16);

        const error = ((bit << 12) - p) * 6;
        const target = bit ? 65535 : 0;
        for (let k = 0; k < COUNTERS; k++) {
          weights[base + k] += (odds[k] * error + 32768) >> 16;
          const slot = slots[k];
          const n = seen[slot];
          one[slot] += ((target - one[slot]) * rates[n]) >> 14;
          if (n < LIMIT) seen[slot] = n + 1;
        }
        node = 2 * node + bit;
      }
      bytes[at] = node;
      history.copyWithin(1, 0);
      history[0] = node;
      let hash = 0;
      for (let order = 0; order < ORDERS; order++) {
        hash = Math.imul(hash + history[order] + 1, 0x2c1b3c6d);
        hashes[order] = hash;
      }
    }
  }
}

/** `Decoders.text` in JavaScript. */
export function decodeText(primer: Uint8Array, code: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  new TextModel(primer).code(bytes, undefined, new RangeDecoder(code));
  return bytes;
}
