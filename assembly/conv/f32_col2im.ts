/**
 * The transpose of im2col for one row of the window: adds its columns, f32 [c][kw][count], onto the image dx[c][h][w], each
 * value where its tap read it. The columns are the output pixels first .. first + count - 1 of an output wo wide: the end of
 * a row, whole rows, the beginning of a row.
 *
 *   column (c, kx), output (oy, ox)  ->  dx[c][oy * strideH + top][ox * strideW + kx * dilW - padL]
 *
 * What falls outside of the image met padding and is dropped. At stride 1 the taps of a whole row are gathered: each vector
 * of dx is loaded once, takes one vector of each column, and is stored. Lanes that no output reaches are masked:
 *
 *   dx          0 1 2 3   4 5 6 7            dx[x] += column(kx)[x + padL - kx], 3 taps, padL = 1, wo = w = 7
 *   kx = 0      1 2 3 4   5 6 . .            the columns of a channel lie one behind the other, so that the
 *   kx = 1      0 1 2 3   4 5 6 .            next tap's vector begins one column less a pixel later
 *   kx = 2      . 0 1 2   3 4 5 6
 *
 * An element's taps are added in the order of kx either way.
 *
 * Preconditions, not asserted: wo, count and strides are at least 1; no element of dx is -0 (adding 0 leaves all others);
 * 4 * kw * dilW + 16 bytes before and behind the columns can be read.
 */
import { loadPart, storePart } from '../math/lanes';

/** Bytes of the masks. */
export function f32_col2im_mask_bytes(w: i32, kw: i32): usize {
  return (<usize>(((w + 3) >> 2) * kw)) << 4;
}

/** Fills the masks of stride 1: for each vector of a row of dx and each tap, the lanes that an output reaches. */
export function f32_col2im_masks(w: i32, wo: i32, kw: i32, padL: i32, dilW: i32, to: usize): void {
  for (let x = 0; x < w; x += 4) {
    for (let kx = 0; kx < kw; kx++) {
      for (let lane = 0; lane < 4; lane++) {
        const ox = x + lane + padL - kx * dilW;
        store<i32>(to, ox >= 0 && ox < wo ? -1 : 0);
        to += 4;
      }
    }
  }
}

/**
 * @param top offset of the row of the window: ky * dilH - padT
 * @param masks what f32_col2im_masks wrote; not read where strideW is above 1
 */
export function f32_col2im(
  c: i32,
  h: i32,
  w: i32,
  wo: i32,
  kw: i32,
  strideH: i32,
  strideW: i32,
  top: i32,
  padL: i32,
  dilW: i32,
  first: i32,
  count: i32,
  columns: usize,
  masks: usize,
  dx: usize,
): void {
  const row = first / wo;
  const column = first % wo;
  const head = column > 0 ? min(wo - column, count) : 0;
  const rows = (count - head) / wo;
  const tail = count - head - rows * wo;
  const firstWhole = head > 0 ? row + 1 : row;
  const run = (<usize>count) << 2;
  const channel = run * <usize>kw;
  const whole = columns + ((<usize>head) << 2);
  const last = whole + ((<usize>(rows * wo)) << 2);
  if (rows > 0 && strideW == 1) {
    gatherRows(c, h, w, wo, kw, strideH, top, padL, dilW, firstWhole, rows, whole, run, masks, dx);
  }
  for (let kx: usize = 0; kx < <usize>kw; kx++) {
    const left = <i32>kx * dilW - padL;
    const at = kx * run;
    if (head > 0)
      addBlock(c, row, 1, column, head, wo, strideH, strideW, top, left, h, w, columns + at, channel, dx);
    if (rows > 0 && strideW != 1) {
      addBlock(c, firstWhole, rows, 0, wo, wo, strideH, strideW, top, left, h, w, whole + at, channel, dx);
    }
    if (tail > 0) {
      addBlock(
        c,
        firstWhole + rows,
        1,
        0,
        tail,
        wo,
        strideH,
        strideW,
        top,
        left,
        h,
        w,
        last + at,
        channel,
        dx,
      );
    }
  }
}

/** All taps of `rows` whole rows of outputs at strideW 1. */
function gatherRows(
  c: i32,
  h: i32,
  w: i32,
  wo: i32,
  kw: i32,
  strideH: i32,
  top: i32,
  padL: i32,
  dilW: i32,
  oy: i32,
  rows: i32,
  from: usize,
  run: usize,
  masks: usize,
  dx: usize,
): void {
  const y0 = firstInside(oy, strideH, top);
  const y1 = endInside(oy + rows, strideH, top, h);
  if (y0 >= y1) return;
  const part = w & 3;
  const whole = (<usize>(w & ~3)) << 2;
  const channel = run * <usize>kw;
  const nextTap = run - ((<usize>dilW) << 2);
  const plane = (<usize>h * <usize>w) << 2;
  const maskStep = (<usize>kw) << 4;
  from += (<usize>((y0 - oy) * wo + padL)) << 2;
  dx += (<usize>((y0 * strideH + top) * w)) << 2;
  for (let i = 0; i < c; i++) {
    let s = from;
    let d = dx;
    for (let y = y0; y < y1; y++) {
      let mask = masks;
      let source = s;
      for (const end = d + whole; d < end; d += 16) {
        v128.store(d, gather(v128.load(d), source, nextTap, mask, mask + maskStep));
        mask += maskStep;
        source += 16;
      }
      if (part) {
        storePart(d, gather(loadPart(d, part), source, nextTap, mask, mask + maskStep), part);
        d += (<usize>part) << 2;
      }
      s += (<usize>wo) << 2;
      d += (<usize>((strideH - 1) * w)) << 2;
    }
    from += channel;
    dx += plane;
  }
}

