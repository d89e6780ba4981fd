/**
 * Step 1, the textbook: C[m][n] = A[m][k] B[k][n] as three loops, one multiply-add at a time.
 *
 * Idea: none yet. It is what the other steps are measured against, and what they must equal: every step sums each
 * element of C over k from 0 upwards, so all steps give the same bits.
 *
 * Why it is slow: the inner loop walks down a column of B, 4n bytes a step. Each value it reads lies in another cache
 * line, of which it uses 4 of 64 bytes. And each addition waits for the one before it.
 *
 * @param a f32 [m][k]
 * @param b f32 [k][n]
 * @param c f32 [m][n], overlaps neither
 * @param scratch not used before step 5
 */
export function f32_gemm_1_naive(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  b: usize,
  c: usize,
  _scratch: usize,
): void {
  assert(m > 0 && n > 0 && k > 0);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum: f32 = 0;
      for (let l = 0; l < k; l++) {
        sum += load<f32>(a + ((<usize>(i * k + l)) << 2)) * load<f32>(b + ((<usize>(l * n + j)) << 2));
      }
      store<f32>(c + ((<usize>(i * n + j)) << 2), sum);
    }
  }
}
