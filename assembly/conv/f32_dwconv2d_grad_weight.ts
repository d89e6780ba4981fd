/**
 * The gradient of depthwise weights: dw[o][ky][kx] = sum over samples and pixels of dy[n][o][oy][ox] x[n][o /
 * multiplier][oy * strideH + ky * dilH - padT][ox * strideW + kx * dilW - padL]. Each tap has an accumulator of four
 * lanes that runs over all samples, kept in memory between planes and summed at the end.
 *
 * Preconditions: multiplier, window, strides and dilations are at least 1.
 */
import { sumLanes } from '../gemm/f32_dot_2x5';
import { f32_dw_is_3x3 } from './f32_dw_plane_3x3';
import { f32_dwconv2d_scratch, frameColumns, frameRows } from './f32_dwconv2d';
import { loadPart, loadStrided } from './lanes';
import { f32_copy_into_frame, zero } from './window';

/** Scratch of f32_dwconv2d_grad_weight: a frame, four lanes for each tap of each of an input channel's outputs. */
export function f32_dwconv2d_grad_weight_scratch(
  multiplier: i32,
  ho: i32,
  wo: i32,
  kh: i32,
  kw: i32,
  strideH: i32,
  strideW: i32,
  dilH: i32,
  dilW: i32,
): usize {
  const lanes = (<usize>multiplier * <usize>kh * <usize>kw) << 4;
  return lanes + f32_dwconv2d_scratch(ho, wo, kh, kw, strideH, strideW, dilH, dilW);
}

/**
 * @param x f32 [n][ci][h][w]
 * @param dy f32 [n][ci * multiplier][ho][wo]
 * @param dw f32 [ci * multiplier][kh][kw]
 * @param scratch f32_dwconv2d_grad_weight_scratch(...) bytes
 */
export function f32_dwconv2d_grad_weight(
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
  dy: usize,
  dw: usize,
  scratch: usize,
): void {
  assert(multiplier > 0 && kh > 0 && kw > 0 && strideH > 0 && strideW > 0 && dilH > 0 && dilW > 0);
  const rows = frameRows(ho, strideH, kh, dilH);
  const columns = frameColumns(wo, strideW, kw, dilW);
  const inside = padT == 0 && padL == 0 && rows <= h && columns <= w;
  const wp = inside ? w : columns;
  const planeOfX = (<usize>h * <usize>w) << 2;
  const planeOfY = (<usize>ho * <usize>wo) << 2;
  const lanesOfPlane = (<usize>kh * <usize>kw) << 4;
  const frame = scratch + lanesOfPlane * <usize>multiplier;
  const direct = wo >= 4 && f32_dw_is_3x3(kh, kw, strideH, strideW, dilH, dilW);
  if (!inside) zero(frame, (<usize>rows * <usize>columns) << 2);
  for (let channel = 0; channel < ci; channel++) {
    zero(scratch, lanesOfPlane * <usize>multiplier);
    for (let sample = 0; sample < n; sample++) {
      let image = x + <usize>(sample * ci + channel) * planeOfX;
      if (!inside) {
        f32_copy_into_frame(1, h, w, padT, padL, 1, 1, rows, columns, image, frame);
        image = frame;
      }
      for (let i = 0; i < multiplier; i++) {
        const g = dy + <usize>((sample * ci + channel) * multiplier + i) * planeOfY;
        const lanes = scratch + <usize>i * lanesOfPlane;
        if (direct) {
          if (strideW == 1) taps3x3(ho, wo, image, wp, g, lanes);
          else taps3x3Stride2(ho, wo, image, wp, g, lanes);
        } else tapByTap(ho, wo, kh, kw, strideH, strideW, dilH, dilW, image, wp, g, lanes);
      }
    }
    for (let t = 0; t < multiplier * kh * kw; t++) {
      const v = v128.load(scratch + ((<usize>t) << 4));
      store<f32>(dw, f32x4.extract_lane(sumLanes(v, v, v, v), 0));
      dw += 4;
    }
  }
}

