/**
 * dw[co][c][ky][kx] = sum over samples and pixels of dy[n][co][p] x[n][c][tap of p]: the gradient of a convolution's
 * weights. Both factors are contiguous along the sum (pixels of a row), so this is a product by inner products:
 *
 *   dw [co/groups][taps] = dy [co/groups][pixels] * im2col [taps][pixels]^T
 *
 * For each block of pixels (several images, or a part of one): dy is packed in pairs of channels; then five taps at a
 * time are packed, meet all pairs while they are in the first-level cache, and are forgotten.
 *
 * Preconditions: groups divides ci and co; window, strides and dilations are at least 1; without `pad` every tap lies
 * in the image.
 */
import { f32_dot_2x5 } from '../gemm/f32_dot_2x5';
import { spacing } from './f32_pack_pixels';
import { loadPart } from './lanes';
import { f32_copy_into_frame, fillPixels, fillTaps, pixelEntries, reach, zero } from './window';

/** Most pixels in a block: five taps of them take 12.5 KiB. */
const PIXELS: i32 = 640;
/** The sums of one micro-kernel call. */
const SUMS_BYTES: usize = 64;

/** Images in a block. */
function blockOfImages(n: i32, pixels: i32): i32 {
  return min(n, max(1, PIXELS / pixels));
}

/** Pixels of an image in a block, a multiple of 4 unless it is all of them. */
function blockOfPixels(pixels: i32): i32 {
  const blocks = (pixels + PIXELS - 1) / PIXELS;
  return blocks == 1 ? pixels : ((pixels + blocks - 1) / blocks + 3) & ~3;
}

/** Quads of a block: each image's pixels, rounded up to quads. */
function blockOfQuads(n: i32, pixels: i32): i32 {
  return blockOfImages(n, pixels) * ((blockOfPixels(pixels) + 3) >> 2);
}

/** Scratch of f32_conv2d_grad_weight: three tables, the sums, packed dy, packed taps, a block's images with padding (hp = 0 for none). */
export function f32_conv2d_grad_weight_scratch(
  n: i32,
  taps: i32,
  m: i32,
  pixels: i32,
  c: i32,
  hp: i32,
  wp: i32,
): usize {
  const tables = (<usize>(taps + pixelEntries(pixels) + (pixelEntries(pixels) >> 2))) << 2;
  const vectors = <usize>(((m + 1) & ~1) + 5) * ((<usize>blockOfQuads(n, pixels)) << 4);
  const frame = (<usize>blockOfImages(n, pixels) * <usize>c * <usize>hp * <usize>wp) << 2;
  return tables + SUMS_BYTES + vectors + frame;
}

/**
 * @param x f32 [n][ci][h][w]
 * @param dy f32 [n][co][ho][wo], sampleOfY floats from one sample to the next
 * @param dw f32 [co][ci/groups][kh][kw]
 * @param pad whether windows leave the image
 * @param scratch f32_conv2d_grad_weight_scratch bytes
 */
