/**
 * Depthwise convolution, groups = ci: output channel o reads input channel o / multiplier alone, multiplier = co / ci.
 * A product's rows would be one long, so each plane is convolved directly; see f32_dw_plane for the equation.
 *
 * Planes are copied into a frame of zeros unless the windows stay inside; its columns allow for computing outputs four
 * at a time. 3x3 windows have kernels of their own (f32_dw_3x3). The gradient by the input is the same computation: dy, spread
 * over the strides, with the flipped weights.
 *
 * Preconditions: multiplier, window, strides and dilations are at least 1.
 */
import { f32_dw_3x3, f32_dw_3x3_begin, f32_dw_3x3_scratch } from './f32_dw_3x3';
import { f32_dw_plane } from './f32_dw_plane';
import { f32_dw_is_3x3 } from './f32_dw_plane_3x3';
import { f32_copy_into_frame, reach, zero } from './window';

/** Rows of a frame: what the windows of outputs rounded up to fours reach over. */
export function frameRows(outputs: i32, stride: i32, k: i32, dilation: i32): i32 {
  return reach((outputs + 3) & ~3, stride, k, dilation);
}

/** Columns of a frame: outputs rounded up to fours. */
export function frameColumns(outputs: i32, stride: i32, k: i32, dilation: i32): i32 {
  return reach((outputs + 3) & ~3, stride, k, dilation);
}

/** Scratch of f32_dwconv2d: one frame, or what the 3x3 kernels ask for. */
export function f32_dwconv2d_scratch(
  ho: i32,
  wo: i32,
  kh: i32,
  kw: i32,
  strideH: i32,
  strideW: i32,
  dilH: i32,
  dilW: i32,
): usize {
  const rows = frameRows(ho, strideH, kh, dilH);
  const frame = (<usize>rows * <usize>frameColumns(wo, strideW, kw, dilW)) << 2;
  const direct = f32_dw_is_3x3(kh, kw, strideH, strideW, dilH, dilW);
  return direct ? max(frame, f32_dw_3x3_scratch(ho, wo, strideW)) : frame;
}

/**
 * @param x f32 [n][ci][h][w]
 * @param weight f32 [ci * multiplier][kh][kw]
 * @param bias f32 [ci * multiplier], or 0
 * @param y f32 [n][ci * multiplier][ho][wo]
 * @param scratch f32_dwconv2d_scratch(...) bytes
 */
export function f32_dwconv2d(
  n: i32,
  ci: i32,
  h: i32,
  w: i32,
  multiplier: i32,
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
  x: usize,
  weight: usize,
  bias: usize,
  y: usize,
  lo: f32,
  hi: f32,
  scratch: usize,
): void {
  assert(multiplier > 0 && kh > 0 && kw > 0 && strideH > 0 && strideW > 0 && dilH > 0 && dilW > 0);
  const direct = f32_dw_is_3x3(kh, kw, strideH, strideW, dilH, dilW);
  const rows = frameRows(ho, strideH, kh, dilH);
  const columns = frameColumns(wo, strideW, kw, dilW);
  const frame = !direct && (padT != 0 || padL != 0 || rows > h || columns > w);
  const planeOfX = (<usize>h * <usize>w) << 2;
  const planeOfY = (<usize>ho * <usize>wo) << 2;
  const planeOfWeights = (<usize>kh * <usize>kw) << 2;
  const clamps = lo > -Infinity || hi < Infinity;
  const wp = frame ? columns : w;
  if (direct) f32_dw_3x3_begin(h, w, ho, wo, strideW, padT, padL, lo, hi, scratch);
  else if (frame) zero(scratch, (<usize>rows * <usize>columns) << 2);
  for (let sample = 0; sample < n; sample++) {
    let filter = weight;
    let offset = bias;
    for (let channel = 0; channel < ci; channel++) {
      let image = x;
      if (frame) {
        f32_copy_into_frame(1, h, w, padT, padL, 1, 1, rows, columns, x, scratch);
        image = scratch;
      }
      for (let i = 0; i < multiplier; i++) {
        const start: f32 = bias != 0 ? load<f32>(offset) : 0;
        if (direct) {
          f32_dw_3x3(h, w, ho, wo, strideW, padT, padL, x, filter, start, clamps, y, scratch);
        } else {
          f32_dw_plane(
            ho,
            wo,
            kh,
            kw,
            strideH,
            strideW,
            dilH,
            dilW,
            image,
            wp,
            filter,
            start,
            false,
            y,
            lo,
            hi,
          );
        }
        filter += planeOfWeights;
        offset += 4;
        y += planeOfY;
      }
      x += planeOfX;
    }
  }
}