/** One plane, any window: lanes[tap] += dy * x. */
function tapByTap(
  ho: i32,
  wo: i32,
  kh: i32,
  kw: i32,
  strideH: i32,
  strideW: i32,
  dilH: i32,
  dilW: i32,
  image: usize,
  wp: i32,
  dy: usize,
  lanes: usize,
): void {
  for (let ky = 0; ky < kh; ky++) {
    for (let kx = 0; kx < kw; kx++) {
      let acc = v128.load(lanes);
      let g = dy;
      for (let oy = 0; oy < ho; oy++) {
        let p = image + ((<usize>((oy * strideH + ky * dilH) * wp + kx * dilW)) << 2);
        for (let left = wo; left > 0; left -= 4) {
          acc = f32x4.add(acc, f32x4.mul(loadPart(g, left), loadStrided(p, strideW)));
          g += (<usize>min(4, left)) << 2;
          p += (<usize>strideW) << 4;
        }
      }
      v128.store(lanes, acc);
      lanes += 16;
    }
  }
}

/** The last `count` < 4 of four floats; zeros before them. */
function maskLast(v: v128, count: i32): v128 {
  return v128.and(v, i32x4.ge_s(i32x4(0, 1, 2, 3), i32x4.splat(4 - count)));
}

/**
 * One plane, 3x3, stride 1, rows of four or more: nine accumulators in registers, two rows of dy against the four image
 * rows under them. The last four pixels of a row end where it ends; those that were already counted are masked out of dy.
 */
function taps3x3(ho: i32, wo: i32, image: usize, wp: i32, dy: usize, lanes: usize): void {
  const row = (<usize>wp) << 2;
  const out = (<usize>wo) << 2;
  let a00 = v128.load(lanes, 0);
  let a01 = v128.load(lanes, 16);
  let a02 = v128.load(lanes, 32);
  let a10 = v128.load(lanes, 48);
  let a11 = v128.load(lanes, 64);
  let a12 = v128.load(lanes, 80);
  let a20 = v128.load(lanes, 96);
  let a21 = v128.load(lanes, 112);
  let a22 = v128.load(lanes, 128);
  for (let oy = 0; oy < ho; oy += 2) {
    // An odd last row is taken twice, the second time as zeros.
    const both = oy + 1 < ho;
    const below = both ? out : 0;
    let p = image;
    let d = dy;
    let left = wo;
    let step: usize = 16;
    while (left > 0) {
      let g = v128.load(d);
      let h = v128.load(d + below);
      if (step < 16) {
        g = maskLast(g, left);
        h = maskLast(h, left);
      }
      if (!both) h = f32x4.splat(0);
      let r = p;
      let v = v128.load(r);
      a00 = f32x4.add(a00, f32x4.mul(g, v));
      v = v128.load(r, 4);
      a01 = f32x4.add(a01, f32x4.mul(g, v));
      v = v128.load(r, 8);
      a02 = f32x4.add(a02, f32x4.mul(g, v));
      if (left == -1) break;
      r += row;
      v = v128.load(r);
      a10 = f32x4.add(a10, f32x4.mul(g, v));
      a00 = f32x4.add(a00, f32x4.mul(h, v));
      v = v128.load(r, 4);
      a11 = f32x4.add(a11, f32x4.mul(g, v));
      a01 = f32x4.add(a01, f32x4.mul(h, v));
      v = v128.load(r, 8);
      a12 = f32x4.add(a12, f32x4.mul(g, v));
      a02 = f32x4.add(a02, f32x4.mul(h, v));
      if (left == -2) break;
      r += row;
      v = v128.load(r);
      a20 = f32x4.add(a20, f32x4.mul(g, v));
      a10 = f32x4.add(a10, f32x4.mul(h, v));
      v = v128.load(r, 4);
      a21 = f32x4.add(a21, f32x4.mul(g, v));
      a11 = f32x4.add(a11, f32x4.mul(h, v));
      v = v128.load(r, 8);
      a22 = f32x4.add(a22, f32x4.mul(g, v));
      a12 = f32x4.add(a12, f32x4.mul(h, v));
      if (left == -3) break;
      r += row;
      v = v128.load(r);
      a20 = f32x4.add(a20, f32x4.mul(h, v));
      v = v128.load(r, 4);
      a21 = f32x4.add(a21, f32x4.mul(h, v));
      v = v128.load(r, 8);
      a22 = f32x4.add(a22, f32x4.mul(h, v));
      left -= 4;
      if (left > 0 && left < 4) step = (<usize>left) << 2;
      d += step;
      p += step;
    }
    dy += 2 * out;
    image += 2 * row;
  }
  v128.store(lanes, a00, 0);
  v128.store(lanes, a01, 16);
  v128.store(lanes, a02, 32);
  v128.store(lanes, a10, 48);
  v128.store(lanes, a11, 64);
  v128.store(lanes, a12, 80);
  v128.store(lanes, a20, 96);
  v128.store(lanes, a21, 112);
  v128.store(lanes, a22, 128);
}

