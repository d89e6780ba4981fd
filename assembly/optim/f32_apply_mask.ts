// Pruned weights stay exactly zero.
//
// x is f32 [size], mask u8 [size].
//
// Preconditions: the two do not overlap.

/** x = mask ? x : +0 over `size` elements; mask is u8. Whatever was there (even NaN) goes. */
export function f32_apply_mask(x: usize, mask: usize, size: usize): void {
  assert(x + (size << 2) <= mask || mask + size <= x);
  const zero = i32x4.splat(0);
  const eights = mask + (size & ~7);
  const end = mask + size;
  while (mask < eights) {
    const m = v128.load_ext<u8>(mask);
    v128.store(x, v128.andnot(v128.load(x), i32x4.eq(i32x4.extend_low_i16x8_u(m), zero)));
    v128.store(x, v128.andnot(v128.load(x, 16), i32x4.eq(i32x4.extend_high_i16x8_u(m), zero)), 16);
    mask += 8;
    x += 32;
  }
  while (mask < end) {
    if (load<u8>(mask) == 0) store<f32>(x, 0);
    mask += 1;
    x += 4;
  }
}
