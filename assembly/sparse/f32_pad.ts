/**
 * f32 planes -> padded planes, columns sorted by phase: y[c][q][r][j] = x[c][r - padT][j * phases + q - padL], 0 outside x.
 *
 * x is [channels][h][w], y is [channels][phases][rows][columns]. With phases = the convolution's horizontal stride, neighbouring
 * output pixels read neighbouring values for every tap, so that packing them is copying. Only positions inside x are written. With
 * `clear` all of y is zeroed first; planes of the same geometry that are written over each other need that once.
 *
 *   stride 2, padL 1:     x = a b c d e f       y, phase 0:  0 b d f      (tap kx = 0)
 *                                                  phase 1:  a c e 0      (tap kx = 1; kx = 2 is phase 0 from j = 1)
 *
 * Preconditions: phases, rows and columns are at least 1.
 */
export function f32_pad(
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
  clear: bool,
): void {
  assert(phases > 0 && rows > 0 && columns > 0);
  const pitch = (<usize>columns) << 2;
  const plane = <usize>rows * pitch;
  const size = min(w, columns * phases - padL);
  if (clear) memory.fill(y, 0, <usize>channels * <usize>phases * plane);
  for (let c = 0; c < channels; c++) {
    for (let r = max(0, padT); r < min(rows, padT + h); r++) {
      const from = x + ((<usize>(r - padT) * <usize>w) << 2);
      const row = y + <usize>r * pitch;
      if (phases == 1) {
        copyRun(from, row + ((<usize>padL) << 2), size);
        continue;
      }
      let q = padL % phases;
      let j = padL / phases;
      for (let i = 0; i < size; i++) {
        store<f32>(row + <usize>q * plane + ((<usize>j) << 2), load<f32>(from + ((<usize>i) << 2)));
        if (++q == phases) {
          q = 0;
          j++;
        }
      }
    }
    x += (<usize>h * <usize>w) << 2;
    y += <usize>phases * plane;
  }
}

/** Copies `size` f32 values; for runs too short to pay for a call of memory.copy. */
export function copyRun(from: usize, to: usize, size: i32): void {
  let i = 0;
  for (; i + 4 <= size; i += 4) v128.store(to + ((<usize>i) << 2), v128.load(from + ((<usize>i) << 2)));
  for (; i < size; i++) store<f32>(to + ((<usize>i) << 2), load<f32>(from + ((<usize>i) << 2)));
}
