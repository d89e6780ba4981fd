/**
 * V = B^T d B for the 6x6 inputs d of each tile and channel, straight into panels of the right operand.
 *
 *          1  0 -5/2  0   1  0
 *          0 -2a -2   a   1  0        v0 = d0 - 5/2 d2 + d4
 *   B^T =  0  2a -2  -a   1  0        v1, v2 = (d4 - 2 d2) +- a (d3 - 2 d1)
 *          0 -a  -1/2 2a  1  0        v3, v4 = (d4 - d2 / 2) +- 2a (d3 - d1 / 2)
 *          0  a  -1/2 -2a 1  0        v5 = d1 - 5/2 d3 + d5,        a = sqrt(1/2)
 *          0  1   0 -5/2  0  1
 *
 * Four tiles at a time. The columns come first, as they lie in memory: a vector holds columns 0..3 of one tile, the
 * last ones columns 4 and 5 (of two tiles each; of the fourth alone where the tiles are neighbours, whose columns 4 and 5
 * are the next one's 0 and 1). Then each of the six rows is transposed, so that a vector holds one column of four tiles,
 * and the rows are transformed. The 36 results of a channel and eight tiles are 32 bytes in 36 panels:
 *
 *   element q: panel of tiles 0-7: c=0: t0 .. t7 | c=1: t0 .. t7 | ...   panel of tiles 8-15: ...
 */
import { ENTRY, FAR, NEAR, TILE } from './f32_winograd_tiles';

/** Bytes of a row of six vectors. */
const ROW: usize = 6 * 16;
/** Bytes of scratch: six rows of six vectors, and six of two. */
export const INPUT_SCRATCH: usize = 6 * ROW + 6 * 32;
/** Bytes that are read, and not used, past the last input. */
export const OVERREAD: usize = 8;

/**
 * One channel of a block of tiles.
 * @param tiles multiple of 4
 * @param plane the channel's padded image, rows `pitch` bytes apart, from where the entries' offsets count
 * @param table entries of the tiles (f32_winograd_tiles)
 * @param to the channel's place in the first panel of element 0; the next panel's is `panel` bytes after it, that of
 *   element q is q * element bytes after it
 * @param rows INPUT_SCRATCH bytes
 */
export function f32_winograd_input(
  tiles: i32,
  plane: usize,
  pitch: usize,
  table: usize,
  to: usize,
  panel: usize,
  element: usize,
  rows: usize,
): void {
  assert(tiles > 0 && tiles % 4 == 0);
  const near = f32x4.splat(NEAR);
  const far = f32x4.splat(FAR);
  const half = f32x4.splat(0.5);
  const both = f32x4.splat(2.5);
  const end = rows + 6 * ROW;
  const step = 4 * TILE;
  for (let t = 0; t < tiles; t += 4) {
    const o0 = load<i32>(table);
    const o1 = load<i32>(table, 16);
    const o2 = load<i32>(table, 32);
    const o3 = load<i32>(table, 48);
    const neighbours = o1 - o0 == step && o2 - o1 == step && o3 - o2 == step;
    if (neighbours) {
      columns(plane + o0, pitch, 5, rows);
    } else {
      columns(plane + o0, pitch, 1, rows);
      columns(plane + o1, pitch, 1, rows + 16);
      columns(plane + o2, pitch, 1, rows + 32);
      columns(plane + o3, pitch, 1, rows + 48);
      pairs(plane + o0, plane + o1, pitch, end);
      pairs(plane + o2, plane + o3, pitch, end + 16);
      columns(end, 32, 2, rows + 64);
    }
    let d = to + ((<usize>(t & 4)) << 2);
    for (let row = rows; row < end; row += ROW) {
      const r0 = v128.load(row);
      const r1 = v128.load(row, 16);
      const r2 = v128.load(row, 32);
      const r3 = v128.load(row, 48);
      const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
      const t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
      const t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
      const t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      const d0 = v128.shuffle<i64>(t0, t2, 0, 2);
      const d1 = v128.shuffle<i64>(t0, t2, 1, 3);
      const d2 = v128.shuffle<i64>(t1, t3, 0, 2);
      const d3 = v128.shuffle<i64>(t1, t3, 1, 3);
      const r4 = v128.load(row, 64);
      let d4: v128;
      let d5: v128;
      if (neighbours) {
        d4 = v128.shuffle<f32>(d0, r4, 1, 2, 3, 4);
        d5 = v128.shuffle<f32>(d1, r4, 1, 2, 3, 5);
      } else {
        const r5 = v128.load(row, 80);
        d4 = v128.shuffle<f32>(r4, r5, 0, 2, 4, 6);
        d5 = v128.shuffle<f32>(r4, r5, 1, 3, 5, 7);
      }
      v128.store(d, f32x4.add(f32x4.sub(d0, f32x4.mul(d2, both)), d4));
      d += element;
      let even = f32x4.sub(d4, f32x4.add(d2, d2));
      let odd = f32x4.mul(f32x4.sub(d3, f32x4.add(d1, d1)), near);
      v128.store(d, f32x4.add(even, odd));
      d += element;
      v128.store(d, f32x4.sub(even, odd));
      d += element;
      even = f32x4.sub(d4, f32x4.mul(d2, half));
      odd = f32x4.mul(f32x4.sub(d3, f32x4.mul(d1, half)), far);
      v128.store(d, f32x4.add(even, odd));
      d += element;
      v128.store(d, f32x4.sub(even, odd));
      d += element;
      v128.store(d, f32x4.add(f32x4.sub(d1, f32x4.mul(d3, both)), d5));
      d += element;
    }
    table += 4 * ENTRY;
    if ((t & 4) != 0) to += panel;
  }
}

/** `count` vectors that lie side by side in six rows, to six rows. */
function columns(p: usize, pitch: usize, count: i32, to: usize): void {
  const near = f32x4.splat(NEAR);
  const far = f32x4.splat(FAR);
  const half = f32x4.splat(0.5);
  const both = f32x4.splat(2.5);
  for (; count > 0; count--) {
    let from = p;
    const d0 = v128.load(from);
    from += pitch;
    const d1 = v128.load(from);
    from += pitch;
    const d2 = v128.load(from);
    from += pitch;
    const d3 = v128.load(from);
    from += pitch;
    const d4 = v128.load(from);
    const d5 = v128.load(from + pitch);
    v128.store(to, f32x4.add(f32x4.sub(d0, f32x4.mul(d2, both)), d4));
    let even = f32x4.sub(d4, f32x4.add(d2, d2));
    let odd = f32x4.mul(f32x4.sub(d3, f32x4.add(d1, d1)), near);
    v128.store(to, f32x4.add(even, odd), ROW);
    v128.store(to, f32x4.sub(even, odd), 2 * ROW);
    even = f32x4.sub(d4, f32x4.mul(d2, half));
    odd = f32x4.mul(f32x4.sub(d3, f32x4.mul(d1, half)), far);
    v128.store(to, f32x4.add(even, odd), 3 * ROW);
    v128.store(to, f32x4.sub(even, odd), 4 * ROW);
    v128.store(to, f32x4.add(f32x4.sub(d1, f32x4.mul(d3, both)), d5), 5 * ROW);
    p += 16;
    to += 16;
  }
}

/** Columns 4 and 5 of two tiles side by side, six rows 32 bytes apart. */
function pairs(p: usize, q: usize, pitch: usize, to: usize): void {
  for (let end = to + 6 * 32; to < end; to += 32) {
    store<u64>(to, load<u64>(p, 16));
    store<u64>(to, load<u64>(q, 16), 8);
    p += pitch;
    q += pitch;
  }
}
