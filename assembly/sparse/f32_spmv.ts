/**
 * Sparse linear layer of one sample: y[r] = clamp(sum over the entries (offset, w) of row r of w * x[offset / 32] + bias[r]).
 *
 * Offsets are those of f32_splinear's blocks of 32 samples, 128 bytes an input, so that one order of weights serves both. Four
 * sums, entry i to sum i % 4, hide the latency of the additions; they are added as (s0 + s1) + (s2 + s3).
 *
 * Preconditions: rows is at least 1; starts ascend.
 */
export function f32_spmv(
  rows: i32,
  starts: usize,
  entries: usize,
  bias: usize,
  x: usize,
  y: usize,
  lo: f32,
  hi: f32,
): void {
  assert(rows > 0);
  let q = entries + ((<usize>load<u32>(starts)) << 3);
  for (let r = 0; r < rows; r++) {
    starts += 4;
    const end = entries + ((<usize>load<u32>(starts)) << 3);
    let s0: f32 = 0;
    let s1: f32 = 0;
    let s2: f32 = 0;
    let s3: f32 = 0;
    for (; q + 32 <= end; q += 32) {
      s0 += load<f32>(x + <usize>(load<u32>(q) >> 5)) * load<f32>(q, 4);
      s1 += load<f32>(x + <usize>(load<u32>(q, 8) >> 5)) * load<f32>(q, 12);
      s2 += load<f32>(x + <usize>(load<u32>(q, 16) >> 5)) * load<f32>(q, 20);
      s3 += load<f32>(x + <usize>(load<u32>(q, 24) >> 5)) * load<f32>(q, 28);
    }
    if (q < end) {
      s0 += load<f32>(x + <usize>(load<u32>(q) >> 5)) * load<f32>(q, 4);
      q += 8;
    }
    if (q < end) {
      s1 += load<f32>(x + <usize>(load<u32>(q) >> 5)) * load<f32>(q, 4);
      q += 8;
    }
    if (q < end) {
      s2 += load<f32>(x + <usize>(load<u32>(q) >> 5)) * load<f32>(q, 4);
      q += 8;
    }
    let sum = s0 + s1 + (s2 + s3);
    if (bias != 0) sum += load<f32>(bias + ((<usize>r) << 2));
    store<f32>(y + ((<usize>r) << 2), min(max(sum, lo), hi));
  }
}