export function f32_conv2d_grad_weight(
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
  dy: usize,
  sampleOfY: usize,
  dw: usize,
  pad: bool,
  scratch: usize,
): void {
  assert(kh > 0 && kw > 0 && strideH > 0 && strideW > 0 && dilH > 0 && dilW > 0);
  assert(ci % groups == 0 && co % groups == 0);
  const c = ci / groups;
  const m = co / groups;
  const taps = c * kh * kw;
  const pixels = ho * wo;
  const hp = pad ? reach(ho, strideH, kh, dilH) : h;
  const wp = pad ? reach(wo, strideW, kw, dilW) : w;
  const images = blockOfImages(n, pixels);
  const block = blockOfPixels(pixels);
  const quads = blockOfQuads(n, pixels);
  const tapTable = scratch;
  const pixelTable = tapTable + ((<usize>taps) << 2);
  const quadTable = pixelTable + ((<usize>pixelEntries(pixels)) << 2);
  const sums = quadTable + <usize>pixelEntries(pixels);
  const left = sums + SUMS_BYTES;
  const right = left + <usize>((m + 1) & ~1) * ((<usize>quads) << 4);
  const frame = right + 5 * ((<usize>quads) << 4);
  fillTaps(c, kh, kw, dilH, dilW, hp, wp, false, tapTable);
  fillPixels(ho, wo, strideH, strideW, wp, pixelTable);
  fillQuads(pixels, pixelTable, quadTable);
  if (pad) zero(frame, (<usize>images * <usize>c * <usize>hp * <usize>wp) << 2);
  zero(dw, (<usize>co * <usize>taps) << 2);

  const sampleOfX = (<usize>ci * <usize>h * <usize>w) << 2;
  const stepOfY = sampleOfY << 2;
  const groupOfY = (<usize>m * <usize>pixels) << 2;
  const frameOfX = (<usize>c * <usize>hp * <usize>wp) << 2;
  for (let sample = 0; sample < n; sample += images) {
    const count = min(images, n - sample);
    for (let group: usize = 0; group < <usize>groups; group++) {
      let image = x + <usize>sample * sampleOfX + group * (sampleOfX / <usize>groups);
      let imageStep = sampleOfX;
      if (pad) {
        for (let i: usize = 0; i < <usize>count; i++) {
          f32_copy_into_frame(c, h, w, padT, padL, 1, 1, hp, wp, image + i * sampleOfX, frame + i * frameOfX);
        }
        image = frame;
        imageStep = frameOfX;
      }
      const target = dw + ((group * <usize>m * <usize>taps) << 2);
      for (let p = 0; p < pixels; p += block) {
        const length = min(block, pixels - p);
        const used = count * ((length + 3) >> 2);
        const offset = (<usize>p) << 2;
        const from = dy + <usize>sample * stepOfY + group * groupOfY + offset;
        packPairs(m, count, length, from, (<usize>pixels) << 2, stepOfY, left);
        for (let tap = 0; tap < taps; tap += 5) {
          const five = min(5, taps - tap);
          for (let t = 0; t < 5; t++) {
            // Taps that are not there repeat the last one that is; their sums are dropped.
            const tapOffset = load<i32>(tapTable + ((<usize>(tap + min(t, five - 1))) << 2));
            packTap(
              count,
              length,
              image + tapOffset,
              imageStep,
              pixelTable + offset,
              quadTable + (offset >> 2),
              right + ((<usize>t) << 4),
            );
          }
          for (let row = 0; row < m; row += 2) {
            f32_dot_2x5(used, left + <usize>row * ((<usize>used) << 4), right, sums);
            const to = target + ((<usize>(row * taps + tap)) << 2);
            addSums(five, sums, to);
            if (row + 1 < m) addSums(five, sums + 32, to + ((<usize>taps) << 2));
          }
        }
      }
    }
  }
}

/** Packs m rows of dy, `length` floats of each of `count` images, in pairs by quads; missing rows and floats are zeros. */
function packPairs(m: i32, count: i32, length: i32, dy: usize, ld: usize, imageStep: usize, to: usize): void {
  const used = (<usize>(count * ((length + 3) >> 2))) << 4;
  for (let row = 0; row < ((m + 1) & ~1); row++) {
    // Row r of a pair has every second quad.
    let d = to + <usize>(row >> 1) * (used << 1) + ((<usize>(row & 1)) << 4);
    if (row == m) {
      for (let end = d + (used << 1); d < end; d += 32) v128.store(d, f32x4.splat(0));
      break;
    }
    for (let i: usize = 0; i < <usize>count; i++) {
      let p = dy + <usize>row * ld + i * imageStep;
      const end = p + ((<usize>(length & ~3)) << 2);
      for (; p < end; p += 16) {
        v128.store(d, v128.load(p));
        d += 32;
      }
      if (length & 3) {
        v128.store(d, loadPart(p, length & 3));
        d += 32;
      }
    }
  }
}

/** Fills the table of quads: the offset of four pixels that are neighbours, -1 if they are not. */
function fillQuads(pixels: i32, pixelTable: usize, to: usize): void {
  for (let i = 0; i < pixels; i += 4) {
    store<i32>(to, spacing(pixelTable) == 4 ? load<i32>(pixelTable) : -1);
    pixelTable += 16;
    to += 4;
  }
}

/** Packs one tap of `length` pixels of each of `count` images: a quad every 80 bytes. */
function packTap(
  count: i32,
  length: i32,
  image: usize,
  imageStep: usize,
  pixelTable: usize,
  quadTable: usize,
  to: usize,
): void {
  const end = quadTable + ((<usize>((length + 3) >> 2)) << 2);
  for (let i = 0; i < count; i++) {
    let pixel = pixelTable;
    for (let quad = quadTable; quad < end; quad += 4) {
      const offset = load<i32>(quad);
      if (offset >= 0) v128.store(to, v128.load(image + offset));
      else {
        store<f32>(to, load<f32>(image + load<i32>(pixel)));
        store<f32>(to, load<f32>(image + load<i32>(pixel, 4)), 4);
        store<f32>(to, load<f32>(image + load<i32>(pixel, 8)), 8);
        store<f32>(to, load<f32>(image + load<i32>(pixel, 12)), 12);
      }
      pixel += 16;
      to += 80;
    }
    image += imageStep;
  }
}

/** to[i] += sums[i] for `count` <= 5 of them. */
function addSums(count: i32, sums: usize, to: usize): void {
  if (count == 5) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(sums)));
    store<f32>(to, load<f32>(to, 16) + load<f32>(sums, 16), 16);
    return;
  }
  for (let i = 0; i < count; i++) {
    store<f32>(to, load<f32>(to) + load<f32>(sums));
    to += 4;
    sums += 4;
  }
}
