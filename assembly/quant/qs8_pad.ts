/**
 * int8 planes -> padded i16 planes, zero point taken off, columns sorted by phase.
 *
 *   y[c][q][r][j] = x[c][r - padT][j * phases + q - padL] - zeroX        0 outside x
 *
 * x is i8 [channels][h][w], y is i16 [channels][phases][rows][columns]. With phases = the convolution's horizontal
 * stride, output pixels that are neighbours read neighbours in y for every tap: padding, stride and zero point are dealt
 * with once for each input value instead of once for each tap.
 *
 *   stride 2, padL 1:     x = a b c d e f       y, phase 0:  0 b d f      (tap kx = 0)
 *                                                  phase 1:  a c e 0      (tap kx = 1; kx = 2 is phase 0 from j = 1)
 */
export function qs8_pad(
  x: usize,
  y: usize,
  channels: i32,
  h: i32,
  w: i32,
  rows: i32,
  columns: i32,
  phases: i32,
  padT: i32,
  padL: i32,
  zeroX: i32,
): void {
  assert(phases > 0 && rows > 0 && columns > 0);
  const pitch = (<usize>columns) << 1;
  const plane = <usize>rows * pitch;
  for (let c = 0; c < channels; c++) {
    for (let r = 0; r < rows; r++) {
      const row = y + <usize>r * pitch;
      const iy = r - padT;
      const outside = iy < 0 || iy >= h;
      if (outside || phases > 1 || padL > 0 || w < columns) {
        for (let q = 0; q < phases; q++) memory.fill(row + <usize>q * plane, 0, pitch);
      }
      if (outside) continue;
      const from = x + <usize>iy * <usize>w;
      if (phases == 1) widenRow(from, row + ((<usize>padL) << 1), min(w, columns - padL), zeroX);
      else sortRow(from, row, w, columns, phases, plane, padL, zeroX);
    }
    x += <usize>h * <usize>w;
    y += <usize>phases * plane;
  }
}

/** y[i] (i16) = x[i] (i8) - zeroX. */
function widenRow(x: usize, y: usize, size: i32, zeroX: i32): void {
  const zero = i16x8.splat(<i16>zeroX);
  if (size < 8) {
    for (let i = 0; i < size; i++)
      store<i16>(y + ((<usize>i) << 1), <i16>(<i32>load<i8>(x + <usize>i) - zeroX));
    return;
  }
  for (let i = 0; i < size; i += 8) {
    const at = <usize>min(i, size - 8); // the last step overlaps the one before
    v128.store(y + (at << 1), i16x8.sub(v128.load_ext<i8>(x + at), zero));
  }
}

/** One row, value i to phase (i + padL) % phases, place (i + padL) / phases. */
function sortRow(
  x: usize,
  row: usize,
  w: i32,
  columns: i32,
  phases: i32,
  plane: usize,
  padL: i32,
  zeroX: i32,
): void {
  const size = min(w, columns * phases - padL);
  let i = 0;
  if (phases == 2) {
    const zero = i16x8.splat(<i16>zeroX);
    // Even and odd bytes go to different phases; with an odd padL they change places and the odd ones move up by one.
    const even = row + (padL & 1 ? plane : 0) + ((<usize>(padL >> 1)) << 1);
    const odd = row + (padL & 1 ? 0 : plane) + ((<usize>((padL + 1) >> 1)) << 1);
    for (; i + 16 <= size; i += 16) {
      const v = v128.load(x + <usize>i);
      v128.store(even + <usize>i, i16x8.sub(i16x8.shr_s(i16x8.shl(v, 8), 8), zero));
      v128.store(odd + <usize>i, i16x8.sub(i16x8.shr_s(v, 8), zero));
    }
  }
  let q = (i + padL) % phases;
  let j = (i + padL) / phases;
  for (; i < size; i++) {
    store<i16>(row + <usize>q * plane + ((<usize>j) << 1), <i16>(<i32>load<i8>(x + <usize>i) - zeroX));
    if (++q == phases) {
      q = 0;
      j++;
    }
  }
}
