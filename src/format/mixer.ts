/**
 * Context mixing (Mahoney 2005, "Adaptive weighing of context models for lossless data compression"): several adaptive
 * counters, each in a context of its own, say how likely the next bit is a 1; a weighted sum of their log odds decides,
 * and the weights learn which counters to trust. Integer arithmetic only, tables included, so every host agrees.
 */

/** 4096 / (1 + exp(-x)) for x = -8, -7.5 ... 8. */
const LOGISTIC = [
  1, 2, 4, 6, 10, 17, 27, 45, 74, 120, 194, 311, 488, 747, 1102, 1546, 2048, 2550, 2994, 3349, 3608, 3785,
  3902, 3976, 4022, 4051, 4069, 4079, 4086, 4090, 4092, 4094, 4095,
];

/** Log odds (x * 256, within +-2047) to probability of 4096, 1..4095. */
function squash(odds: number): number {
  const x = odds > 2047 ? 4095 : odds < -2047 ? 1 : odds + 2048;
  const i = x >> 7;
  const part = x & 127;
  const p = (LOGISTIC[i] * (128 - part) + LOGISTIC[i + 1] * part + 64) >> 7;
  return Math.max(1, Math.min(4095, p));
}

/** The inverse: the lowest odds whose probability is at least p. Made on first use. */
let stretchTable: Int16Array | undefined;
function stretches(): Int16Array {
  if (!stretchTable) {
    stretchTable = new Int16Array(4096);
    let p = 0;
    for (let odds = -2047; odds <= 2047; odds++) {
      for (const reached = squash(odds); p <= reached; p++) stretchTable[p] = odds;
    }
    stretchTable.fill(2047, p);
  }
  return stretchTable;
}

/** 2^14 / (n + 1.5): how far a counter that has seen n bits moves. */
const RATES = Int32Array.from({ length: 256 }, (_, n) => Math.floor(16384 / (n + 1.5)));

export class Mixer {
  private readonly stretch = stretches();
  private readonly inputs: number;
  private readonly limit: number;
  private readonly one: Uint16Array;
  private readonly seen: Uint8Array;
  private readonly weights: Int32Array;
  private readonly odds: Int32Array;
  /** Which counter each input consults for the next bit: set before `predict`. */
  readonly slots: Int32Array;
  /** Which set of weights: set before `predict`. */
  set = 0;
  private p = 2048;

  /**
   * @param inputs counters consulted a bit
   * @param counters all counters of all inputs
   * @param sets of weights
   * @param limit of observations a counter counts, at most 255
   */
  constructor(inputs: number, counters: number, sets: number, limit: number) {
    this.inputs = inputs;
    this.limit = limit;
    this.one = new Uint16Array(counters).fill(32768);
    this.seen = new Uint8Array(counters);
    this.weights = new Int32Array(inputs * sets).fill(Math.floor(65536 * 0.4));
    this.odds = new Int32Array(inputs);
    this.slots = new Int32Array(inputs);
  }

  /** Probability that the next bit is 0, of 65536: what the range coder takes. */
  predict(): number {
    const { inputs, slots, seen, one, odds, weights, stretch } = this;
    const base = this.set * inputs;
    let sum = 0;
    for (let i = 0; i < inputs; i++) {
      const slot = slots[i];
      // A counter that has seen nothing has no say.
      const own = seen[slot] === 0 ? 0 : stretch[one[slot] >> 4];
      odds[i] = own;
      sum += own * weights[base + i];
    }
    this.p = squash(Math.floor(sum / 65536));
    return (4096 - this.p) * 16;
  }

  update(bit: number): void {
    const { inputs, slots, seen, one, odds, weights, limit } = this;
    const error = ((bit << 12) - this.p) * 6;
    const base = this.set * inputs;
    const target = bit ? 65535 : 0;
    for (let i = 0; i < inputs; i++) {
      weights[base + i] += (odds[i] * error + 32768) >> 16;
      const slot = slots[i];
      const n = seen[slot];
      one[slot] += ((target - one[slot]) * RATES[n]) >> 14;
      if (n < limit) seen[slot] = n + 1;
    }
  }
}
