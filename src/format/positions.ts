/** Which elements of a tensor are there: a bit each, coded by whatever is shortest. */
import { FormatError } from '../core/errors.ts';
import { type ByteReader, ByteWriter } from './bytes.ts';
import { DECISIONS_PER_BYTE, RangeEncoder } from './range-coder.ts';
import { RowsColumns } from './rows-columns.ts';
import { readSymbols, writeSymbols } from './symbols.ts';

/**
 * In the file, the method's number is its place in this list. `bits` are packed, first bit highest; `gaps` are the zeros
 * before each one, 255 standing for 255 zeros and no one yet; `rows-columns` is a range coder that predicts each bit from
 * how many ones its row and its column had so far: pruning empties whole inputs and outputs more than others.
 */
export const positionMethods = ['bits', 'gaps', 'rows-columns'] as const;
export type PositionMethod = (typeof positionMethods)[number];

/** @param columns elements of one row (axis 0): the mask is [rows][columns] */
export function writePositions(writer: ByteWriter, mask: Uint8Array, columns: number): void {
  const packed = new Uint8Array(Math.ceil(mask.length / 8));
  mask.forEach((bit, i) => {
    if (bit) packed[i >> 3] |= 128 >> (i & 7);
  });
  const gapWriter = new ByteWriter();
  const gaps = gapsOf(mask);
  gapWriter.varint(gaps.length);
  writeSymbols(gapWriter, gaps, 256);
  const candidates = [packed, gapWriter.finish(), encodeRowsColumns(mask, columns)];
  let best = 0;
  candidates.forEach((bytes, i) => {
    if (bytes.length < candidates[best].length) best = i;
  });
  writer.u8(best);
  writer.block(candidates[best]);
}

/** @throws FormatError if the method is unknown or the block does not hold `count` positions */
export function readPositions(
  reader: ByteReader,
  count: number,
  columns: number,
): { mask: Uint8Array; kept: number; method: PositionMethod } {
  const start = reader.at;
  const code = reader.u8('position method');
  const method = positionMethods[code];
  if (!method) throw new FormatError(start, `a position method below ${positionMethods.length}`, `${code}`);
  const block = reader.block(`${method} positions`);
  if (count > DECISIONS_PER_BYTE * (block.left + 4)) {
    throw new FormatError(start, `positions for ${count} elements`, `${block.left} bytes`);
  }
  const mask =
    method === 'bits'
      ? unpack(block, count)
      : method === 'gaps'
        ? fromGaps(block, count)
        : block.decoders.positions(block.bytes(block.left, 'range code'), count / columns, columns);
  block.finished(`${method} positions`);
  let kept = 0;
  for (let i = 0; i < count; i++) kept += mask[i];
  return { mask, kept, method };
}

function unpack(block: ByteReader, count: number): Uint8Array {
  const packed = block.bytes(Math.ceil(count / 8), 'position bits');
  const mask = new Uint8Array(count);
  for (let i = 0; i < count; i++) mask[i] = (packed[i >> 3] >> (7 - (i & 7))) & 1;
  return mask;
}

/** Zeros after the last one are not coded. */
function gapsOf(mask: Uint8Array): Uint8Array {
  const gaps: number[] = [];
  let zeros = 0;
  for (const bit of mask) {
    if (bit) {
      for (; zeros >= 255; zeros -= 255) gaps.push(255);
      gaps.push(zeros);
      zeros = 0;
    } else {
      zeros += 1;
    }
  }
  return Uint8Array.from(gaps);
}

function fromGaps(block: ByteReader, count: number): Uint8Array {
  const start = block.at;
  // A gap of g < 255 takes g + 1 elements, a 255 takes 255: never more gaps than elements.
  const length = block.varint('number of gaps', count);
  const { symbols } = readSymbols(block, length, 256);
  const mask = new Uint8Array(count);
  let at = 0;
  for (const gap of symbols) {
    at += gap;
    if (gap === 255) continue;
    if (at >= count) throw new FormatError(start, `gaps within ${count} elements`, `position ${at}`);
    mask[at] = 1;
    at += 1;
  }
  return mask;
}

function encodeRowsColumns(mask: Uint8Array, columns: number): Uint8Array {
  const model = new RowsColumns(columns);
  const encoder = new RangeEncoder();
  for (let i = 0; i < mask.length; i++) {
    encoder.adaptive(mask[i], model.counters, model.context());
    model.update(mask[i]);
  }
  return encoder.finish();
}
