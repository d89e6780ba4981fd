/**
 * y = clamp(bias + A^T m A) for the 36 elements m of each tile and output channel.
 *
 *          1  1    1    1   1  0        y0 = m0 + (m1 + m2) + (m3 + m4)
 *   A^T =  0  a   -a   2a -2a  0        y1 = a (m1 - m2) + 2a (m3 - m4)
 *          0 1/2  1/2   2   2  0        y2 = (m1 + m2) / 2 + 2 (m3 + m4)
 *          0 a/2 -a/2  4a -4a  1        y3 = a / 2 (m1 - m2) + 4a (m3 - m4) + m5,        a = sqrt(1/2)
 *
 * Four tiles at a time, one a lane: the six columns of elements give four rows, these the 4x4 outputs, and a transpose
 * turns one output of four tiles into four outputs of one.
 *
 * Layout of m, a channel after the other: element 0 of all tiles | element 1 of all tiles | ... | element 35.
 */

import { ELEMENTS, ENTRY, FAR, INPUTS, NEAR, TILE } from './f32_winograd_tiles';
import { storePart } from './lanes';

/** Bytes of a row of six vectors. */
const ROW: usize = 6 * 16;
/** Bytes of scratch: four rows of six vectors. */
export const OUTPUT_SCRATCH: usize = 4 * ROW;

/**
 * @param tiles tiles that exist, >= 1
 * @param co output channels, `plane` bytes apart in y
 * @param m f32 [co][36][room], room a multiple of 8
 * @param pitch bytes from one row of y to the next
 * @param table entries of the tiles (f32_winograd_tiles)
 * @param bias f32 [co], or 0
 * @param y where the entries' offsets begin
 * @param rows OUTPUT_SCRATCH bytes
 */
export function f32_winograd_output(
  tiles: i32,
  room: i32,
  co: i32,
  m: usize,
  pitch: usize,
  plane: usize,
  table: usize,
  bias: usize,
  y: usize,
  lo: f32,
  hi: f32,
  rows: usize,
): void {
  assert(tiles > 0 && tiles <= room && room % 8 == 0);
  const element = (<usize>room) << 2;
  const low = f32x4.splat(lo);
  const high = f32x4.splat(hi);
  const near = f32x4.splat(NEAR);
  const far = f32x4.splat(FAR);
  const half = f32x4.splat(0.5);
  for (let channel = 0; channel < co; channel++) {
    const start = bias != 0 ? v128.load_splat<f32>(bias + ((<usize>channel) << 2)) : f32x4.splat(0);
    let entry = table;
    for (let t = 0; t < tiles; t += 4) {
      columns(m + ((<usize>t) << 2), element, rows);
      const count = min(4, tiles - t);
      const whole = count == 4 && areWhole(entry);
      const o0 = load<i32>(entry, 4);
      const o1 = load<i32>(entry, 20);
      const o2 = load<i32>(entry, 36);
      const o3 = load<i32>(entry, 52);
      let out = y;
      for (let r = 0; r < TILE; r++) {
        const p = rows + <usize>r * ROW;
        const m1 = v128.load(p, 16);
        const m2 = v128.load(p, 32);
        const m3 = v128.load(p, 48);
        const m4 = v128.load(p, 64);
        const a = f32x4.add(m1, m2);
        const b = f32x4.mul(f32x4.sub(m1, m2), near);
        const c = f32x4.add(m3, m4);
        const d = f32x4.mul(f32x4.sub(m3, m4), far);
        let y0 = f32x4.add(f32x4.add(v128.load(p), a), c);
        let y1 = f32x4.add(b, d);
        let y2 = f32x4.add(f32x4.mul(a, half), f32x4.add(c, c));
        let y3 = f32x4.add(f32x4.add(f32x4.mul(b, half), f32x4.add(d, d)), v128.load(p, 80));
        y0 = f32x4.pmin(f32x4.pmax(f32x4.add(y0, start), low), high);
        y1 = f32x4.pmin(f32x4.pmax(f32x4.add(y1, start), low), high);
        y2 = f32x4.pmin(f32x4.pmax(f32x4.add(y2, start), low), high);
        y3 = f32x4.pmin(f32x4.pmax(f32x4.add(y3, start), low), high);
        const t0 = v128.shuffle<f32>(y0, y1, 0, 4, 1, 5);
        const t1 = v128.shuffle<f32>(y0, y1, 2, 6, 3, 7);
        const t2 = v128.shuffle<f32>(y2, y3, 0, 4, 1, 5);
        const t3 = v128.shuffle<f32>(y2, y3, 2, 6, 3, 7);
        y0 = v128.shuffle<i64>(t0, t2, 0, 2);
        y1 = v128.shuffle<i64>(t0, t2, 1, 3);
        y2 = v128.shuffle<i64>(t1, t3, 0, 2);
        y3 = v128.shuffle<i64>(t1, t3, 1, 3);
        if (whole) {
          v128.store(out + o0, y0);
          v128.store(out + o1, y1);
          v128.store(out + o2, y2);
          v128.store(out + o3, y3);
        } else {
          put(y0, r, entry, out);
          if (count > 1) put(y1, r, entry + ENTRY, out);
          if (count > 2) put(y2, r, entry + 2 * ENTRY, out);
          if (count > 3) put(y3, r, entry + 3 * ENTRY, out);
        }
        out += pitch;
      }
      entry += 4 * ENTRY;
    }
    m += element * ELEMENTS;
    y += plane;
  }
}

/** A^T times the columns of elements of four tiles: six rows of six, `element` bytes apart, to four rows of six vectors. */
function columns(p: usize, element: usize, to: usize): void {
  const near = f32x4.splat(NEAR);
  const far = f32x4.splat(FAR);
  const half = f32x4.splat(0.5);
  const step = element * INPUTS;
  for (let end = to + ROW; to < end; to += 16) {
    let from = p;
    const m0 = v128.load(from);
    from += step;
    const m1 = v128.load(from);
    from += step;
    const m2 = v128.load(from);
    from += step;
    const m3 = v128.load(from);
    from += step;
    const m4 = v128.load(from);
    const m5 = v128.load(from + step);
    const a = f32x4.add(m1, m2);
    const b = f32x4.mul(f32x4.sub(m1, m2), near);
    const c = f32x4.add(m3, m4);
    const d = f32x4.mul(f32x4.sub(m3, m4), far);
    v128.store(to, f32x4.add(f32x4.add(m0, a), c));
    v128.store(to, f32x4.add(b, d), ROW);
    v128.store(to, f32x4.add(f32x4.mul(a, half), f32x4.add(c, c)), 2 * ROW);
    v128.store(to, f32x4.add(f32x4.add(f32x4.mul(b, half), f32x4.add(d, d)), m5), 3 * ROW);
    p += element;
  }
}

/** Whether all outputs of four tiles exist. */
function areWhole(entry: usize): bool {
  const sum = i32x4.add(
    i32x4.add(v128.load(entry), v128.load(entry, 16)),
    i32x4.add(v128.load(entry, 32), v128.load(entry, 48)),
  );
  return i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3) == 8 * TILE;
}

/** Row r of one tile, where it exists. */
function put(v: v128, r: i32, entry: usize, y: usize): void {
  if (r < load<i32>(entry, 8)) storePart(y + load<i32>(entry, 4), v, load<i32>(entry, 12));
}
