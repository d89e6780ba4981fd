/** What predicts each position, from those above it and before it. Apart from positions.ts, since kernels read where there are some. */
import { Counters, RangeDecoder } from './range-coder.ts';

/** Levels of how a share of ones compares with the average. */
const LEVELS = 12;

/**
 * The context of each bit: ones in its column so far against rows so far, ones in its row so far against columns so far
 * (both starting at the same even guess), and whether the bit before was a one.
 */
export class RowsColumns {
  readonly counters = new Counters(LEVELS * LEVELS * 2);
  private readonly columns: number;
  private readonly inColumn: Uint32Array;
  private inRow = 0;
  private row = 0;
  private column = 0;
  private total = 0;
  private before = 0;

  constructor(columns: number) {
    this.columns = columns;
    this.inColumn = new Uint32Array(columns);
  }

  context(): number {
    const { row, column, columns, total } = this;
    const done = row * columns + column + 1;
    // Each share as if it had been seen on two more elements that are ones as often as all so far.
    const inColumn = (this.inColumn[column] * done + 2 * total) / (row + 2);
    const inRow = (this.inRow * done + 2 * total) / (column + 2);
    return (level(inColumn, total + 1) * LEVELS + level(inRow, total + 1)) * 2 + this.before;
  }

  update(bit: number): void {
    this.inColumn[this.column] += bit;
    this.inRow += bit;
    this.total += bit;
    this.before = bit;
    this.column += 1;
    if (this.column === this.columns) {
      this.column = 0;
      this.row += 1;
      this.inRow = 0;
    }
  }
}

/** Two levels an octave, the average (times 1 to 1.5) at 6: 0 is below an eighth of it, 11 from 6 times on. */
function level(share: number, average: number): number {
  const ratio = Math.min(Math.floor((64 * share) / average), 1023) | 8;
  const octave = 31 - Math.clz32(ratio);
  return Math.min(2 * (octave - 3) + ((ratio >> (octave - 1)) & 1), LEVELS - 1);
}

/** `Decoders.positions` in JavaScript. */
export function decodeRowsColumns(code: Uint8Array, rows: number, columns: number): Uint8Array {
  const decoder = new RangeDecoder(code);
  const model = new RowsColumns(columns);
  const mask = new Uint8Array(rows * columns);
  for (let i = 0; i < mask.length; i++) {
    mask[i] = decoder.adaptive(model.counters, model.context());
    model.update(mask[i]);
  }
  return mask;
}
