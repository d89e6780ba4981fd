/**
 * dx = the gradient of a convolution's input. For each image and group
 *
 *   columns [taps][ho wo] = weights^T [taps][co/groups] * dy [co/groups][ho wo],   dx = col2im(columns)
 *
 * with the columns of a block of pixels at a time. Compared with convolving dy by the flipped weights this multiplies no
 * padding (2.25 times as much for a 5x5 over 12x12 without padding) and nothing between strides. A 1x1 convolution
 * whose stride is 1 needs no columns: the product is dx.
 *
 * Preconditions: groups divides ci and co. Not asserted: window, strides and dilations are at least 1; dx overlaps neither dy
 * nor weight.
 */
import { START_ZERO } from '../gemm/blocking';
import { f32_gemm_packed, f32_gemm_packed_scratch } from '../gemm/f32_gemm';
import { f32_pack_a, f32_pack_a_bytes } from '../gemm/f32_pack_a';
import { f32_col2im } from './f32_col2im';
import { zero } from './window';

/** Floats of columns that stay in the second-level cache. */
const COLUMNS: i32 = 65536;

/** Pixels of a block: whole panels of 8, equal blocks. */
function blockOfPixels(taps: i32, pixels: i32): i32 {
  const most = max(8, (COLUMNS / taps) & ~7);
  const blocks = (pixels + most - 1) / most;
  return ((pixels + blocks - 1) / blocks + 7) & ~7;
}

/** Scratch of f32_conv2d_grad_input: packed weights of all groups, a block of columns, what the product needs. */
export function f32_conv2d_grad_input_scratch(taps: i32, m: i32, groups: i32, pixels: i32): usize {
  const block = blockOfPixels(taps, pixels);
  const weights = <usize>groups * f32_pack_a_bytes(taps, m);
  return weights + ((<usize>taps * <usize>block) << 2) + f32_gemm_packed_scratch(max(block, pixels), m);
}

/**
 * @param dy f32 [n][co][ho][wo]
 * @param weight f32 [co][ci/groups][kh][kw]
 * @param dx f32 [n][ci][h][w]
 * @param scratch f32_conv2d_grad_input_scratch(ci / groups * kh * kw, co / groups, groups, ho * wo) bytes
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
  const taps = c * kh * kw;
  const pixels = ho * wo;
  const groupOfPacked = f32_pack_a_bytes(taps, m);
  const groupOfWeights = (<usize>taps * <usize>m) << 2;
  for (let group: usize = 0; group < <usize>groups; group++) {
    const from = weight + group * groupOfWeights;
    f32_pack_a(taps, m, from, (<usize>taps) << 2, true, scratch + group * groupOfPacked);
  }
  const pointwise = taps == c && strideH == 1 && strideW == 1 && ho == h && wo == w && padT == 0 && padL == 0;
  const block = blockOfPixels(taps, pixels);
  const columns = scratch + <usize>groups * groupOfPacked;
  const rest = columns + ((<usize>taps * <usize>block) << 2);
  const ldy = (<usize>pixels) << 2;
  const groupOfX = (<usize>c * <usize>h * <usize>w) << 2;
  for (let sample = 0; sample < n; sample++) {
    for (let group: usize = 0; group < <usize>groups; group++) {
      const packed = scratch + group * groupOfPacked;
      if (pointwise) {
        product(taps, pixels, m, packed, dy, ldy, dx, ldy, rest);
      } else {
        zero(dx, groupOfX);
        for (let p = 0; p < pixels; p += block) {
          const count = min(block, pixels - p);
          product(taps, count, m, packed, dy + ((<usize>p) << 2), ldy, columns, (<usize>count) << 2, rest);
          f32_col2im(c, h, w, wo, kh, kw, strideH, strideW, padT, padL, dilH, dilW, p, count, columns, dx);
        }
      }
      dx += groupOfX;
      dy += ldy * <usize>m;
    }
  }
}

/** C[m][n] = A B from a packed A. */
function product(
  m: i32,
  n: i32,
  k: i32,
  packed: usize,
  b: usize,
  ldb: usize,
  c: usize,
  ldc: usize,
  scratch: usize,
): void {
  f32_gemm_packed(m, n, k, packed, b, ldb, false, c, ldc, START_ZERO, c, ldc, -Infinity, Infinity, scratch);
}
