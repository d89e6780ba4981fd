/**
 * Depthwise 3x3, stride 1 or 2, dilation 1: one plane of any size and padding, by f32_dw_plane_3x3 and its twin of stride 2.
 *
 * Where padding is at most one row or column on each side, most of the plane is read where it lies. Windows that reach over
 * the left or the right edge belong to the first or the last four columns of outputs; those few columns of the image are
 * copied beside a column of zeros ("edges"), and a row of zeros stands above and below. Otherwise, and where a row has
 * few outputs, the whole image is copied into a frame of zeros. Rows of one output are f32_dw_plane's.
 *
 *                    outputs:  0 1 2 3 | 4 ... wo - 5 | wo - 4 ... wo - 1
 *   0 x x x x x ...            left    |  the image   |             right      ... x x x x x 0
 *
 * A wide plane is computed in bands of rows that stay in the first-level cache.
 *
 * Scratch, f32:  [terms: 12, 4 unused][zeros: P][left edge: R x E][right edge: R x E]     or     [terms][frame: R x P]
 * with R = rows that all windows reach over, P = columns that windows of wo rounded up to 4 reach over, and E columns for
 * the windows of four outputs.
 */
import { f32_dw_plane } from './f32_dw_plane';
import { f32_dw_plane_3x3 } from './f32_dw_plane_3x3';
import { f32_dw_plane_3x3_s2 } from './f32_dw_plane_3x3_s2';
import { reach, zero } from './window';

/** Bytes of the terms, and where zeros or the frame begin. */
const TERMS: usize = 64;

/** Bytes of a row of an edge: 6 or 9 columns and some to spare. */
const EDGE: usize = 48;

/** Bytes of image rows in a band. */
const BAND: i32 = 16384;

/** Bytes of a row of the frame, or of the row of zeros. */
function frameRow(wo: i32, stride: i32): usize {
  return (<usize>reach((wo + 3) & ~3, stride, 3, 1)) << 2;
}

/** Scratch of f32_dw_3x3. */
export function f32_dw_3x3_scratch(ho: i32, wo: i32, stride: i32): usize {
  const row = frameRow(wo, stride);
  return TERMS + row + <usize>reach(ho, stride, 3, 1) * max(row, 2 * EDGE);
}

/** Whether rows (or columns) leave an image of `size` by more than one on a side. */
function far(outputs: i32, stride: i32, pad: i32, size: i32): bool {
  return pad < 0 || pad > 1 || reach(outputs, stride, 3, 1) - pad > size + 1;
}

/** Whether most of the plane is read where it lies. */
function inPlace(h: i32, w: i32, ho: i32, wo: i32, stride: i32, padT: i32, padL: i32): bool {
  if (far(ho, stride, padT, h) || far(wo, stride, padL, w)) return false;
  const inside = padL == 0 && reach(wo, stride, 3, 1) <= w;
  // Where a frame is about as large as the edges it costs less than three walks down the plane.
  return wo >= (inside ? 4 : stride == 1 ? 24 : 9);
}

/** Makes scratch ready for planes of one geometry. */
export function f32_dw_3x3_begin(
  h: i32,
  w: i32,
  ho: i32,
  wo: i32,
  stride: i32,
  padT: i32,
  padL: i32,
  lo: f32,
  hi: f32,
  scratch: usize,
): void {
  const rows = <usize>reach(ho, stride, 3, 1);
  const row = frameRow(wo, stride);
  const direct = inPlace(h, w, ho, wo, stride, padT, padL);
  zero(scratch + TERMS, direct ? row + 2 * EDGE * rows : row * rows);
  v128.store(scratch, f32x4.splat(lo), 16);
  v128.store(scratch, f32x4.splat(hi), 32);
}

/**
 * y[ho][wo] = clamp(start + the sum of f32_dw_plane)
 * @param x f32 [h][w]
 * @param weight f32 [3][3]
 * @param scratch f32_dw_3x3_scratch bytes, as f32_dw_3x3_begin or an earlier plane of the same geometry left them
 */
