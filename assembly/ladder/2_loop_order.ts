/**
 * Step 2, the order of the loops: i, l, j instead of i, j, l. The sum over l is the middle loop now; the inner one adds
 * a[i][l] times a row of B to a row of C.
 *
 * Idea: walk memory the way it lies.
 *
 *   step 1: b reads down            step 2: b reads along
 *           x . . . .                       x x x x x
 *           x . . . .                       . . . . .
 *
 * Why it helps: a cache line of B is used whole, and the hardware sees a straight line and fetches ahead. The additions
 * of the inner loop belong to different elements of C, so none waits for another. The price: C is loaded and stored
 * once for each l.
 */
export function f32_gemm_2_loop_order(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  b: usize,
  c: usize,
  _scratch: usize,
): void {
  assert(m > 0 && n > 0 && k > 0);
  const row = (<usize>n) << 2;
  memory.fill(c, 0, <usize>m * row);
  for (let i = 0; i < m; i++) {
    let from = b;
    for (let l = 0; l < k; l++) {
      const factor = load<f32>(a);
      for (let j: usize = 0; j < row; j += 4) {
        store<f32>(c + j, load<f32>(c + j) + factor * load<f32>(from + j));
      }
      from += row;
      a += 4;
    }
    c += row;
  }
}
