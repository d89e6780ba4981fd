/**
 * The transpose of im2col: adds a block of columns, f32 [c][kh][kw][count], onto the image dx[c][h][w], each value where
 * its tap read it. The columns are the output pixels first .. first + count - 1 of an output wo wide: the end of a row,
 * whole rows, the beginning of a row.
 *
 * Compared with a window:   column (c, ky, kx), output (oy, ox)  ->  dx[c][oy * strideH - padT + ky * dilH][ox *
 * strideW - padL + kx * dilW]
 *
 * Preconditions, not asserted (this is inlined): wo, count and strides are at least 1.
 */
export function f32_col2im(
  c: i32,
  h: i32,
  w: i32,
  wo: i32,
  kh: i32,
  kw: i32,
  strideH: i32,
  strideW: i32,
  padT: i32,
  padL: i32,
  dilH: i32,
  dilW: i32,
  first: i32,
  count: i32,
  columns: usize,
  dx: usize,
): void {
  const row = first / wo;
  const column = first % wo;
  const head = column > 0 ? min(wo - column, count) : 0;
  const rows = (count - head) / wo;
  const tail = count - head - rows * wo;
  const firstWhole = head > 0 ? row + 1 : row;
  const run = (<usize>count) << 2;
  const plane = (<usize>h * <usize>w) << 2;
  for (let i = 0; i < c; i++) {
    for (let ky = 0; ky < kh; ky++) {
      const top = ky * dilH - padT;
      for (let kx = 0; kx < kw; kx++) {
        const left = kx * dilW - padL;
        let from = columns;
        if (head > 0) {
          addBlock(row, 1, column, head, wo, strideH, strideW, top, left, h, w, from, dx);
          from += (<usize>head) << 2;
        }
        if (rows > 0) {
          addBlock(firstWhole, rows, 0, wo, wo, strideH, strideW, top, left, h, w, from, dx);
          from += (<usize>(rows * wo)) << 2;
        }
        if (tail > 0) {
          addBlock(firstWhole + rows, 1, 0, tail, wo, strideH, strideW, top, left, h, w, from, dx);
        }
        columns += run;
      }
    }
    dx += plane;
  }
}

/** Of the outputs that read inside of the image at a tap's offset, the first not before `from`. */
function firstInside(from: i32, stride: i32, offset: i32): i32 {
  return max(from, offset < 0 ? (stride - 1 - offset) / stride : 0);
}

/** One past the last of them that is before `end`. */
function endInside(end: i32, stride: i32, offset: i32, extent: i32): i32 {
  return offset < extent ? min(end, (extent - 1 - offset) / stride + 1) : 0;
}

/** One tap of `rows` rows of `count` outputs, clipped to the image. */
function addBlock(
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
  dx: usize,
): void {
  const y0 = firstInside(oy, strideH, top);
  const y1 = endInside(oy + rows, strideH, top, h);
  const x0 = firstInside(ox, strideW, left);
  const x1 = endInside(ox + count, strideW, left, w);
  if (x0 >= x1) return;
  const width = (<usize>(x1 - x0)) << 2;
  const fromStep = (<usize>wo) << 2;
  const toStep = (<usize>(strideH * w)) << 2;
  from += (<usize>((y0 - oy) * wo + x0 - ox)) << 2;
  let to = dx + ((<usize>((y0 * strideH + top) * w + x0 * strideW + left)) << 2);
  for (let y = y0; y < y1; y++) {
    let s = from;
    let d = to;
    const end = s + width;
    if (strideW == 1) {
      for (const whole = s + (width & ~15); s < whole; s += 16) {
        v128.store(d, f32x4.add(v128.load(d), v128.load(s)));
        d += 16;
      }
    }
    for (; s < end; s += 4) {
      store<f32>(d, load<f32>(d) + load<f32>(s));
      d += (<usize>strideW) << 2;
    }
    from += fromStep;
    to += toStep;
  }
}
