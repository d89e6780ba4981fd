/**
 * C[m][n] = A[m][k] B[k][n] as the textbook writes it: three loops, one multiply-add at a time, nothing packed. What the
 * packed kernels of gemm/ are compared with. Not shipped.
 */
export function f32_gemm_naive(m: i32, n: i32, k: i32, a: usize, b: usize, c: usize): void {
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
