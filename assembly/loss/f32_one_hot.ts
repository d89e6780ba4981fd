// Labels as rows of probabilities.
//
// labels i32 [rows], y f32 [rows][columns].
//
// Preconditions: every label is in [0, columns).
import { f32_fill } from '../elementwise/f32_fill';

/** y[row] = off everywhere but `on` at the row's label (i32, 0 <= label < columns). */
export function f32_one_hot(labels: usize, y: usize, rows: usize, columns: usize, on: f32, off: f32): void {
  f32_fill(y, rows * columns, off);
  for (let row: usize = 0; row < rows; row++) {
    const label = load<u32>(labels + (row << 2));
    assert(<usize>label < columns);
    store<f32>(y + ((row * columns + label) << 2), on);
  }
}
