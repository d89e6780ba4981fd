// Which elements of a tensor are there: method `rows-columns` of src/format/positions.ts, quotient for quotient in f64.
import { adaptiveBit, coderBytes, startCoder } from './range_coder';

const LEVELS: i32 = 12;
const CONTEXTS: usize = 288;

/** Bytes of scratch: the decoder, then u32 ones[columns]. */
export function positions_read_scratch(columns: i32): usize {
  return ((coderBytes(CONTEXTS) + 7) & ~7) + 4 * columns;
}

/** Reads a mask, u8 [rows][columns], from `code`. */
export function positions_read(
  code: usize,
  codeLength: i32,
  mask: usize,
  rows: i32,
  columns: i32,
  scratch: usize,
): void {
  startCoder(scratch, code, codeLength, CONTEXTS);
  const ones = scratch + ((coderBytes(CONTEXTS) + 7) & ~7);
  memory.fill(ones, 0, 4 * columns);
  let total: i32 = 0;
  let before: i32 = 0;
  for (let row = 0; row < rows; row++) {
    total = readRow(scratch, ones, mask + row * columns, row, columns, total, before);
    before = load<u8>(mask + row * columns + columns - 1);
  }
}

/** A call of its own, so that an engine with two compilers can change over to the better code on the way. */
function readRow(s: usize, ones: usize, to: usize, row: i32, columns: i32, total: i32, before: i32): i32 {
  let inRow: i32 = 0;
  for (let column = 0; column < columns; column++) {
    const done = f64(row) * f64(columns) + f64(column) + 1;
    const own = ones + ((<usize>column) << 2);
    const shareOfColumn = (f64(load<i32>(own)) * done + 2 * f64(total)) / f64(row + 2);
    const shareOfRow = (f64(inRow) * done + 2 * f64(total)) / f64(column + 2);
    const average = f64(total + 1);
    const context = (level(shareOfColumn, average) * LEVELS + level(shareOfRow, average)) * 2 + before;
    before = adaptiveBit(s, CONTEXTS, context);
    store<u8>(to + column, before);
    store<i32>(own, load<i32>(own) + before);
    inRow += before;
    total += before;
  }
  return total;
}

/** Two levels an octave, the average (times 1 to 1.5) at 6: 0 is below an eighth of it, 11 from 6 times on. */
function level(share: f64, average: f64): i32 {
  const ratio = i32(min<f64>((64 * share) / average, 1023)) | 8;
  const octave = 31 - clz(ratio);
  return min(2 * (octave - 3) + ((ratio >> (octave - 1)) & 1), LEVELS - 1);
}
