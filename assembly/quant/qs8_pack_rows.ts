/**
 * Rows of int8 -> one panel of A of the int8 GEMM: i16 pairs, zero point taken off.
 *
 *   panel[pair][row][2] (i16) = x[row][2 pair], x[row][2 pair + 1], each minus zeroX
 *
 * x is i8 [count][inputs]; the panel has `height` (4 or 5) rows, of which those past `count` repeat the last one. An odd number
 * of inputs is made even by a 0.
 *
 * Preconditions: height is 4 or 5; count is 1 to height; inputs is at least 1.
 */
export function qs8_pack_rows(
  x: usize,
  height: i32,
  count: i32,
  inputs: i32,
  zeroX: i32,
  panel: usize,
): void {
  assert(count > 0 && count <= height && inputs > 0);
  assert(height == 4 || height == 5);
  const pitch = <usize>inputs;
  const r0 = x;
  const r1 = x + <usize>min(1, count - 1) * pitch;
  const r2 = x + <usize>min(2, count - 1) * pitch;
  const r3 = x + <usize>min(3, count - 1) * pitch;
  const r4 = x + <usize>min(4, count - 1) * pitch;
  const zero = i16x8.splat(<i16>zeroX);
  const step = (<usize>height) << 2;
  let k: usize = 0;
  for (; k + 8 <= pitch; k += 8) {
    // A 4 x 4 transpose of pairs.
    const v0 = i16x8.sub(v128.load_ext<i8>(r0 + k), zero);
    const v1 = i16x8.sub(v128.load_ext<i8>(r1 + k), zero);
    const v2 = i16x8.sub(v128.load_ext<i8>(r2 + k), zero);
    const v3 = i16x8.sub(v128.load_ext<i8>(r3 + k), zero);
    const a = v128.shuffle<i32>(v0, v1, 0, 4, 1, 5);
    const b = v128.shuffle<i32>(v0, v1, 2, 6, 3, 7);
    const c = v128.shuffle<i32>(v2, v3, 0, 4, 1, 5);
    const d = v128.shuffle<i32>(v2, v3, 2, 6, 3, 7);
    const p1 = panel + step;
    const p2 = p1 + step;
    const p3 = p2 + step;
    v128.store(panel, v128.shuffle<i64>(a, c, 0, 2));
    v128.store(p1, v128.shuffle<i64>(a, c, 1, 3));
    v128.store(p2, v128.shuffle<i64>(b, d, 0, 2));
    v128.store(p3, v128.shuffle<i64>(b, d, 1, 3));
    if (height == 5) {
      const v4 = i16x8.sub(v128.load_ext<i8>(r4 + k), zero);
      v128.store32_lane(panel, v4, 0, 16);
      v128.store32_lane(p1, v4, 1, 16);
      v128.store32_lane(p2, v4, 2, 16);
      v128.store32_lane(p3, v4, 3, 16);
    }
    panel = p3 + step;
  }
  for (; k < pitch; k += 2) {
    for (let row = 0; row < height; row++) {
      const from = x + <usize>min(row, count - 1) * pitch + k;
      const to = panel + ((<usize>row) << 2);
      store<i16>(to, <i16>(<i32>load<i8>(from) - zeroX));
      store<i16>(to, k + 1 < pitch ? <i16>(<i32>load<i8>(from, 1) - zeroX) : 0, 2);
    }
    panel += step;
  }
}
