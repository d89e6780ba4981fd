/**
 * The transpose of im2col: adds a block of columns, f32 [c][kh][kw][count], onto the image dx[c][h][w], each value where
 * its tap read it. The columns are the output pixels first .. first + count - 1 of an output wo wide.
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
  const firstRow = first / wo;
  const firstColumn = first % wo;
  const run = (<usize>count) << 2;
  const plane = (<usize>h * <usize>w) << 2;
  for (let i = 0; i < c; i++) {
    for (let ky = 0; ky < kh; ky++) {
      for (let kx = 0; kx < kw; kx++) {
        // Output columns from .. end - 1 read inside of the image at this tap.
        const offset = kx * dilW - padL;
        const from = offset < 0 ? (strideW - 1 - offset) / strideW : 0;
        const end = offset < w ? min(wo, (w - 1 - offset) / strideW + 1) : 0;
        let oy = firstRow;
        let ox = firstColumn;
        let at = columns;
        const stop = columns + run;
        while (at < stop) {
          const length = min(wo - ox, <i32>((stop - at) >> 2));
          const iy = oy * strideH + ky * dilH - padT;
          const a = max(ox, from);
          const b = min(ox + length, end);
          if (iy >= 0 && iy < h && a < b) {
            const target = dx + ((<usize>(iy * w + a * strideW + offset)) << 2);
            addRow(b - a, strideW, at + ((<usize>(a - ox)) << 2), target);
          }
          at += (<usize>length) << 2;
          ox = 0;
          oy++;
        }
        columns += run;
      }
    }
    dx += plane;
  }
}

/** to[i * stride] += from[i]. */
function addRow(length: i32, stride: i32, from: usize, to: usize): void {
  if (stride == 1) {
    for (; length >= 4; length -= 4) {
      v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
      to += 16;
      from += 16;
    }
  }
  for (; length > 0; length--) {
    store<f32>(to, load<f32>(to) + load<f32>(from));
    to += (<usize>stride) << 2;
    from += 4;
  }
}
