/** First byte of memory that kernels do not use for their own static data. */
export function heapBase(): usize {
  return __heap_base;
}
