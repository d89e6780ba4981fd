// One operation on views: y[i] = clamp(f(a[i], b[i])) for every i of a box, each operand with strides of its own. With f = a it
// transposes, slices and repeats; with the others it is arithmetic on tensors whose shapes are aligned.
//
// table, i32 [5][rank], outermost axis first:
//
//        extents   | e0 e1 ... |
//        strides a | in elements; 0 repeats, below 0 walks backwards
//        strides b |
//        strides y |
//        counters  | zeros: where the walk stands, and zeros again when it is done
//
// Four at a time where the innermost axis of y is contiguous and those of a and b are contiguous or repeated, else one by one.
//
// Preconditions: rank >= 1, extents >= 1, y overlaps a or b only where it has the same strides and start; lo <= hi.
import { clamp } from '../math/lanes';

/** f: 0 a, 1 a + b, 2 a - b, 3 a * b, 4 a / b. */
function combine(kind: i32, a: v128, b: v128): v128 {
  if (kind == 1) return f32x4.add(a, b);
  if (kind == 2) return f32x4.sub(a, b);
  if (kind == 3) return f32x4.mul(a, b);
  return kind == 4 ? f32x4.div(a, b) : a;
}

/** The innermost axis: `extent` elements, strides in bytes. */
function run(
  kind: i32,
  extent: i32,
  a: usize,
  b: usize,
  y: usize,
  strideA: isize,
  strideB: isize,
  strideY: isize,
  l: v128,
  h: v128,
): void {
  if (strideY == 4 && (strideA == 4 || strideA == 0) && (strideB == 4 || strideB == 0)) {
    for (; extent >= 4; extent -= 4) {
      const va = strideA ? v128.load(a) : v128.load32_splat(a);
      const vb = strideB ? v128.load(b) : v128.load32_splat(b);
      v128.store(y, clamp(combine(kind, va, vb), l, h));
      a += strideA << 2;
      b += strideB << 2;
      y += 16;
    }
  }
  for (; extent > 0; extent--) {
    v128.store32_lane(y, clamp(combine(kind, v128.load32_splat(a), v128.load32_splat(b)), l, h), 0);
    a += strideA;
    b += strideB;
    y += strideY;
  }
}

/** y = min(max(f(a, b), lo), hi) over the box; NaN stays NaN. */
export function f32_strided(
  kind: i32,
  rank: i32,
  table: usize,
  a: usize,
  b: usize,
  y: usize,
  lo: f32,
  hi: f32,
): void {
  assert(rank >= 1 && kind >= 0 && kind <= 4);
  assert(!(lo > hi));
  const l = f32x4.splat(lo);
  const h = f32x4.splat(hi);
  const row = (<usize>rank) << 2;
  const inner = table + row - 4;
  const strideA = (<isize>load<i32>(inner + row)) << 2;
  const strideB = (<isize>load<i32>(inner + 2 * row)) << 2;
  const strideY = (<isize>load<i32>(inner + 3 * row)) << 2;
  for (;;) {
    run(kind, load<i32>(inner), a, b, y, strideA, strideB, strideY, l, h);
    // Counts as an odometer does: the axis before the innermost one first.
    let axis = inner - 4;
    for (; axis >= table; axis -= 4) {
      const count = load<i32>(axis + 4 * row) + 1;
      const extent = load<i32>(axis);
      const back = count == extent ? 1 - extent : 1;
      a += (<isize>load<i32>(axis + row) * back) << 2;
      b += (<isize>load<i32>(axis + 2 * row) * back) << 2;
      y += (<isize>load<i32>(axis + 3 * row) * back) << 2;
      store<i32>(axis + 4 * row, back == 1 ? count : 0);
      if (back == 1) break;
    }
    if (axis < table) return;
  }
}
