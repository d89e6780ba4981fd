/**
 * y[n][co][ho][wo] = clamp(bias[co] + sum over c, ky, kx of weight[co][c][ky][kx] x[n][c][oy * strideH + ky * dilH -
 * padT][ox * strideW + kx * dilW - padL]): convolution as an implicit product, after cuDNN (Chetlur et al. 2014). For
 * each image and group
 *
 *   C [co/groups][ho wo] = weights [co/groups][taps] * im2col [taps][ho wo]
 *
 * whose right operand exists for a few panels of 8 pixels at a time, packed from the image just before the macro-kernel
 * reads them. A padded image is copied into its frame of zeros (window.ts) a band of output rows at a time, so that the
 * frame stays in the second-level cache. At a horizontal stride of 2 the copy sorts even from odd columns: pixels that are
 * neighbours then read neighbours.
 *
 * Panels of pixels, k-major: see f32_pack_pixels. A window:
 *
 *   taps of one output, kernel 3x3, dilation 2:   x . x . x
 *                                                 . . . . .
 *                                                 x . x . x
 *                                                 . . . . .
 *                                                 x . x . x
 *
 * Preconditions: groups divides ci and co; window, strides and dilations are at least 1; without `pad` every tap lies
 * in the image; y does not overlap x.
 */
import { blockOfK, packedRows, START_LOAD, START_SPLAT, START_ZERO, TILE_BYTES } from '../gemm/blocking';
import { f32_gemm_panels } from '../gemm/f32_gemm_panels';
import { f32_pack_a_bytes } from '../gemm/f32_pack_a';
import { f32_pack_pixels } from './f32_pack_pixels';
import { f32_sort_into_frame } from './f32_sort_into_frame';
import { f32_copy_into_frame, fillPixels, fillTaps, pixelEntries, reach, zero } from './window';

/** Floats of packed pixels that stay in the first-level cache. */
const PACKED: i32 = 4096;

/** Pixels packed at a time: whole panels of 8, at least one. */
function blockOfPixels(kc: i32): i32 {
  return max(8, (PACKED / kc) & ~7);
}

/** Floats of a frame that stays in the second-level cache. */
const FRAME: i32 = 32768;

/** Output rows of a band: all that the frame has room for, and such that whole panels of 8 pixels fill it. */
function bandOfRows(c: i32, ho: i32, wo: i32, kh: i32, strideH: i32, dilH: i32, wp: i32, pad: bool): i32 {
  const rows = (FRAME / (c * wp) - (kh - 1) * dilH - 1) / strideH + 1;
  const whole = wo & 1 ? 8 : wo & 2 ? 4 : wo & 4 ? 2 : 1;
  return pad ? min(ho, max(whole, rows & -whole)) : ho;
}

/** Columns of a frame, sorted or not. */
function frameColumns(wo: i32, strideW: i32, kw: i32, dilW: i32): i32 {
  const columns = reach(wo, strideW, kw, dilW);
  return strideW == 2 ? (columns + 1) & ~1 : columns;
}

/** Scratch of f32_conv2d: two tables, a block of packed pixels, a tile, a band of one group's image with its padding. c: channels of a group. */
export function f32_conv2d_scratch(
  c: i32,
  ho: i32,
  wo: i32,
  kh: i32,
  kw: i32,
  strideH: i32,
  strideW: i32,
  dilH: i32,
  dilW: i32,
  pad: bool,
): usize {
  const taps = c * kh * kw;
  const wp = frameColumns(wo, strideW, kw, dilW);
  const band = bandOfRows(c, ho, wo, kh, strideH, dilH, wp, pad);
  const tables = (<usize>(taps + pixelEntries(band * wo))) << 2;
  const step = blockOfK(taps);
  const panels = (<usize>(step * blockOfPixels(step))) << 2;
  const frame = pad ? (<usize>c * <usize>reach(band, strideH, kh, dilH) * <usize>wp) << 2 : 0;
  return tables + panels + TILE_BYTES + frame;
}

/**
 * @param x f32 [n][ci][h][w]
 * @param packed the weights of each group as f32_pack_a packs [co/groups][ci/groups * kh * kw]
 * @param bias f32 [co], or 0
 * @param y f32 [n][co][ho][wo]
 * @param pad whether windows leave the image: it is then copied into a frame of zeros
 * @param scratch f32_conv2d_scratch bytes
 */
