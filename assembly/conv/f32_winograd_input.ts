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
 * Four tiles at a time. The columns come first, as they lie in memory: a vector holds columns 0..3 of one tile, or
 * columns 4 and 5 of two. Then each of the six rows is transposed, so that a vector holds one column of four tiles, and
 * the rows are transformed. The 36 results of a channel and eight tiles are 32 bytes in 36 panels:
 *
 *   element q: panel of tiles 0-7: c=0: t0 .. t7 | c=1: t0 .. t7 | ...   panel of tiles 8-15: ...
 */
import { ENTRY, FAR, NEAR } from './f32_winograd_tiles';

/** Bytes of a row of six vectors. */
const ROW: usize = 6 * 16;
/** Bytes of scratch: six rows of six vectors. */
export const INPUT_SCRATCH: usize = 6 * ROW;

/**
 * @param tiles multiple of 8
 * @param c channels, >= 1
 * @param frame first channel of the padded image, planes `plane` bytes apart, rows `pitch` bytes apart
 * @param table entries of the tiles (f32_winograd_tiles)
 * @param to element 0: tiles / 8 panels of c * 32 bytes; element q is q * element bytes after it
 * @param rows INPUT_SCRATCH bytes
 */
export function f32_winograd_input(
  tiles: i32,
  c: i32,
  frame: usize,
  plane: usize,
  pitch: usize,
  table: usize,
  to: usize,
  element: usize,
  rows: usize,
): void {
  assert(tiles > 0 && tiles % 8 == 0 && c > 0);
  for (let t = 0; t < tiles; t += 8) {
    let image = frame;
    for (let i = 0; i < c; i++) {
      four(image, pitch, table, to, element, rows);
      four(image, pitch, table + 4 * ENTRY, to + 16, element, rows);
      image += plane;
      to += 32;
    }
    table += 8 * ENTRY;
  }
}

/** One channel of four tiles. */
function four(image: usize, pitch: usize, table: usize, to: usize, element: usize, rows: usize): void {
  const p0 = image + load<i32>(table);
  const p1 = image + load<i32>(table, 16);
  const p2 = image + load<i32>(table, 32);
  const p3 = image + load<i32>(table, 48);
  columns(p0, pitch, rows);
  columns(p1, pitch, rows + 16);
  columns(p2, pitch, rows + 32);
  columns(p3, pitch, rows + 48);
  lastColumns(p0 + 16, p1 + 16, pitch, rows + 64);
  lastColumns(p2 + 16, p3 + 16, pitch, rows + 80);
  const end = rows + INPUT_SCRATCH;
  for (; rows < end; rows += ROW) {
    const r0 = v128.load(rows);
    const r1 = v128.load(rows, 16);
    const r2 = v128.load(rows, 32);
    const r3 = v128.load(rows, 48);
    const r01 = v128.load(rows, 64);
    const r23 = v128.load(rows, 80);
    const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    to = transform(
      v128.shuffle<i64>(t0, t2, 0, 2),
      v128.shuffle<i64>(t0, t2, 1, 3),
      v128.shuffle<i64>(t1, t3, 0, 2),
      v128.shuffle<i64>(t1, t3, 1, 3),
      v128.shuffle<f32>(r01, r23, 0, 2, 4, 6),
      v128.shuffle<f32>(r01, r23, 1, 3, 5, 7),
      to,
      element,
    );
  }
}

/** Columns 0..3 of one tile. */
function columns(p: usize, pitch: usize, to: usize): void {
  const d0 = v128.load(p);
  p += pitch;
  const d1 = v128.load(p);
  p += pitch;
  const d2 = v128.load(p);
  p += pitch;
  const d3 = v128.load(p);
  p += pitch;
  const d4 = v128.load(p);
  p += pitch;
  transform(d0, d1, d2, d3, d4, v128.load(p), to, ROW);
}

/** Columns 4 and 5 of two tiles. */
function lastColumns(p: usize, q: usize, pitch: usize, to: usize): void {
  const d0 = pair(p, q);
  p += pitch;
  q += pitch;
  const d1 = pair(p, q);
  p += pitch;
  q += pitch;
  const d2 = pair(p, q);
  p += pitch;
  q += pitch;
  const d3 = pair(p, q);
  p += pitch;
  q += pitch;
  const d4 = pair(p, q);
  p += pitch;
  q += pitch;
  transform(d0, d1, d2, d3, d4, pair(p, q), to, ROW);
}

/** Two floats here, two there. */
function pair(p: usize, q: usize): v128 {
  return v128.load_lane<u64>(q, v128.load_zero<u64>(p), 1);
}

/** B^T times six vectors; results `step` bytes apart. Returns where a seventh would go. */
function transform(
  d0: v128,
  d1: v128,
  d2: v128,
  d3: v128,
  d4: v128,
  d5: v128,
  to: usize,
  step: usize,
): usize {
  const half = f32x4.splat(0.5);
  const both = f32x4.splat(2.5);
  v128.store(to, f32x4.add(f32x4.sub(d0, f32x4.mul(d2, both)), d4));
  to += step;
  let even = f32x4.sub(d4, f32x4.add(d2, d2));
  let odd = f32x4.mul(f32x4.sub(d3, f32x4.add(d1, d1)), f32x4.splat(NEAR));
  v128.store(to, f32x4.add(even, odd));
  to += step;
  v128.store(to, f32x4.sub(even, odd));
  to += step;
  even = f32x4.sub(d4, f32x4.mul(d2, half));
  odd = f32x4.mul(f32x4.sub(d3, f32x4.mul(d1, half)), f32x4.splat(FAR));
  v128.store(to, f32x4.add(even, odd));
  to += step;
  v128.store(to, f32x4.sub(even, odd));
  to += step;
  v128.store(to, f32x4.add(f32x4.sub(d1, f32x4.mul(d3, both)), d5));
  return to + step;
}
