// One value everywhere.
//
// y is f32 [size], contiguous.
//
// Preconditions: none; size may be 0.
import { storePart } from '../math/lanes';

/** y = value over `size` elements. */
export function f32_fill(y: usize, size: usize, value: f32): void {
  const v = f32x4.splat(value);
  const end = y + ((size & ~3) << 2);
  while (y < end) {
    v128.store(y, v);
    y += 16;
  }
  if (size & 3) storePart(y, v, size & 3);
}