export function f32_conv2d(
  n: i32,
  ci: i32,
  h: i32,
  w: i32,
  co: i32,
  ho: i32,
  wo: i32,
  kh: i32,
  kw: i32,
  strideH: i32,
  strideW: i32,
  padT: i32,
  padL: i32,
  dilH: i32,
  dilW: i32,
  groups: i32,
  x: usize,
  packed: usize,
  bias: usize,
  y: usize,
  lo: f32,
  hi: f32,
  pad: bool,
  scratch: usize,
): void {
  assert(kh > 0 && kw > 0 && strideH > 0 && strideW > 0 && dilH > 0 && dilW > 0);
  assert(
    x + ((<usize>n * <usize>ci * <usize>h * <usize>w) << 2) <= y ||
      y + ((<usize>n * <usize>co * <usize>ho * <usize>wo) << 2) <= x,
  );
  assert(ci % groups == 0 && co % groups == 0);
  const c = ci / groups;
  const m = co / groups;
  const taps = c * kh * kw;
  const pixels = ho * wo;
  const sorted = pad && strideW == 2;
  const wp = pad ? frameColumns(wo, strideW, kw, dilW) : w;
  const band = bandOfRows(c, ho, wo, kh, strideH, dilH, wp, pad);
  const hp = pad ? reach(band, strideH, kh, dilH) : h;
  const tapTable = scratch;
  const pixelTable = tapTable + ((<usize>taps) << 2);
  const panels = pixelTable + ((<usize>pixelEntries(band * wo)) << 2);
  const step = blockOfK(taps);
  const block = blockOfPixels(step);
  const tile = panels + ((<usize>(step * block)) << 2);
  const frame = tile + TILE_BYTES;
  fillTaps(c, kh, kw, dilH, dilW, hp, wp, sorted, tapTable);
  fillPixels(band, wo, strideH, sorted ? 1 : strideW, wp, pixelTable);
  if (pad) zero(frame, (<usize>c * <usize>hp * <usize>wp) << 2);

  const ldc = (<usize>pixels) << 2;
  const groupOfX = (<usize>c * <usize>h * <usize>w) << 2;
  const groupOfWeights = f32_pack_a_bytes(m, taps);
  const columnOfWeights = (<usize>packedRows(m)) << 2;
  for (let sample = 0; sample < n; sample++) {
    for (let group = 0; group < groups; group++) {
      const weights = packed + <usize>group * groupOfWeights;
      for (let row = 0; row < ho; row += band) {
        let image = x;
        if (pad) {
          // One band: what lies outside of the image stays 0. More: rows of the one before may lie there.
          const top = padT - row * strideH;
          if (band < ho && (top > 0 || top + h < hp)) zero(frame, (<usize>c * <usize>hp * <usize>wp) << 2);
          if (sorted) f32_sort_into_frame(c, h, w, top, padL, hp, wp, x, frame);
          else f32_copy_into_frame(c, h, w, top, padL, 1, 1, hp, wp, x, frame);
          image = frame;
        }
        const inBand = min(band, ho - row) * wo;
        const from = y + ((<usize>(row * wo)) << 2);
        for (let k = 0; k < taps; k += step) {
          const kc = min(step, taps - k);
          const last = k + kc == taps;
          const start = k > 0 ? START_LOAD : bias != 0 ? START_SPLAT : START_ZERO;
          for (let p = 0; p < inBand; p += block) {
            const count = min(block, inBand - p);
            const column = from + ((<usize>p) << 2);
            for (let i = 0; i < count; i += 8) {
              const at = pixelTable + ((<usize>(p + i)) << 2);
              f32_pack_pixels(kc, image, tapTable + ((<usize>k) << 2), at, panels + ((<usize>(i * kc)) << 2));
            }
            f32_gemm_panels(
              m,
              count,
              kc,
              weights + <usize>k * columnOfWeights,
              panels,
              column,
              ldc,
              start,
              k > 0 ? column : bias + ((<usize>group * <usize>m) << 2),
              ldc,
              last ? lo : -Infinity,
              last ? hi : Infinity,
              tile,
            );
          }
        }
      }
      x += groupOfX;
      y += ldc * <usize>m;
    }
  }
}