/** sum plus a masked vector of each tap, in their order. */
function gather(sum: v128, source: usize, nextTap: usize, mask: usize, end: usize): v128 {
  for (; mask < end; mask += 16) {
    sum = f32x4.add(sum, v128.and(v128.load(source), v128.load(mask)));
    source += nextTap;
  }
  return sum;
}

/** Of the outputs that read inside of the image at a tap's offset, the first not before `from`. */
function firstInside(from: i32, stride: i32, offset: i32): i32 {
  return max(from, offset < 0 ? (stride - 1 - offset) / stride : 0);
}

/** One past the last of them that is before `end`. */
function endInside(end: i32, stride: i32, offset: i32, extent: i32): i32 {
  return offset < extent ? min(end, (extent - 1 - offset) / stride + 1) : 0;
}

/** `rows` rows of `count` outputs of all channels, `run` bytes from one channel to the next, clipped to the image. */
function addBlock(
  c: i32,
  oy: i32,
  rows: i32,
  ox: i32,
  count: i32,
  wo: i32,
  strideH: i32,
  strideW: i32,
  top: i32,
  left: i32,
  h: i32,
  w: i32,
  from: usize,
  run: usize,
  dx: usize,
): void {
  const y0 = firstInside(oy, strideH, top);
  let y1 = endInside(oy + rows, strideH, top, h);
  const x0 = firstInside(ox, strideW, left);
  const x1 = endInside(ox + count, strideW, left, w);
  if (x0 >= x1 || y0 >= y1) return;
  from += (<usize>((y0 - oy) * wo + x0 - ox)) << 2;
  dx += (<usize>((y0 * strideH + top) * w + x0 * strideW + left)) << 2;
  let width = x1 - x0;
  if (width == wo && wo == w && strideH == 1) {
    // Whole rows below each other are one.
    width *= y1 - y0;
    y1 = y0 + 1;
  }
  const plane = (<usize>h * <usize>w) << 2;
  const fromStep = (<usize>wo) << 2;
  const toStep = (<usize>(strideH * w)) << 2;
  for (let i = 0; i < c; i++) {
    let s = from;
    let d = dx;
    if (strideW == 1) {
      for (let y = y0; y < y1; y++) {
        addRun(width, s, d);
        s += fromStep;
        d += toStep;
      }
    } else if (strideW == 2) {
      for (let y = y0; y < y1; y++) {
        addSpread(width, s, d);
        s += fromStep;
        d += toStep;
      }
    } else {
      const step = (<usize>strideW) << 2;
      for (let y = y0; y < y1; y++) {
        let to = d;
        for (let x: usize = 0; x < (<usize>width) << 2; x += 4) {
          store<f32>(to, load<f32>(to) + load<f32>(s + x));
          to += step;
        }
        s += fromStep;
        d += toStep;
      }
    }
    from += run;
    dx += plane;
  }
}

/** d[i] += s[i], `width` floats. */
function addRun(width: i32, s: usize, d: usize): void {
  for (const end = s + ((<usize>(width & ~3)) << 2); s < end; s += 16) {
    v128.store(d, f32x4.add(v128.load(d), v128.load(s)));
    d += 16;
  }
  if (width & 2) {
    v128.store64_lane(d, f32x4.add(v128.load64_zero(d), v128.load64_zero(s)), 0);
    d += 8;
    s += 8;
  }
  if (width & 1) store<f32>(d, load<f32>(d) + load<f32>(s));
}

/** d[2 i] += s[i], `width` floats: between them zeros are added. */
function addSpread(width: i32, s: usize, d: usize): void {
  const zero = f32x4.splat(0);
  for (; width > 4; width -= 4) {
    const v = v128.load(s);
    v128.store(d, f32x4.add(v128.load(d), v128.shuffle<f32>(v, zero, 0, 4, 1, 5)));
    v128.store(d, f32x4.add(v128.load(d, 16), v128.shuffle<f32>(v, zero, 2, 6, 3, 7)), 16);
    s += 16;
    d += 32;
  }
  for (; width > 0; width--) {
    store<f32>(d, load<f32>(d) + load<f32>(s));
    s += 4;
    d += 8;
  }
}
