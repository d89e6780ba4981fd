/**
 * int8 depthwise convolution of one sample, any geometry: each output channel reads one input channel (co = channels * multiplier).
 *
 *   y[c][pixel] = requantize(bias[c] + sum over taps of weight[c][tap] * (x[c / multiplier][tap, pixel] - zeroX))
 *
 * One plane at a time is padded, widened and sorted by phase (qs8_pad) into `plane`, which stays in the first-level cache.
 * Taps are taken in pairs, eight neighbouring pixels at once: two loads, interleaved, meet the pair of weights in
 * i32x4.dot_i16x8_s. `weight`: i16 [co][pairs][2]. `taps`: u32 [2 pairs], as in qs8_pack_pixels. A row's last step overlaps
 * the one before; rows shorter than 8 compute columns that are not stored.
 *
 * Preconditions: pairs, wo, multiplier and strides are at least 1.
 */
import { qs8_pad } from './qs8_pad';
import { requantize, store8 } from './requantize';

export function qs8_dwconv(
  x: usize,
  channels: i32,
  multiplier: i32,
  h: i32,
  w: i32,
  rows: i32,
  columns: i32,
  strideH: i32,
  strideW: i32,
  padT: i32,
  padL: i32,
  zeroX: i32,
  taps: usize,
  pairs: i32,
  weight: usize,
  ho: i32,
  wo: i32,
  y: usize,
  table: usize,
  range: usize,
  plane: usize,
): void {
  assert(multiplier > 0 && strideH > 0 && strideW > 0);
  assert(pairs > 0 && wo > 0);
  const pitch = <usize>strideH * ((<usize>columns) << 1);
  for (let c = 0; c < channels; c++) {
    qs8_pad(x, plane, 1, h, w, rows, columns, strideW, padT, padL, zeroX, c == 0);
    for (let m = 0; m < multiplier; m++) {
      for (let oy = 0; oy < ho; oy++) {
        const source = plane + <usize>oy * pitch;
        outputRow(source, taps, pairs, weight, wo, y, table, range);
        y += <usize>wo;
      }
      weight += (<usize>pairs) << 2;
      table += 64;
    }
    x += <usize>h * <usize>w;
  }
}

function outputRow(
  source: usize,
  taps: usize,
  pairs: i32,
  weight: usize,
  wo: i32,
  y: usize,
  table: usize,
  range: usize,
): void {
  const bias = v128.load(table);
  const columns = min(8, wo);
  for (let ox = 0; ox < wo; ox += 8) {
    const at = <usize>max(0, min(ox, wo - 8));
    const from = source + (at << 1);
    let low = bias;
    let high = bias;
    let t = taps;
    let w = weight;
    for (let i = 0; i < pairs; i++) {
      const k0 = v128.load(from + <usize>load<u32>(t));
      const k1 = v128.load(from + <usize>load<u32>(t, 4));
      const pair = v128.load_splat<i32>(w);
      low = i32x4.add(low, i32x4.dot_i16x8_s(pair, i16x8.shuffle(k0, k1, 0, 8, 1, 9, 2, 10, 3, 11)));
      high = i32x4.add(high, i32x4.dot_i16x8_s(pair, i16x8.shuffle(k0, k1, 4, 12, 5, 13, 6, 14, 7, 15)));
      t += 8;
      w += 4;
    }
    store8(y + at, columns, requantize(low, table + 32, range), requantize(high, table + 32, range), range);
  }
}
