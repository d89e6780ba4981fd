/**
 * Where a convolution's taps read. Padding is copied into being once per image, so that no loop below tests a border:
 * a tap of a pixel is then at image + pixel offset + tap offset, and both offsets come from a small table.
 *
 *   tap offset[(c, ky, kx)] = ((c * hp + ky * dilH) * wp + kx * dilW) * 4
 *   pixel offset[(oy, ox)]  = (oy * strideH * wp + ox * strideW) * 4
 *
 * In a frame whose rows are sorted, even columns before odd ones (f32_sort_into_frame), pixels two columns apart are
 * neighbours: ox * strideW becomes ox, and kx * dilW its place in its half.
 */

/** Rows (or columns) that `outputs` windows reach over. */
export function reach(outputs: i32, stride: i32, k: i32, dilation: i32): i32 {
  return (outputs - 1) * stride + (k - 1) * dilation + 1;
}

/** Fills the table of tap offsets: i32 [c][kh][kw] for planes of hp x wp, sorted rows or not. */
export function fillTaps(
  c: i32,
  kh: i32,
  kw: i32,
  dilH: i32,
  dilW: i32,
  hp: i32,
  wp: i32,
  sorted: bool,
  to: usize,
): void {
  for (let i = 0; i < c; i++) {
    for (let ky = 0; ky < kh; ky++) {
      for (let kx = 0; kx < kw; kx++) {
        const x = kx * dilW;
        const column = sorted ? (x >> 1) + (x & 1 ? wp >> 1 : 0) : x;
        store<i32>(to, ((i * hp + ky * dilH) * wp + column) << 2);
        to += 4;
      }
    }
  }
}

/** Entries of a pixel table: whole panels of 8. */
export function pixelEntries(pixels: i32): i32 {
  return (pixels + 7) & ~7;
}

/** Fills the table of pixel offsets: i32 [pixelEntries(ho * wo)]; the last pixel is repeated to fill a panel. */
export function fillPixels(ho: i32, wo: i32, strideH: i32, strideW: i32, wp: i32, to: usize): void {
  let offset = 0;
  for (let oy = 0; oy < ho; oy++) {
    for (let ox = 0; ox < wo; ox++) {
      offset = (oy * strideH * wp + ox * strideW) << 2;
      store<i32>(to, offset);
      to += 4;
    }
  }
  for (let i = ho * wo; i < pixelEntries(ho * wo); i++) {
    store<i32>(to, offset);
    to += 4;
  }
}

/**
 * Copies planes into a frame: f32 [planes][h][w] to [planes][hp][wp], element (y, x) to (padT + y * stepH, padL + x *
 * stepW). What falls outside of the frame is dropped; padT and padL may be negative. The rest of the frame is not
 * written: zero it once, and copy one image after the other to the same places. Steps above 1 leave gaps between
 * elements, as the gradient of a strided convolution needs.
 */
export function f32_copy_into_frame(
  planes: i32,
  h: i32,
  w: i32,
  padT: i32,
  padL: i32,
  stepH: i32,
  stepW: i32,
  hp: i32,
  wp: i32,
  x: usize,
  to: usize,
): void {
  // First and one past the last source row and column that fall inside.
  const y0 = padT < 0 ? (stepH - 1 - padT) / stepH : 0;
  const y1 = padT < hp ? min(h, (hp - 1 - padT) / stepH + 1) : 0;
  const x0 = padL < 0 ? (stepW - 1 - padL) / stepW : 0;
  const x1 = padL < wp ? min(w, (wp - 1 - padL) / stepW + 1) : 0;
  if (x0 >= x1) return;
  const width = (<usize>(x1 - x0)) << 2;
  const fromStep = (<usize>w) << 2;
  const toStep = (<usize>(stepH * wp)) << 2;
  const element = (<usize>stepW) << 2;
  const plane = (<usize>h * <usize>w) << 2;
  const framePlane = (<usize>hp * <usize>wp) << 2;
  x += (<usize>(y0 * w + x0)) << 2;
  to += (<usize>((padT + y0 * stepH) * wp + padL + x0 * stepW)) << 2;
  for (let p = 0; p < planes; p++) {
    let from = x;
    let target = to;
    for (let y = y0; y < y1; y++) {
      if (stepW == 1 && width >= 16) {
        // Quads; the last one ends where the row ends and may overlap the one before.
        const last = width - 16;
        for (let i: usize = 0; i < last; i += 16) v128.store(target + i, v128.load(from + i));
        v128.store(target + last, v128.load(from + last));
      } else {
        let d = target;
        for (let i: usize = 0; i < width; i += 4) {
          store<f32>(d, load<f32>(from + i));
          d += element;
        }
      }
      from += fromStep;
      target += toStep;
    }
    x += plane;
    to += framePlane;
  }
}

/** Zeros `bytes` bytes, a multiple of 4. Small areas: a call of memory.fill costs more than the loop. */
export function zero(to: usize, bytes: usize): void {
  const end = to + bytes;
  const zeros = f32x4.splat(0);
  for (; to + 16 <= end; to += 16) v128.store(to, zeros);
  for (; to < end; to += 4) store<f32>(to, 0);
}
