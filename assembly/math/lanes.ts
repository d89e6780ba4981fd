// What every elementwise kernel needs at its end: the last 1 to 3 elements as one vector, so that the tail goes through
// the same arithmetic as the rest and gets the same bits.

/** Loads n = 1, 2 or 3 floats into the low lanes; the other lanes are 0. */
export function loadPart(p: usize, n: usize): v128 {
  if (n == 1) return v128.load_zero<u32>(p);
  const two = v128.load_zero<u64>(p);
  return n == 2 ? two : v128.load_lane<u32>(p + 8, two, 2);
}

/** Stores the low n = 1, 2 or 3 lanes. */
export function storePart(p: usize, v: v128, n: usize): void {
  if (n == 1) {
    v128.store_lane<u32>(p, v, 0);
    return;
  }
  v128.store_lane<u64>(p, v, 0);
  if (n == 3) v128.store_lane<u32>(p + 8, v, 2);
}

/** min(max(v, lo), hi) lane by lane; NaN stays NaN. pmax and pmin are one instruction each where f32x4.max is eight. */
export function clamp(v: v128, lo: v128, hi: v128): v128 {
  return f32x4.pmin(f32x4.pmax(v, lo), hi);
}

/** Lanes 0 and 1 as doubles. */
export function low(v: v128): v128 {
  return f64x2.promote_low_f32x4(v);
}

/** Lanes 2 and 3 as doubles. */
export function high(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<u64>(v, v, 1, 0));
}

/** Both doubles added. */
export function addLanes(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/** Two pairs of doubles as four floats, each rounded. */
export function narrow(l: v128, h: v128): v128 {
  return v128.shuffle<u64>(f32x4.demote_f64x2_zero(l), f32x4.demote_f64x2_zero(h), 0, 2);
}
