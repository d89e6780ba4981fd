/**
 * Canonical Huffman codes (Huffman 1952): code lengths alone define the code, shorter first, then by symbol. Costs more
 * than the range coder, decodes several times faster.
 */
import { FormatError } from '../core/errors.ts';
import { type ByteReader, ByteWriter } from './bytes.ts';
import { Counters, decodeTree, encodeTree, RangeDecoder, RangeEncoder } from './range-coder.ts';

const LONGEST = 12;

/**
 * Code lengths for these counts, 0 for a symbol that does not occur, at most 12; a lone symbol gets 1 bit. Where the
 * optimal code is deeper, counts are halved until it is not.
 */
function codeLengths(counts: readonly number[]): Uint8Array {
  let scaled = counts.slice();
  for (;;) {
    const lengths = treeDepths(scaled);
    if (lengths.every((length) => length <= LONGEST)) return lengths;
    scaled = scaled.map((count) => (count > 0 ? Math.ceil(count / 2) : 0));
  }
}

function treeDepths(counts: readonly number[]): Uint8Array {
  type Tree = { count: number; order: number; symbols: number[] };
  const lengths = new Uint8Array(counts.length);
  let trees: Tree[] = [];
  counts.forEach((count, symbol) => {
    if (count > 0) trees.push({ count, order: symbol, symbols: [symbol] });
  });
  if (trees.length === 1) lengths[trees[0].symbols[0]] = 1;
  let order = counts.length;
  while (trees.length > 1) {
    trees.sort((a, b) => a.count - b.count || a.order - b.order);
    const [a, b] = trees;
    const symbols = [...a.symbols, ...b.symbols];
    for (const symbol of symbols) lengths[symbol] += 1;
    trees = [...trees.slice(2), { count: a.count + b.count, order: order++, symbols }];
  }
  return lengths;
}

/** The first code of each length, and symbols ordered by code. */
function canonical(lengths: Uint8Array): { first: Int32Array; counts: Int32Array; ordered: number[] } {
  const counts = new Int32Array(LONGEST + 2);
  for (const length of lengths) if (length > 0) counts[length] += 1;
  const first = new Int32Array(LONGEST + 2);
  for (let length = 1; length <= LONGEST; length++) {
    first[length + 1] = (first[length] + counts[length]) * 2;
  }
  const ordered: number[] = [];
  for (let length = 1; length <= LONGEST; length++) {
    lengths.forEach((own, symbol) => {
      if (own === length) ordered.push(symbol);
    });
  }
  return { first, counts, ordered };
}

/** Table (a block: range-coded 4-bit lengths, each in the context of the one before), then codes, first bit highest. */
export function encodeHuffman(symbols: Uint8Array, alphabet: number): Uint8Array {
  const counts = new Array<number>(alphabet).fill(0);
  for (const symbol of symbols) counts[symbol] += 1;
  const lengths = codeLengths(counts);
  const table = new RangeEncoder();
  const counters = new Counters(16 * 16);
  let before = 0;
  for (const length of lengths) {
    encodeTree(table, counters, 16 * before, 4, length);
    before = length;
  }
  const { first, ordered } = canonical(lengths);
  const codes = new Int32Array(alphabet);
  const next = first.slice();
  for (const symbol of ordered) codes[symbol] = next[lengths[symbol]]++;
  const total = counts.reduce((sum, count, symbol) => sum + count * lengths[symbol], 0);
  const bytes = new Uint8Array(Math.ceil(total / 8));
  let at = 0;
  let held = 0;
  let bits = 0;
  for (let i = 0; i < symbols.length; i++) {
    const symbol = symbols[i];
    held = (held << lengths[symbol]) | codes[symbol];
    bits += lengths[symbol];
    for (; bits >= 8; bits -= 8) bytes[at++] = held >> (bits - 8);
    held &= (1 << bits) - 1;
  }
  if (bits > 0) bytes[at] = held << (8 - bits);
  const writer = new ByteWriter();
  writer.block(table.finish());
  writer.bytes(bytes);
  return writer.finish();
}

/** @throws FormatError if the lengths are no prefix code, or the codes end early or late */
export function decodeHuffman(reader: ByteReader, count: number, alphabet: number): Uint8Array {
  const start = reader.at;
  const block = reader.block('Huffman table');
  const table = new RangeDecoder(block.bytes(block.left, 'Huffman table'));
  const counters = new Counters(16 * 16);
  const lengths = new Uint8Array(alphabet);
  let before = 0;
  let used = 0;
  for (let symbol = 0; symbol < alphabet; symbol++) {
    before = decodeTree(table, counters, 16 * before, 4);
    if (before > LONGEST) throw new FormatError(start, `code lengths of at most ${LONGEST}`, `${before}`);
    lengths[symbol] = before;
    if (before > 0) used += 2 ** (LONGEST - before);
  }
  if (used > 2 ** LONGEST) throw new FormatError(start, 'a prefix code', 'too many short codes');
  if (count > 8 * reader.left) {
    throw new FormatError(reader.at, `codes for ${count} symbols`, `${reader.left} bytes`);
  }

  // One look-up by the next 12 bits gives symbol and length; entries no code reaches have length 0.
  const lookup = new Uint16Array(2 ** LONGEST);
  const { ordered } = canonical(lengths);
  let at = 0;
  for (const symbol of ordered) {
    const span = 2 ** (LONGEST - lengths[symbol]);
    lookup.fill((symbol << 4) | lengths[symbol], at, at + span);
    at += span;
  }
  const bytes = reader.bytes(reader.left, 'Huffman codes');
  const symbols = new Uint8Array(count);
  // `held` keeps the low bits right; what is above them falls out at the top.
  let held = 0;
  let bits = 0;
  let next = 0;
  for (let i = 0; i < count; i++) {
    if (bits < LONGEST) {
      // Beyond the end an index gives undefined, which shifts in as zeros.
      held = (held << 16) | (bytes[next] << 8) | bytes[next + 1];
      next += 2;
      bits += 16;
    }
    const entry = lookup[(held >>> (bits - LONGEST)) & 0xfff];
    if (entry === 0) throw new FormatError(reader.at, 'a code of the table', `other bits at symbol ${i}`);
    bits -= entry & 15;
    symbols[i] = entry >> 4;
  }
  // Bits read beyond the end were zeros that are not there.
  const consumed = Math.ceil((8 * next - bits) / 8);
  if (consumed !== bytes.length) {
    throw new FormatError(reader.at, `${consumed} bytes of Huffman codes`, `${bytes.length}`);
  }
  return symbols;
}
