// A bias per channel added to [n][c][p]. In place allowed.
//
// x and y are f32 [n][c][p], bias is f32 [c].
//
// Preconditions: y is x or does not overlap it; bias does not overlap y.
import { loadPart, storePart } from '../math/lanes';

/** y[n][c][p] = x[n][c][p] + bias[c]. */
export function f32_add_bias(x: usize, bias: usize, y: usize, n: usize, c: usize, p: usize): void {
  assert(x == y || x + ((n * c * p) << 2) <= y || y + ((n * c * p) << 2) <= x);
  assert(bias + (c << 2) <= y || y + ((n * c * p) << 2) <= bias);
  const fours = (p & ~3) << 2;
  const part = p & 3;
  for (let sample: usize = 0; sample < n; sample++) {
    for (let channel: usize = 0; channel < c; channel++) {
      const b = v128.load_splat<f32>(bias + (channel << 2));
      const end = x + fours;
      while (x < end) {
        v128.store(y, f32x4.add(v128.load(x), b));
        x += 16;
        y += 16;
      }
      if (part) {
        storePart(y, f32x4.add(loadPart(x, part), b), part);
        x += part << 2;
        y += part << 2;
      }
    }
  }
}

/** The same for p = 1, where a row of channels is contiguous: y[n][c] = x[n][c] + bias[c]. */
export function f32_add_bias_rows(x: usize, bias: usize, y: usize, n: usize, c: usize): void {
  assert(x == y || x + ((n * c) << 2) <= y || y + ((n * c) << 2) <= x);
  assert(bias + (c << 2) <= y || y + ((n * c) << 2) <= bias);
  const fours = (c & ~3) << 2;
  const part = c & 3;
  for (let row: usize = 0; row < n; row++) {
    for (let i: usize = 0; i < fours; i += 16) {
      v128.store(y + i, f32x4.add(v128.load(x + i), v128.load(bias + i)));
    }
    if (part) {
      const sum = f32x4.add(loadPart(x + fours, part), loadPart(bias + fours, part));
      storePart(y + fours, sum, part);
    }
    x += c << 2;
    y += c << 2;
  }
}