export function f32_dw_3x3(
  h: i32,
  w: i32,
  ho: i32,
  wo: i32,
  stride: i32,
  padT: i32,
  padL: i32,
  x: usize,
  weight: usize,
  start: f32,
  clamps: bool,
  y: usize,
  scratch: usize,
): void {
  assert(ho > 0 && wo > 0 && (stride == 1 || stride == 2));
  v128.store(scratch, f32x4.splat(start));
  const zeros = scratch + TERMS;
  const rows = reach(ho, stride, 3, 1);
  const row = frameRow(wo, stride);
  const out = (<usize>wo) << 2;
  if (!inPlace(h, w, ho, wo, stride, padT, padL)) {
    copyIntoFrame(h, w, padT, padL, rows, row, x, zeros);
    if (wo == 1) {
      const wp = <i32>(row >> 2);
      const lo = load<f32>(scratch, 16);
      const hi = load<f32>(scratch, 32);
      f32_dw_plane(ho, 1, 3, 3, stride, stride, 1, 1, zeros, wp, weight, start, false, y, lo, hi);
      return;
    }
    const bottom = zeros + <usize>(rows - 1) * row;
    if (wo > 1) {
      columns(stride, ho, wo, zeros, zeros + row, bottom, row, weight, scratch, clamps, y, out);
      return;
    }
    // Vectors of a plane one output wide reach past its end: rows go behind the frame, 16 bytes apart, and then to y.
    let wide = bottom + row;
    columns(stride, ho, 1, zeros, zeros + row, bottom, row, weight, scratch, clamps, wide, 16);
    for (let oy = 0; oy < ho; oy++) {
      store<f32>(y, load<f32>(wide));
      wide += 16;
      y += 4;
    }
    return;
  }
  // Columns that the windows of four outputs leave to the image: 5 of 6 or 8 of 9.
  const width = 3 * stride + 2;
  const pitch = (<usize>w) << 2;
  const height = min(h, rows - padT);
  const left = padL > 0;
  const right = reach(wo, stride, 3, 1) - padL > w;
  const edge = zeros + row;
  const lastEdge = edge + EDGE * <usize>rows;
  const lastRow = EDGE * <usize>(rows - 1);
  const first = left ? 4 : 0;
  const end = right ? wo - 4 : wo;
  if (left) {
    copyEdge(height, width, x, pitch, edge + EDGE * <usize>padT + 4);
    columns(stride, ho, 4, edge, edge + EDGE, edge + lastRow, EDGE, weight, scratch, clamps, y, out);
  }
  if (right) {
    copyEdge(height, width, x + ((<usize>(w - width)) << 2), pitch, lastEdge + EDGE * <usize>padT);
    const to = y + ((<usize>end) << 2);
    columns(
      stride,
      ho,
      4,
      lastEdge,
      lastEdge + EDGE,
      lastEdge + lastRow,
      EDGE,
      weight,
      scratch,
      clamps,
      to,
      out,
    );
  }
  // Fewer than four columns in between: some of those at the left edge again.
  const from = min(first, end - 4);
  if (first >= end) return;
  const band = max(4, BAND / (w * stride * 4));
  const column = (<usize>(from * stride - padL)) << 2;
  const target = y + ((<usize>from) << 2);
  for (let oy = 0; oy < ho; oy += band) {
    const count = min(band, ho - oy);
    const r = oy * stride - padT;
    const top = r < 0 ? zeros : x + <usize>r * pitch + column;
    const last = r + count * stride + 2 - stride;
    const bottom = last >= h ? zeros : x + <usize>last * pitch + column;
    const image = x + <usize>(r + 1) * pitch + column;
    const to = target + <usize>oy * out;
    columns(stride, count, end - from, top, image, bottom, pitch, weight, scratch, clamps, to, out);
  }
}

function columns(
  stride: i32,
  ho: i32,
  wo: i32,
  top: usize,
  image: usize,
  bottom: usize,
  row: usize,
  weight: usize,
  terms: usize,
  clamps: bool,
  y: usize,
  out: usize,
): void {
  if (stride == 1) f32_dw_plane_3x3(ho, wo, top, image, bottom, row, weight, terms, clamps, y, out);
  else f32_dw_plane_3x3_s2(ho, wo, top, image, bottom, row, weight, terms, clamps, y, out);
}

/** Five or eight columns: two quads, which overlap if they are five. */
function copyEdge(h: i32, width: i32, from: usize, pitch: usize, to: usize): void {
  const second = (<usize>(width - 4)) << 2;
  for (let r = 0; r < h; r++) {
    v128.store(to, v128.load(from));
    v128.store(to + second, v128.load(from + second));
    from += pitch;
    to += EDGE;
  }
}

/** What windows see of the image, to its place among the zeros. */
function copyIntoFrame(
  h: i32,
  w: i32,
  padT: i32,
  padL: i32,
  rows: i32,
  row: usize,
  x: usize,
  frame: usize,
): void {
  // First and one past the last row and column of the image that lie in the frame; padding may be negative.
  const y0 = max(0, -padT);
  const y1 = min(h, rows - padT);
  const x0 = max(0, -padL);
  const width = min(w, <i32>(row >> 2) - padL) - x0;
  if (width <= 0) return;
  let from = x + ((<usize>(y0 * w + x0)) << 2);
  let to = frame + <usize>(padT + y0) * row + ((<usize>(padL + x0)) << 2);
  for (let r = y0; r < y1; r++) {
    if (width >= 4) {
      const last = (<usize>(width - 4)) << 2;
      for (let i: usize = 0; i < last; i += 16) v128.store(to + i, v128.load(from + i));
      v128.store(to + last, v128.load(from + last));
    } else {
      for (let i: usize = 0; i < (<usize>width) << 2; i += 4) store<f32>(to + i, load<f32>(from + i));
    }
    from += (<usize>w) << 2;
    to += row;
  }
}
