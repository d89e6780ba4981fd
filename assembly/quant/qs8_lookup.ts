/**
 * y (i8) = table[x + 128] over i8 [size], table i8 [256]. A byte a step: sixteen swizzles and as many selects for 16 bytes come to
 * no fewer instructions. In place allowed.
 *
 * Preconditions: y is x or does not overlap it; size may be 0.
 */
export function qs8_lookup(x: usize, y: usize, table: usize, size: i32): void {
  assert(x == y || x + <usize>size <= y || y + <usize>size <= x);
  const middle = table + 128;
  let i = 0;
  for (; i + 4 <= size; i += 4) {
    const at = <usize>i;
    const a = load<i8>(middle + <usize>(<isize>load<i8>(x + at)));
    const b = load<i8>(middle + <usize>(<isize>load<i8>(x + at, 1)));
    const c = load<i8>(middle + <usize>(<isize>load<i8>(x + at, 2)));
    const d = load<i8>(middle + <usize>(<isize>load<i8>(x + at, 3)));
    store<i8>(y + at, a);
    store<i8>(y + at, b, 1);
    store<i8>(y + at, c, 2);
    store<i8>(y + at, d, 3);
  }
  for (; i < size; i++) store<i8>(y + <usize>i, load<i8>(middle + <usize>(<isize>load<i8>(x + <usize>i))));
}
