import { ArgumentError } from './errors.ts';

/**
 * Seeded counter-based random numbers: value number i of a stream is a pure function of (key, i), so a stream can be
 * split, skipped and resumed by storing two numbers, and gives the same bits on every host.
 *
 * The mixing function is the 32-bit Philox 2x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy
 * as 1, 2, 3" (SC 2011).
 */
export class Rng {
  readonly key: number;
  /** Index of the next 32-bit value. */
  counter: number;
  private readonly stream: number;

  /**
   * @param seed any integer; its low 32 bits are the key
   * @param stream 32-bit stream number: streams of one seed are independent
   * @throws ArgumentError if the seed is not an integer
   */
  constructor(seed: number, stream = 0, counter = 0) {
    if (!Number.isSafeInteger(seed)) throw new ArgumentError('Rng', 'seed', 'a whole number', seed);
    this.key = seed >>> 0;
    this.stream = stream >>> 0;
    this.counter = counter;
  }

  /** An independent generator for a named purpose: the same name gives the same numbers whatever else was drawn. */
  fork(name: string): Rng {
    let h = 0x811c9dc5 ^ this.stream; // FNV-1a over the name
    for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
    return new Rng(this.key, h >>> 0);
  }

  /** Uniform 32-bit unsigned integer. */
  uint32(): number {
    const value = philox(this.counter >>> 0, this.stream ^ Math.floor(this.counter / 2 ** 32), this.key);
    this.counter += 1;
    return value;
  }

  /** Uniform in [0, 1) with 24 random bits: every value is an exact f32. */
  uniform(): number {
    return (this.uint32() >>> 8) / 16777216;
  }

  /** Uniform whole number in [0, n), n <= 2^32. Unbiased: rejects the tail that does not divide evenly. */
  below(n: number): number {
    const limit = 4294967296 - (4294967296 % n);
    let value = this.uint32();
    while (value >= limit) value = this.uint32();
    return value % n;
  }

  /**
   * Approximately normal, mean 0, deviation 1: the sum of twelve 20-bit uniforms minus 6 (Irwin-Hall). Uses no
   * transcendental function, whose last bit differs between hosts; tails end at 6 deviations.
   */
  normal(): number {
    let sum = 0;
    for (let i = 0; i < 12; i++) sum += this.uint32() >>> 12;
    return sum / 1048576 - 6;
  }

  /** A permutation of 0..n-1 (Fisher-Yates). */
  permutation(n: number): Uint32Array {
    const order = new Uint32Array(n);
    for (let i = 0; i < n; i++) order[i] = i;
    for (let i = n - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
    return order;
  }
}

const M = 0xd256d193;
const WEYL = 0x9e3779b9;

function philox(c0: number, c1: number, key: number): number {
  for (let round = 0; round < 10; round++) {
    const hi = mulhi(M, c0);
    const lo = Math.imul(M, c0);
    c0 = hi ^ key ^ c1;
    c1 = lo;
    key = (key + WEYL) | 0;
  }
  return c0 >>> 0;
}

/**
 * High 32 bits of the 64-bit product of two unsigned 32-bit integers, from 16-bit halves. No partial sum exceeds 32 bits,
 * so everything stays in the integer operations that engines do fast.
 */
function mulhi(a: number, b: number): number {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const mid = (Math.imul(ah, bl) + (Math.imul(al, bl) >>> 16)) | 0;
  const midLow = ((mid & 0xffff) + Math.imul(al, bh)) | 0;
  return (Math.imul(ah, bh) + (mid >>> 16) + (midLow >>> 16)) | 0;
}
