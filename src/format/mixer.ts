/**
 * Context mixing (Mahoney 2005, "Adaptive weighing of context models for lossless data compression"): several adaptive
 * counters, each in a context of its own, say how likely the next bit is a 1; a weighted sum of their log odds decides,
 * and the weights learn which counters to trust. Integer arithmetic only, tables included, so every host agrees.
 *
 * A file's first read meets this code cold, and most of its time is spent before a compiler has seen it. So the tables are made
 * once, and the loop that uses them (text.ts) is one loop without calls, which engines compile while it runs.
 */

/** 4096 / (1 + exp(-x)) for x = -8, -7.5 ... 8. */
const LOGISTIC = [
  1, 2, 4, 6, 10, 17, 27, 45, 74, 120, 194, 311, 488, 747, 1102, 1546, 2048, 2550, 2994, 3349, 3608, 3785,
  3902, 3976, 4022, 4051, 4069, 4079, 4086, 4090, 4092, 4094, 4095,
];

export interface Tables {
  /** Log odds (x * 256) + 2048, -2048..2048, to probability of 4096, 1..4095. */
  squash: Int16Array;
  /** The inverse: the lowest odds within +-2047 whose probability is at least p. */
  stretch: Int16Array;
  /** 2^14 / (n + 1.5): how far a counter that has seen n bits moves. */
  rates: Int16Array;
}

let made: Tables | undefined;

/** Made on first use. */
export function tables(): Tables {
  if (made) return made;
  const squash = new Int16Array(4097);
  const stretch = new Int16Array(4096);
  const rates = new Int16Array(128);
  let reached = 0;
  for (let x = 1; x <= 4095; x++) {
    const i = x >> 7;
    const part = x & 127;
    const p = (LOGISTIC[i] * (128 - part) + LOGISTIC[i + 1] * part + 64) >> 7;
    squash[x] = p;
    while (reached <= p) stretch[reached++] = x - 2048;
  }
  squash[0] = squash[1];
  squash[4096] = squash[4095];
  for (let n = 0; n < rates.length; n++) rates[n] = Math.floor(16384 / (n + 1.5));
  made = { squash, stretch, rates };
  return made;
}
