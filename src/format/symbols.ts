/**
 * A run of small whole numbers (int8 codes, codebook indices, gaps, byte planes), each below the size of an alphabet
 * that the context gives. The encoder tries every method and keeps the shortest, but for half a percent.
 */
import { FormatError } from '../core/errors.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { decodeHuffman, encodeHuffman } from './huffman.ts';
import { Counters, DECISIONS_PER_BYTE, encodeTree, RangeEncoder } from './range-coder.ts';
import { quarter } from './range-symbols.ts';

/** In the file, the method's number is its place in this list. */
export const symbolMethods = ['raw', 'huffman', 'range', 'range-after'] as const;
export type SymbolMethod = (typeof symbolMethods)[number];

/** A method that takes longer to read is chosen if it leaves at most this share of the bytes. */
const WORTH = 0.995;

/** Bits a symbol below `alphabet` takes, at least 1: nothing is so cheap that a few bytes could claim any number of it. */
export function bitWidth(alphabet: number): number {
  return Math.max(1, 32 - Math.clz32(alphabet - 1));
}

/** Writes method, then a block with the symbols. How many there are, the reader knows. */
export function writeSymbols(
  writer: ByteWriter,
  symbols: Uint8Array,
  alphabet: number,
  methods: readonly SymbolMethod[] = symbolMethods,
): void {
  let best: { method: SymbolMethod; bytes: Uint8Array } | undefined;
  for (const method of methods) {
    const bytes = encoders[method](symbols, alphabet);
    // Methods come fastest first; a slower one has to save something worth the time.
    if (!best || bytes.length < best.bytes.length * WORTH) best = { method, bytes };
  }
  if (!best) return;
  writer.u8(symbolMethods.indexOf(best.method));
  writer.block(best.bytes);
}

/** @throws FormatError if the method is unknown, the block cannot hold `count` symbols, or one is not below `alphabet` */
export function readSymbols(
  reader: ByteReader,
  count: number,
  alphabet: number,
): { symbols: Uint8Array; method: SymbolMethod } {
  const start = reader.at;
  const code = reader.u8('coding method');
  const method = symbolMethods[code];
  if (!method) throw new FormatError(start, `a coding method below ${symbolMethods.length}`, `${code}`);
  const block = reader.block(`${method} symbols`);
  const width = bitWidth(alphabet);
  const most = DECISIONS_PER_BYTE * (block.left + 4);
  if (count > most)
    throw new FormatError(start, `at most ${most} symbols in ${block.left} bytes`, `${count}`);
  const symbols = decoders[method](block, count, alphabet);
  block.finished(`${method} symbols`);
  if (alphabet < 1 << width) {
    const beyond = symbols.findIndex((symbol) => symbol >= alphabet);
    if (beyond >= 0) throw new FormatError(start, `symbols below ${alphabet}`, `${symbols[beyond]}`);
  }
  return { symbols, method };
}

const encoders: Record<SymbolMethod, (symbols: Uint8Array, alphabet: number) => Uint8Array> = {
  raw: packBits,
  huffman: encodeHuffman,
  range: (symbols, alphabet) => encodeRange(symbols, alphabet, false),
  'range-after': (symbols, alphabet) => encodeRange(symbols, alphabet, true),
};

const decoders: Record<SymbolMethod, (block: ByteReader, count: number, alphabet: number) => Uint8Array> = {
  raw: unpackBits,
  huffman: decodeHuffman,
  range: (block, count, alphabet) => readRange(block, count, alphabet, false),
  'range-after': (block, count, alphabet) => readRange(block, count, alphabet, true),
};

/** `bitWidth(alphabet)` bits a symbol, first bit highest, the last byte filled with zeros. */
function packBits(symbols: Uint8Array, alphabet: number): Uint8Array {
  const width = bitWidth(alphabet);
  const bytes = new Uint8Array(Math.ceil((symbols.length * width) / 8));
  if (width === 8) return symbols.slice();
  for (let i = 0; i < symbols.length; i++) {
    for (let b = 0; b < width; b++) {
      const at = i * width + b;
      if ((symbols[i] >> (width - 1 - b)) & 1) bytes[at >> 3] |= 128 >> (at & 7);
    }
  }
  return bytes;
}

function unpackBits(block: ByteReader, count: number, alphabet: number): Uint8Array {
  const width = bitWidth(alphabet);
  const bytes = block.bytes(Math.ceil((count * width) / 8), 'packed symbols');
  if (width === 8) return bytes.slice();
  const symbols = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    let symbol = 0;
    for (let at = i * width; at < (i + 1) * width; at++) {
      symbol = 2 * symbol + ((bytes[at >> 3] >> (7 - (at & 7))) & 1);
    }
    symbols[i] = symbol;
  }
  return symbols;
}

/**
 * A bit tree of adaptive counters. `after`: one of four trees, by how far the symbol before lies from the middle of the
 * alphabet (int8 codes: how large the weight before was).
 */
function encodeRange(symbols: Uint8Array, alphabet: number, after: boolean): Uint8Array {
  const width = bitWidth(alphabet);
  const counters = new Counters(4 << width);
  const encoder = new RangeEncoder();
  let tree = 0;
  for (let i = 0; i < symbols.length; i++) {
    encodeTree(encoder, counters, tree << width, width, symbols[i]);
    if (after) tree = quarter(symbols[i], alphabet);
  }
  return encoder.finish();
}

function readRange(block: ByteReader, count: number, alphabet: number, after: boolean): Uint8Array {
  const code = block.bytes(block.left, 'range code');
  return block.decoders.symbols(code, count, alphabet, bitWidth(alphabet), after);
}
