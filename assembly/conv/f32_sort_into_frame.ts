/**
 * Copies planes into a frame as f32_copy_into_frame does, and sorts the columns of each row: even ones into its first half, odd
 * ones into its second. A convolution of horizontal stride 2 then finds the taps of neighbouring pixels side by side.
 *
 *   x = a b c d e, padL 1:     frame columns  0 a b c d e   ->   0 b d | a c e
 *
 * x is f32 [planes][h][w], `to` f32 [planes][hp][wp]; rows padT and on. What falls outside of the frame is dropped; padT may be
 * negative. Nothing but the image's elements is written.
 *
 * Preconditions: wp is even, padL at least 0.
 */
export function f32_sort_into_frame(
  planes: i32,
  h: i32,
  w: i32,
  padT: i32,
  padL: i32,
  hp: i32,
  wp: i32,
  x: usize,
  to: usize,
): void {
  assert((wp & 1) == 0 && padL >= 0);
  const y0 = max(0, -padT);
  const y1 = min(h, hp - padT);
  const columns = min(w, wp - padL);
  if (columns <= 0) return;
  const half = (<usize>wp) << 1;
  // Where the image's even and odd columns begin: with an odd padL they change halves.
  const even = padL & 1 ? half + ((<usize>(padL & ~1)) << 1) : (<usize>padL) << 1;
  const odd = padL & 1 ? (<usize>(padL + 1)) << 1 : half + ((<usize>padL) << 1);
  const pairs = columns >> 1;
  for (let p = 0; p < planes; p++) {
    for (let y = y0; y < y1; y++) {
      const from = x + ((<usize>(y * w)) << 2);
      const row = to + ((<usize>((padT + y) * wp)) << 2);
      sortRow(from, pairs, row + even, row + odd);
      if (columns & 1)
        store<f32>(row + even + ((<usize>pairs) << 2), load<f32>(from + ((<usize>pairs) << 3)));
    }
    x += (<usize>h * <usize>w) << 2;
    to += (<usize>hp * <usize>wp) << 2;
  }
}

/** Pairs of neighbours, apart. */
function sortRow(from: usize, pairs: i32, even: usize, odd: usize): void {
  for (let i = 0; i < pairs; i += 4) {
    if (pairs < 4) {
      for (; i < pairs; i++) {
        store<f32>(even + ((<usize>i) << 2), load<f32>(from + ((<usize>i) << 3)));
        store<f32>(odd + ((<usize>i) << 2), load<f32>(from + ((<usize>i) << 3), 4));
      }
      return;
    }
    const at = (<usize>min(i, pairs - 4)) << 2; // the last step overlaps the one before
    const a = v128.load(from + (at << 1));
    const b = v128.load(from + (at << 1), 16);
    v128.store(even + at, v128.shuffle<f32>(a, b, 0, 2, 4, 6));
    v128.store(odd + at, v128.shuffle<f32>(a, b, 1, 3, 5, 7));
  }
}
