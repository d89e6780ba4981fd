/**
 * dx = the gradient of a convolution's input. For each image, group and row ky of the window
 *
 *   columns [ci/groups kw][ho wo] = weights of the row^T [ci/groups kw][co/groups] * dy [co/groups][ho wo]
 *
 * are added onto dx where their taps read (f32_col2im). dy of a block of pixels is packed once and meets all taps; columns of a
 * few channels at a time are added while they are in the first-level cache. Compared with convolving dy by the flipped
 * weights this multiplies no padding (2.25 times as much for a 5x5 over 12x12 without padding) and nothing between strides.
 * A 1x1 convolution whose stride is 1 needs no columns: the product is dx.
 *
 * Packed weights: row of the window after row, and of each the channels in chunks; a chunk is the matrix [c][kw] by [co/groups] as
 * f32_pack_a packs it.
 *
 * Preconditions: groups divides ci and co. Not asserted: window, strides and dilations are at least 1; dx overlaps neither dy
 * nor weight.
 */
import { blockOfK, packedRows, START_LOAD, START_ZERO, TILE_BYTES } from '../gemm/blocking';
import { f32_gemm_packed, f32_gemm_packed_scratch } from '../gemm/f32_gemm';
import { f32_gemm_panels } from '../gemm/f32_gemm_panels';
import { f32_pack_a, f32_pack_a_bytes } from '../gemm/f32_pack_a';
import { f32_pack_b, f32_pack_b_bytes } from '../gemm/f32_pack_b';
import { f32_col2im, f32_col2im_mask_bytes, f32_col2im_masks } from './f32_col2im';
import { zero } from './window';

/** A block's pixels times all taps: the order in which a pixel's taps are summed depends on it, and with it the last bit. */
const COLUMNS: i32 = 65536;
/** Rows of a product, about: 12 panels of 5, whose columns of 72 pixels take 17 KiB. */
const ROWS: i32 = 60;

/** Pixels of a block: whole panels of 8, equal blocks. */
function blockOfPixels(taps: i32, pixels: i32): i32 {
  const most = max(8, (COLUMNS / taps) & ~7);
  const blocks = (pixels + most - 1) / most;
  return ((pixels + blocks - 1) / blocks + 7) & ~7;
}

/** Channels whose columns are computed together. */
function chunkOf(c: i32, kw: i32): i32 {
  return min(c, max(1, ROWS / kw));
}

/** Bytes of one group's packed weights. */
function weightBytes(c: i32, kh: i32, kw: i32, m: i32): usize {
  const chunk = chunkOf(c, kw);
  const rest = c % chunk;
  const row = <usize>(c / chunk) * f32_pack_a_bytes(chunk * kw, m);
  return <usize>kh * (row + (rest > 0 ? f32_pack_a_bytes(rest * kw, m) : 0));
}

/** Bytes between the columns and their neighbours, which are read but not used. */
function margin(kw: i32, dilW: i32): usize {
  return ((<usize>(kw * dilW)) << 2) + 16;
}

/** Scratch of f32_conv2d_grad_input: packed weights of all groups, masks, columns of a chunk, packed dy of the block, a tile. */
export function f32_conv2d_grad_input_scratch(
  c: i32,
  w: i32,
  kh: i32,
  kw: i32,
  dilW: i32,
  m: i32,
  groups: i32,
  pixels: i32,
): usize {
  const block = blockOfPixels(c * kh * kw, pixels);
  const columns = ((<usize>(chunkOf(c, kw) * kw) * <usize>block) << 2) + 2 * margin(kw, dilW);
  const before = <usize>groups * weightBytes(c, kh, kw, m) + f32_col2im_mask_bytes(w, kw) + columns;
  const ordered = (<usize>(m * c * kh * kw)) << 2;
  return (
    before + max(f32_gemm_packed_scratch(pixels, m), max(f32_pack_b_bytes(block, m) + TILE_BYTES, ordered))
  );
}

/**
 * @param dy f32 [n][co][ho][wo]
 * @param weight f32 [co][ci/groups][kh][kw]
 * @param dx f32 [n][ci][h][w]
 * @param scratch f32_conv2d_grad_input_scratch(ci / groups, w, kh, kw, dilW, co / groups, groups, ho * wo) bytes
 */
