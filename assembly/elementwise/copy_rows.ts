// Copies of any dtype between two row strides: concat, slice and their gradients.

/** Copies `rows` runs of `bytes` bytes; strides in bytes. Source and destination do not overlap. */
export function copy_rows(
  src: usize,
  dst: usize,
  rows: usize,
  bytes: usize,
  srcStride: usize,
  dstStride: usize,
): void {
  for (let row: usize = 0; row < rows; row++) {
    memory.copy(dst, src, bytes);
    src += srcStride;
    dst += dstStride;
  }
}