/** The same for stride 2, a row of dy at a time. */
function taps3x3Stride2(ho: i32, wo: i32, image: usize, wp: i32, dy: usize, lanes: usize): void {
  const row = (<usize>wp) << 2;
  let a00 = v128.load(lanes, 0);
  let a01 = v128.load(lanes, 16);
  let a02 = v128.load(lanes, 32);
  let a10 = v128.load(lanes, 48);
  let a11 = v128.load(lanes, 64);
  let a12 = v128.load(lanes, 80);
  let a20 = v128.load(lanes, 96);
  let a21 = v128.load(lanes, 112);
  let a22 = v128.load(lanes, 128);
  for (let oy = 0; oy < ho; oy++) {
    let p = image;
    let d = dy;
    let left = wo;
    let step: usize = 16;
    while (left > 0) {
      let g = v128.load(d);
      if (step < 16) g = maskLast(g, left);
      let r = p;
      let v = v128.load(r);
      let u = v128.load(r, 16);
      a00 = f32x4.add(a00, f32x4.mul(g, v128.shuffle<f32>(v, u, 0, 2, 4, 6)));
      a01 = f32x4.add(a01, f32x4.mul(g, v128.shuffle<f32>(v, u, 1, 3, 5, 7)));
      v = v128.shuffle<f32>(v128.load(r, 8), v128.load(r, 20), 0, 2, 5, 7);
      a02 = f32x4.add(a02, f32x4.mul(g, v));
      if (left == -1) break;
      r += row;
      v = v128.load(r);
      u = v128.load(r, 16);
      a10 = f32x4.add(a10, f32x4.mul(g, v128.shuffle<f32>(v, u, 0, 2, 4, 6)));
      a11 = f32x4.add(a11, f32x4.mul(g, v128.shuffle<f32>(v, u, 1, 3, 5, 7)));
      v = v128.shuffle<f32>(v128.load(r, 8), v128.load(r, 20), 0, 2, 5, 7);
      a12 = f32x4.add(a12, f32x4.mul(g, v));
      if (left == -2) break;
      r += row;
      v = v128.load(r);
      u = v128.load(r, 16);
      a20 = f32x4.add(a20, f32x4.mul(g, v128.shuffle<f32>(v, u, 0, 2, 4, 6)));
      a21 = f32x4.add(a21, f32x4.mul(g, v128.shuffle<f32>(v, u, 1, 3, 5, 7)));
      v = v128.shuffle<f32>(v128.load(r, 8), v128.load(r, 20), 0, 2, 5, 7);
      a22 = f32x4.add(a22, f32x4.mul(g, v));
      left -= 4;
      if (left > 0 && left < 4) step = (<usize>left) << 2;
      d += step;
      p += step << 1;
    }
    dy += (<usize>wo) << 2;
    image += 2 * row;
  }
  v128.store(lanes, a00, 0);
  v128.store(lanes, a01, 16);
  v128.store(lanes, a02, 32);
  v128.store(lanes, a10, 48);
  v128.store(lanes, a11, 64);
  v128.store(lanes, a12, 80);
  v128.store(lanes, a20, 96);
  v128.store(lanes, a21, 112);
  v128.store(lanes, a22, 128);
}
