// Where a pooling window lies in its plane, and which neighbours can be computed four at a time.

/** First position of a clipped window that starts at `start`: the smallest start + i * step that is >= 0. */
export function clipStart(start: i32, step: i32): i32 {
  return start >= 0 ? start : start + ((-start + step - 1) / step) * step;
}

/** Positions start, start + step, ... (`count` of them) that lie below `end`. */
export function positions(start: i32, count: i32, step: i32, end: i32): i32 {
  return min(count, (end - start + step - 1) / step);
}

/** First output column whose window starts inside the plane. */
export function vectorFrom(padL: i32, stride: i32): i32 {
  return (padL + stride - 1) / stride;
}

/** Last output column from which four windows end inside the plane; -1 if there is none or the stride is above 2. */
export function vectorTo(w: i32, padL: i32, stride: i32, reach: i32): i32 {
  const room = w - 1 - reach - 3 * stride + padL;
  return stride > 2 || room < 0 ? -1 : room / stride;
}

/**
 * Four floats p[0], p[stride], p[2 stride], p[3 stride]; stride 0, 1 or 2. Reads nothing beyond the last of them. With
 * stride 0 all lanes are p[0]: a single output in vector instructions, which need no branch to choose a maximum.
 */
export function strided4(p: usize, stride: i32): v128 {
  if (stride == 1) return v128.load(p);
  if (stride == 0) return v128.load_splat<f32>(p);
  return v128.shuffle<f32>(v128.load(p), v128.load(p, 12), 0, 2, 5, 7);
}
