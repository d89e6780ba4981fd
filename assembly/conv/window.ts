/**
 * Where a convolution's taps read. Padding is copied into being once per image, so that no loop below tests a border:
 * a tap of a pixel is then at image + pixel offset + tap offset, and both offsets come from a small table.
 *
 *   tap offset[(c, ky, kx)] = ((c * hp + ky * dilH) * wp + kx * dilW) * 4
 *   pixel offset[(oy, ox)]  = (oy * strideH * wp + ox * strideW) * 4
 */

/** Rows (or columns) that `outputs` windows reach over. */
export function reach(outputs: i32, stride: i32, k: i32, dilation: i32): i32 {
  return (outputs - 1) * stride + (k - 1) * dilation + 1;
}

/** Fills the table of tap offsets: i32 [c][kh][kw] for planes of hp x wp. */
export function fillTaps(c: i32, kh: i32, kw: i32, dilH: i32, dilW: i32, hp: i32, wp: i32, to: usize): void {
  for (let i = 0; i < c; i++) {
    for (let ky = 0; ky < kh; ky++) {
      for (let kx = 0; kx < kw; kx++) {
        store<i32>(to, ((i * hp + ky * dilH) * wp + kx * dilW) << 2);
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
 * Copies planes into a frame of zeros: f32 [planes][h][w] to [planes][hp][wp], element (y, x) to (padT + y * stepH,
 * padL + x * stepW). What falls outside of the frame is dropped; padT and padL may be negative. Steps above 1 leave zeros
 * between elements, as the gradient of a strided convolution needs.
 */
export function f32_pad_planes(
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
  const plane = (<usize>hp * <usize>wp) << 2;
  const row = (<usize>wp) << 2;
  // First and one past the last source column that falls inside.
  const from = padL < 0 ? (stepW - 1 - padL) / stepW : 0;
  const end = padL < wp ? min(w, (wp - 1 - padL) / stepW + 1) : 0;
  for (let p = 0; p < planes; p++) {
    zero(to, plane);
    for (let y = 0; y < h; y++) {
      const iy = padT + y * stepH;
      if (iy >= 0 && iy < hp && from < end) {
        let s = x + ((<usize>(y * w + from)) << 2);
        let d = to + <usize>iy * row + ((<usize>(padL + from * stepW)) << 2);
        const stop = x + ((<usize>(y * w + end)) << 2);
        if (stepW == 1) {
          for (; s + 16 <= stop; s += 16) {
            v128.store(d, v128.load(s));
            d += 16;
          }
        }
        for (; s < stop; s += 4) {
          store<f32>(d, load<f32>(s));
          d += (<usize>stepW) << 2;
        }
      }
    }
    x += (<usize>h * <usize>w) << 2;
    to += plane;
  }
}

/** Zeros `bytes` bytes, a multiple of 4. Small areas: a call of memory.fill costs more than the loop. */
export function zero(to: usize, bytes: usize): void {
  const end = to + bytes;
  const zeros = f32x4.splat(0);
  for (; to + 16 <= end; to += 16) v128.store(to, zeros);
  for (; to < end; to += 4) store<f32>(to, 0);
}
