/**
 * int8 convolution of one sample and one group as a GEMM: rows are output channels, columns are output pixels.
 *
 *   y[m][pixel] = requantize(bias[m] + sum over taps k of weight[m][k] * (x[k, pixel] - zeroX))
 *
 * A block of pixel panels is packed and used by every output channel before the next one: the whole im2col matrix never
 * exists. Within the block, the panel of A (5 channels) stays in the first-level cache while B panels come from the second.
 * `weight`: panels of i16 pairs (qs8_gemm_5x8). `panels`: scratch of `block` panels of 32 * pairs bytes. y is i8 [m][pixels].
 *
 * Preconditions: pairs (or channels), m, block and wo are at least 1; pixels is a whole number of rows.
 */
import { qs8_gemm_column } from './qs8_gemm';
import { qs8_pack_pixels, qs8_pack_planes } from './qs8_pack_pixels';

/** Any geometry; `source` is what qs8_pad wrote, `taps` and `pitch` as in qs8_pack_pixels. */
export function qs8_conv2d(
  source: usize,
  taps: usize,
  pairs: i32,
  weight: usize,
  m: i32,
  pixels: i32,
  wo: i32,
  pitch: usize,
  y: usize,
  table: usize,
  range: usize,
  panels: usize,
  block: i32,
): void {
  assert(pairs > 0 && m > 0 && block > 0 && pixels % wo == 0);
  const bytes = (<usize>pairs) << 5;
  for (let first = 0; first < pixels; first += 8 * block) {
    const end = min(pixels, first + 8 * block);
    let panel = panels;
    for (let p = first; p < end; p += 8) {
      qs8_pack_pixels(source, taps, pairs, p, min(8, end - p), wo, pitch, panel);
      panel += bytes;
    }
    multiplyBlock(pairs, weight, m, panels, first, end, y, <usize>pixels, table, range);
  }
}

/** 1x1, stride 1, no padding: x is the int8 planes [channels][pixels] themselves. */
export function qs8_conv2d_1x1(
  x: usize,
  channels: i32,
  zeroX: i32,
  weight: usize,
  m: i32,
  pixels: i32,
  y: usize,
  table: usize,
  range: usize,
  panels: usize,
  block: i32,
): void {
  assert(channels > 0 && m > 0 && block > 0);
  const pairs = (channels + 1) >> 1;
  const bytes = (<usize>pairs) << 5;
  for (let first = 0; first < pixels; first += 8 * block) {
    const end = min(pixels, first + 8 * block);
    let panel = panels;
    for (let p = first; p < end; p += 8) {
      qs8_pack_planes(x + <usize>p, channels, <usize>pixels, min(8, end - p), zeroX, panel);
      panel += bytes;
    }
    multiplyBlock(pairs, weight, m, panels, first, end, y, <usize>pixels, table, range);
  }
}

function multiplyBlock(
  pairs: i32,
  weight: usize,
  m: i32,
  panels: usize,
  first: i32,
  end: i32,
  y: usize,
  ldc: usize,
  table: usize,
  range: usize,
): void {
  for (let p = first; p < end; p += 8) {
    qs8_gemm_column(pairs, weight, m, panels, y + <usize>p, ldc, min(8, end - p), table, 64, range);
    panels += (<usize>pairs) << 5;
  }
}
