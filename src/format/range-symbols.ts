/** Symbols by a range coder, read in JavaScript. Apart from symbols.ts, since kernels read where there are some. */
import { Counters, decodeTree, RangeDecoder } from './range-coder.ts';

/** `Decoders.symbols` in JavaScript. */
export function decodeRange(
  code: Uint8Array,
  count: number,
  alphabet: number,
  width: number,
  after: boolean,
): Uint8Array {
  const counters = new Counters(4 << width);
  const decoder = new RangeDecoder(code);
  const symbols = new Uint8Array(count);
  let tree = 0;
  for (let i = 0; i < count; i++) {
    symbols[i] = decodeTree(decoder, counters, tree << width, width);
    if (after) tree = quarter(symbols[i], alphabet);
  }
  return symbols;
}

/** 0 within 1/32 of the middle, 1 within 1/8, 2 within 1/4, else 3. */
export function quarter(symbol: number, alphabet: number): number {
  const distance = Math.abs(2 * symbol - alphabet);
  return distance * 16 < alphabet ? 0 : distance * 4 < alphabet ? 1 : distance * 2 < alphabet ? 2 : 3;
}