export function f32_conv2d_grad_input(
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
  dy: usize,
  weight: usize,
  dx: usize,
  scratch: usize,
): void {
  assert(ci % groups == 0 && co % groups == 0);
  const c = ci / groups;
  const m = co / groups;
  const pixels = ho * wo;
  const chunk = chunkOf(c, kw);
  const block = blockOfPixels(c * kh * kw, pixels);
  const groupOfPacked = weightBytes(c, kh, kw, m);
  const masks = scratch + <usize>groups * groupOfPacked;
  const columns = masks + f32_col2im_mask_bytes(w, kw) + margin(kw, dilW);
  const packed = columns + ((<usize>(chunk * kw) * <usize>block) << 2) + margin(kw, dilW);
  const tile = packed + f32_pack_b_bytes(block, m);
  for (let group: usize = 0; group < <usize>groups; group++) {
    const from = weight + ((group * <usize>(m * c * kh * kw)) << 2);
    packWeights(c, kh, kw, m, chunk, from, scratch + group * groupOfPacked, packed);
  }
  if (strideW == 1) f32_col2im_masks(w, wo, kw, padL, dilW, masks);
  const pointwise =
    kh == 1 && kw == 1 && strideH == 1 && strideW == 1 && ho == h && wo == w && padT == 0 && padL == 0;
  const ldy = (<usize>pixels) << 2;
  const plane = (<usize>h * <usize>w) << 2;
  const groupOfX = <usize>c * plane;
  for (let sample = 0; sample < n; sample++) {
    for (let group: usize = 0; group < <usize>groups; group++) {
      const weights = scratch + group * groupOfPacked;
      if (pointwise) {
        // biome-ignore format: one line a product
        f32_gemm_packed(c, pixels, m, weights, dy, ldy, false, dx, ldy, START_ZERO, dx, ldy, -Infinity, Infinity, packed);
      } else {
        zero(dx, groupOfX);
        for (let p = 0; p < pixels; p += block) {
          const count = min(block, pixels - p);
          packBlock(count, m, dy + ((<usize>p) << 2), ldy, packed);
          let a = weights;
          for (let ky = 0; ky < kh; ky++) {
            const top = ky * dilH - padT;
            for (let i = 0; i < c; i += chunk) {
              const channels = min(chunk, c - i);
              product(channels * kw, count, m, a, packed, columns, tile);
              a += f32_pack_a_bytes(channels * kw, m);
              const to = dx + <usize>i * plane;
              // biome-ignore format: as above
              f32_col2im(channels, h, w, wo, kw, strideH, strideW, top, padL, dilW, p, count, columns, masks, to);
            }
          }
        }
      }
      dx += groupOfX;
      dy += ldy * <usize>m;
    }
  }
}

/** Packs a group's weights [m][c][kh][kw]; `by` is scratch for as many floats. */
function packWeights(
  c: i32,
  kh: i32,
  kw: i32,
  m: i32,
  chunk: i32,
  weight: usize,
  to: usize,
  by: usize,
): void {
  // [m][kh][c][kw]: the rows of a product are neighbours then.
  const row = (<usize>kw) << 2;
  let ordered = by;
  for (let i = 0; i < m; i++) {
    for (let ky: usize = 0; ky < <usize>kh; ky++) {
      let from = weight + ky * row;
      for (let j = 0; j < c; j++) {
        for (let x: usize = 0; x < row; x += 4) store<f32>(ordered + x, load<f32>(from + x));
        ordered += row;
        from += row * <usize>kh;
      }
    }
    weight += row * <usize>(c * kh);
  }
  const ld = row * <usize>(c * kh);
  for (let ky = 0; ky < kh; ky++) {
    for (let j = 0; j < c; j += chunk) {
      const rows = min(chunk, c - j) * kw;
      f32_pack_a(rows, m, by + row * <usize>(ky * c + j), ld, true, to);
      to += f32_pack_a_bytes(rows, m);
    }
  }
}

/** Packs `count` pixels of dy for the products, block of k after block of k. */
function packBlock(count: i32, m: i32, dy: usize, ldy: usize, to: usize): void {
  const step = blockOfK(m);
  for (let k = 0; k < m; k += step) {
    const kc = min(step, m - k);
    f32_pack_b(count, kc, dy + <usize>k * ldy, ldy, to);
    to += f32_pack_b_bytes(count, kc);
  }
}

/** columns[rows][count] = a b, both packed. */
function product(rows: i32, count: i32, m: i32, a: usize, b: usize, columns: usize, tile: usize): void {
  const step = blockOfK(m);
  const ld = (<usize>count) << 2;
  const rowsOfA = (<usize>packedRows(rows)) << 2;
  for (let k = 0; k < m; k += step) {
    const kc = min(step, m - k);
    const start = k == 0 ? START_ZERO : START_LOAD;
    // biome-ignore format: as above
    f32_gemm_panels(rows, count, kc, a + <usize>k * rowsOfA, b, columns, ld, start, columns, ld, -Infinity, Infinity, tile);
    b += f32_pack_b_bytes(count, kc);
  }
}
