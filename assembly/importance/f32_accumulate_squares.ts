// The empirical Fisher's accumulator.
//
// x and sum are f32 [size], contiguous. Called once an image with the gradient of one image: sum_i = sum over images of
// (dL/dw_i)^2.
//
// Preconditions: sum is x or does not overlap it; size may be 0.
import { loadPart, storePart } from '../math/lanes';

/** sum += x^2 over `size` elements. */
export function f32_accumulate_squares(x: usize, sum: usize, size: usize): void {
  assert(x == sum || x + (size << 2) <= sum || sum + (size << 2) <= x);
  const end = x + ((size & ~3) << 2);
  while (x < end) {
    const v = v128.load(x);
    v128.store(sum, f32x4.add(v128.load(sum), f32x4.mul(v, v)));
    x += 16;
    sum += 16;
  }
  const n = size & 3;
  if (n) {
    const v = loadPart(x, n);
    storePart(sum, f32x4.add(loadPart(sum, n), f32x4.mul(v, v)), n);
  }
}
