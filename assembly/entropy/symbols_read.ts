// Symbols of a bit tree of adaptive counters: methods `range` and `range-after` of src/format/symbols.ts.
import { adaptiveBit, coderBytes, startCoder } from './range_coder';

/** Bytes of scratch. */
export function symbols_read_scratch(width: i32): usize {
  return coderBytes((<usize>4) << width);
}

/**
 * Reads `count` u8 symbols of `width` bits from `code`. `after`: the tree is one of four, by how far the symbol before lies
 * from the middle of the alphabet.
 */
export function symbols_read(
  code: usize,
  codeLength: i32,
  symbols: usize,
  count: i32,
  alphabet: i32,
  width: i32,
  after: bool,
  scratch: usize,
): void {
  assert(width >= 1 && width <= 8);
  const contexts: usize = (<usize>4) << width;
  startCoder(scratch, code, codeLength, contexts);
  let tree: i32 = 0;
  for (let i = 0; i < count; i++) {
    const symbol = readSymbol(scratch, contexts, tree << width, width);
    store<u8>(symbols + i, symbol);
    if (after) {
      const distance = abs(2 * symbol - alphabet);
      tree = distance * 16 < alphabet ? 0 : distance * 4 < alphabet ? 1 : distance * 2 < alphabet ? 2 : 3;
    }
  }
}

/** A call of its own, so that an engine with two compilers can change over to the better code on the way. */
function readSymbol(s: usize, contexts: usize, base: i32, width: i32): i32 {
  let node: i32 = 1;
  for (let i = 0; i < width; i++) node = 2 * node + adaptiveBit(s, contexts, base + node);
  return node - (1 << width);
}
