// Copies of any dtype between two row strides: concat, slice and their gradients.
//
// Row i is `bytes` bytes at src + i * srcStride, and goes to dst + i * dstStride. srcStride may be 0: one row,
// repeated.
//
// Preconditions: rows of the destination do not overlap each other, nor a row of the source its copy.

/** Copies `rows` runs of `bytes` bytes; strides in bytes. Source and destination do not overlap. */
export function copy_rows(
  src: usize,
  dst: usize,
  rows: usize,
  bytes: usize,
  srcStride: usize,
  dstStride: usize,
): void {
  assert(rows <= 1 || dstStride >= bytes);
  assert(src + bytes <= dst || dst + bytes <= src);
  for (let row: usize = 0; row < rows; row++) {
    memory.copy(dst, src, bytes);
    src += srcStride;
    dst += dstStride;
  }
}
