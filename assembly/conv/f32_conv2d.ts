/**
 * y[n][co][ho][wo] = clamp(bias[co] + sum over c, ky, kx of weight[co][c][ky][kx] x[n][c][oy * strideH + ky * dilH -
 * padT][ox * strideW + kx * dilW - padL]): convolution as an implicit product, after cuDNN (Chetlur et al. 2014). For
 * each image and group
 *
 *   C [co/groups][ho wo] = weights [co/groups][taps] * im2col [taps][ho wo]
 *
 * whose right operand exists for a few panels of 8 pixels at a time, packed from the image just before the macro-kernel
 * reads them.
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
import { f32_copy_into_frame, fillPixels, fillTaps, pixelEntries, reach, zero } from './window';

/** Floats of packed pixels that stay in the first-level cache. */
const PACKED: i32 = 4096;

/** Pixels packed at a time: whole panels of 8, at least one. */
function blockOfPixels(kc: i32): i32 {
  return max(8, (PACKED / kc) & ~7);
}

/** Scratch of f32_conv2d: two tables, a block of packed pixels, a tile, an image of one group with its padding (hp = 0 for none). */
export function f32_conv2d_scratch(taps: i32, pixels: i32, c: i32, hp: i32, wp: i32): usize {
  const tables = (<usize>(taps + pixelEntries(pixels))) << 2;
  const step = blockOfK(taps);
  const panels = (<usize>(step * blockOfPixels(step))) << 2;
  return tables + panels + TILE_BYTES + ((<usize>c * <usize>hp * <usize>wp) << 2);
}

/**
 * @param x f32 [n][ci][h][w]
 * @param packed the weights of each group as f32_pack_a packs [co/groups][ci/groups * kh * kw]
 * @param bias f32 [co], or 0
 * @param y f32 [n][co][ho][wo]
 * @param pad whether windows leave the image: it is then copied into a frame of zeros
 * @param scratch f32_conv2d_scratch bytes, with hp = reach of ho and wp = reach of wo if pad
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
  const hp = pad ? reach(ho, strideH, kh, dilH) : h;
  const wp = pad ? reach(wo, strideW, kw, dilW) : w;
  const tapTable = scratch;
  const pixelTable = tapTable + ((<usize>taps) << 2);
  const panels = pixelTable + ((<usize>pixelEntries(pixels)) << 2);
  const step = blockOfK(taps);
  const block = blockOfPixels(step);
  const tile = panels + ((<usize>(step * block)) << 2);
  const frame = tile + TILE_BYTES;
  fillTaps(c, kh, kw, dilH, dilW, hp, wp, tapTable);
  fillPixels(ho, wo, strideH, strideW, wp, pixelTable);
  if (pad) zero(frame, (<usize>c * <usize>hp * <usize>wp) << 2);

  const ldc = (<usize>pixels) << 2;
  const groupOfX = (<usize>c * <usize>h * <usize>w) << 2;
  const groupOfWeights = f32_pack_a_bytes(m, taps);
  const columnOfWeights = (<usize>packedRows(m)) << 2;
  for (let sample = 0; sample < n; sample++) {
    for (let group = 0; group < groups; group++) {
      let image = x;
      if (pad) {
        f32_copy_into_frame(c, h, w, padT, padL, 1, 1, hp, wp, x, frame);
        image = frame;
      }
      const weights = packed + <usize>group * groupOfWeights;
      for (let k = 0; k < taps; k += step) {
        const kc = min(step, taps - k);
        const last = k + kc == taps;
        const start = k > 0 ? START_LOAD : bias != 0 ? START_SPLAT : START_ZERO;
        for (let p = 0; p < pixels; p += block) {
          const count = min(block, pixels - p);
          const column = (<usize>p) << 2;
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
            y + column,
            ldc,
            start,
            k > 0 ? y + column : bias + ((<usize>group * <usize>m) << 2),
            ldc,
            last ? lo : -Infinity,
            last ? hi : Infinity,
            tile,
          );
        }
      }
      x += groupOfX;
      y += ldc * <usize>m;
    }
  }
}
