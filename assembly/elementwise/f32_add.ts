// Sum of two tensors with a fused clamp: a residual connection and the activation behind it in one pass.
//
// a, b and y are f32 [size], contiguous.
//
// Preconditions: y is a, is b, or overlaps neither; lo <= hi (-Infinity and Infinity for no clamp); size may be 0.
import { clamp, loadPart, storePart } from '../math/lanes';

/** y = min(max(a + b, lo), hi); NaN stays NaN. In place allowed. */
export function f32_add(a: usize, b: usize, y: usize, size: usize, lo: f32, hi: f32): void {
  assert(
    (a == y || a + (size << 2) <= y || y + (size << 2) <= a) &&
      (b == y || b + (size << 2) <= y || y + (size << 2) <= b),
  );
  assert(!(lo > hi));
  const l = f32x4.splat(lo);
  const h = f32x4.splat(hi);
  const end = a + ((size & ~3) << 2);
  while (a < end) {
    v128.store(y, clamp(f32x4.add(v128.load(a), v128.load(b)), l, h));
    a += 16;
    b += 16;
    y += 16;
  }
  const n = size & 3;
  if (n) storePart(y, clamp(f32x4.add(loadPart(a, n), loadPart(b, n)), l, h), n);
}