/** Scratch of f32_dwconv2d_grad_input: one frame of the size of dx, the flipped weights of a channel, what the 3x3 kernels ask for. */
export function f32_dwconv2d_grad_input_scratch(
  h: i32,
  w: i32,
  kh: i32,
  kw: i32,
  dilH: i32,
  dilW: i32,
): usize {
  const frame = (<usize>frameRows(h, 1, kh, dilH) * <usize>frameColumns(w, 1, kw, dilW)) << 2;
  return frame + ((<usize>kh * <usize>kw) << 2) + f32_dw_3x3_scratch(h, w, 1);
}

/**
 * @param dy f32 [n][ci * multiplier][ho][wo]
 * @param weight f32 [ci * multiplier][kh][kw]
 * @param dx f32 [n][ci][h][w]
 * @param scratch f32_dwconv2d_grad_input_scratch(...) bytes
 */
export function f32_dwconv2d_grad_input(
  n: i32,
  ci: i32,
  h: i32,
  w: i32,
  multiplier: i32,
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
  dy: usize,
  weight: usize,
  dx: usize,
  scratch: usize,
): void {
  assert(multiplier > 0 && kh > 0 && kw > 0 && strideH > 0 && strideW > 0 && dilH > 0 && dilW > 0);
  const rows = frameRows(h, 1, kh, dilH);
  const columns = frameColumns(w, 1, kw, dilW);
  // dy[0][0] meets the last tap of dx[0][0]'s window at frame position (kh - 1) * dilH - padT.
  const top = (kh - 1) * dilH - padT;
  const left = (kw - 1) * dilW - padL;
  const planeOfX = (<usize>h * <usize>w) << 2;
  const planeOfY = (<usize>ho * <usize>wo) << 2;
  const taps = kh * kw;
  const flipped = scratch + ((<usize>rows * <usize>columns) << 2);
  const direct = multiplier == 1 && f32_dw_is_3x3(kh, kw, 1, 1, dilH, dilW);
  const inner = flipped + ((<usize>taps) << 2);
  const lo: f32 = -Infinity;
  const hi: f32 = Infinity;
  // With stride 1 nothing is spread: dy is the image, and its padding is what the window leaves.
  const spread = !direct || strideH > 1 || strideW > 1;
  if (spread) zero(scratch, (<usize>rows * <usize>columns) << 2);
  const ih = spread ? rows : ho;
  const iw = spread ? columns : wo;
  const above = spread ? 0 : top;
  const before = spread ? 0 : left;
  if (direct) f32_dw_3x3_begin(ih, iw, h, w, 1, above, before, lo, hi, inner);
  for (let sample = 0; sample < n; sample++) {
    let filter = weight;
    for (let channel = 0; channel < ci; channel++) {
      for (let i = 0; i < multiplier; i++) {
        if (spread) f32_copy_into_frame(1, ho, wo, top, left, strideH, strideW, rows, columns, dy, scratch);
        for (let t = 0; t < taps; t++) {
          store<f32>(flipped + ((<usize>t) << 2), load<f32>(filter + ((<usize>(taps - 1 - t)) << 2)));
        }
        if (direct) {
          const image = spread ? scratch : dy;
          f32_dw_3x3(ih, iw, h, w, 1, above, before, image, flipped, 0, false, dx, inner);
        } else f32_dw_plane(h, w, kh, kw, 1, 1, dilH, dilW, scratch, columns, flipped, 0, i > 0, dx, lo, hi);
        filter += (<usize>taps) << 2;
        dy += planeOfY;
      }
      dx += planeOfX;
    }
  }
}
