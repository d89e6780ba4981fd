/**
 * int8 planes -> padded i16 planes, zero point taken off, columns sorted by phase.
 *
 *   y[c][q][r][j] = x[c][r - padT][j * phases + q - padL] - zeroX        0 outside x
 *
 * x is i8 [channels][h][w], y is i16 [channels][phases][rows][columns]. With phases = the convolution's horizontal
 * stride, output pixels that are neighbours read neighbours in y for every tap: padding, stride and zero point are dealt
 * with once for each input value instead of once for each tap.
 *
 * Only positions inside x are written. With `clear` all of y is zeroed first; planes of the same geometry that are written over
 * each other need that once.
 *
 *   stride 2, padL 1:     x = a b c d e f       y, phase 0:  0 b d f      (tap kx = 0)
 *                                                  phase 1:  a c e 0      (tap kx = 1; kx = 2 is phase 0 from j = 1)
 *
 * Preconditions: phases, rows and columns are at least 1.
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
  clear: bool,
): void {
  assert(phases > 0 && rows > 0 && columns > 0);
  const pitch = (<usize>columns) << 1;
  const plane = <usize>rows * pitch;
  if (clear) memory.fill(y, 0, <usize>channels * <usize>phases * plane);
  const size = min(w, columns * phases - padL);
  for (let c = 0; c < channels; c++) {
    for (let r = max(0, padT); r < min(rows, padT + h); r++) {
      const row = y + <usize>r * pitch;
      const from = x + <usize>(r - padT) * <usize>w;
      if (phases == 1) widenRow(from, row + ((<usize>padL) << 1), size, zeroX);
      else sortRow(from, row, size, phases, plane, padL, zeroX);
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
  let i = 0;
  for (; i + 16 <= size; i += 16) {
    const from = x + <usize>i;
    const to = y + ((<usize>i) << 1);
    v128.store(to, i16x8.sub(v128.load_ext<i8>(from), zero));
    v128.store(to, i16x8.sub(v128.load_ext<i8>(from, 8), zero), 16);
  }
  for (; i < size; i += 8) {
    const at = <usize>min(i, size - 8); // the last step overlaps the one before
    v128.store(y + (at << 1), i16x8.sub(v128.load_ext<i8>(x + at), zero));
  }
}

/** One row, value i to phase (i + padL) % phases, place (i + padL) / phases. */
function sortRow(x: usize, row: usize, size: i32, phases: i32, plane: usize, padL: i32, zeroX: i32): void {
  let done = 0;
  if (phases == 2 && size >= 16) {
    const zero = i16x8.splat(<i16>zeroX);
    // Even and odd bytes go to different phases; with an odd padL they change places and the odd ones move up by one.
    const even = row + (padL & 1 ? plane : 0) + ((<usize>(padL >> 1)) << 1);
    const odd = row + (padL & 1 ? 0 : plane) + ((<usize>((padL + 1) >> 1)) << 1);
    done = size & ~1;
    for (let i = 0; i < done; i += 16) {
      const at = <usize>min(i, done - 16); // the last step overlaps the one before
      const v = v128.load(x + at);
      v128.store(even + at, i16x8.sub(i16x8.shr_s(i16x8.shl(v, 8), 8), zero));
      v128.store(odd + at, i16x8.sub(i16x8.shr_s(v, 8), zero));
    }
  }
  let q = (done + padL) % phases;
  let j = (done + padL) / phases;
  for (let i = done; i < size; i++) {
    store<i16>(row + <usize>q * plane + ((<usize>j) << 1), <i16>(<i32>load<i8>(x + <usize>i) - zeroX));
    if (++q == phases) {
      q = 0;
      j++;
    }
  }
}
