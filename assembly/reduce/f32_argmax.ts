// Index of the largest element of each row.
//
// x is f32 [rows][columns], y is i32 [rows]. NaN is never larger: a row that begins with NaN has its index 0.
//
// Preconditions: columns > 0.

/** y (i32)[row] = column of the largest element, the first on a tie. */
export function f32_argmax(x: usize, y: usize, rows: usize, columns: usize): void {
  assert(columns > 0);
  for (let row: usize = 0; row < rows; row++) {
    let best = load<f32>(x);
    let at: usize = 0;
    for (let column: usize = 1; column < columns; column++) {
      const v = load<f32>(x + (column << 2));
      if (v > best) {
        best = v;
        at = column;
      }
    }
    store<u32>(y + (row << 2), <u32>at);
    x += columns << 2;
  }
}
