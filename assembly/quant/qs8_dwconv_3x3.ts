/**
 * int8 depthwise convolution 3x3, horizontal stride 1 or 2, no horizontal dilation: qs8_dwconv's common case. One plane at a time is
 * padded and widened (qs8_pad, a single phase) into `plane`, then walked 16 outputs a step; a row's last step goes back over outputs
 * already done, or is stored in part. `weight`: 48 bytes an output channel (qs8_dw_3x3_stride1).
 *
 * x is i8 [channels][h][w], y is i8 [channels * multiplier][ho][wo].
 *
 * Preconditions: strideW is 1 or 2; strideH, dilH and multiplier are at least 1.
 */
import { qs8_dw_3x3_stride1_8, qs8_dw_3x3_stride1_16 } from './qs8_dw_3x3_stride1';
import { qs8_dw_3x3_stride1_16x2 } from './qs8_dw_3x3_stride1_16x2';
import { qs8_dw_3x3_stride2_8, qs8_dw_3x3_stride2_16 } from './qs8_dw_3x3_stride2';
import { qs8_pad } from './qs8_pad';
import { storeFirst } from './requantize';

export function qs8_dwconv_3x3(
  x: usize,
  channels: i32,
  multiplier: i32,
  h: i32,
  w: i32,
  rows: i32,
  columns: i32,
  strideH: i32,
  strideW: i32,
  dilH: i32,
  padT: i32,
  padL: i32,
  zeroX: i32,
  weight: usize,
  ho: i32,
  wo: i32,
  y: usize,
  table: usize,
  range: usize,
  plane: usize,
): void {
  assert(strideH > 0 && dilH > 0 && multiplier > 0);
  assert(strideW == 1 || strideW == 2);
  const pitch = (<usize>columns) << 1;
  const twoRows = strideH == 1 && strideW == 1 && dilH == 1 && wo >= 16;
  for (let c = 0; c < channels; c++) {
    qs8_pad(x, plane, 1, h, w, rows, columns, 1, padT, padL, zeroX, c == 0);
    for (let m = 0; m < multiplier; m++) {
      let oy = 0;
      if (twoRows) {
        for (; oy + 2 <= ho; oy += 2) {
          outputRows(plane + <usize>oy * pitch, pitch, weight, wo, y, table, range);
          y += 2 * <usize>wo;
        }
      }
      for (; oy < ho; oy++) {
        const source = plane + <usize>(oy * strideH) * pitch;
        outputRow(source, <usize>dilH * pitch, strideW, weight, wo, y, table, range);
        y += <usize>wo;
      }
      weight += 48;
      table += 64;
    }
    x += <usize>h * <usize>w;
  }
}

/** Two rows of at least 16 outputs; a rest of up to 8 takes a row at a time. */
function outputRows(
  source: usize,
  pitch: usize,
  weight: usize,
  wo: i32,
  y: usize,
  table: usize,
  range: usize,
): void {
  const ldy = <usize>wo;
  let ox = 0;
  for (; wo - ox > 8; ox += 16) {
    const at = <usize>min(ox, wo - 16);
    qs8_dw_3x3_stride1_16x2(source + (at << 1), pitch, weight, table, range, y + at, ldy);
  }
  if (ox < wo) {
    const at = <usize>(wo - 8);
    const from = source + (at << 1);
    v128.store64_lane(y + at, qs8_dw_3x3_stride1_8(from, pitch, weight, table, range), 0);
    v128.store64_lane(y + ldy + at, qs8_dw_3x3_stride1_8(from + pitch, pitch, weight, table, range), 0);
  }
}

function outputRow(
  source: usize,
  pitch: usize,
  stride: i32,
  weight: usize,
  wo: i32,
  y: usize,
  table: usize,
  range: usize,
): void {
  let ox = 0;
  while (wo - ox > 8) {
    const at = wo >= 16 ? min(ox, wo - 16) : 0;
    const i = (<usize>(at * stride)) << 1;
    const bytes =
      stride == 1
        ? qs8_dw_3x3_stride1_16(source + i, pitch, weight, table, range)
        : qs8_dw_3x3_stride2_16(source + i, pitch, weight, table, range);
    if (wo >= 16) v128.store(y + <usize>at, bytes);
    else storeFirst(y, wo, bytes);
    ox += 16;
  }
  if (ox < wo) {
    const at = max(0, wo - 8);
    const i = (<usize>(at * stride)) << 1;
    const bytes =
      stride == 1
        ? qs8_dw_3x3_stride1_8(source + i, pitch, weight, table, range)
        : qs8_dw_3x3_stride2_8(source + i, pitch, weight, table, range);
    if (wo >= 8) v128.store64_lane(y + <usize>at, bytes, 0);
    else storeFirst(y, wo, bytes);
  }
}
