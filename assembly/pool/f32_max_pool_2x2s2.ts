// Max pooling 2x2, stride 2, no padding, the common case: windows do not overlap, so four outputs come from two vectors
// of each of two rows, split into even and odd columns,
//
//   row 2i     a0 b0 a1 b1 | a2 b2 a3 b3      even a0 a1 a2 a3   odd b0 b1 b2 b3
//   row 2i+1   c0 d0 c1 d1 | c2 d2 c3 d3      even c0 c1 c2 c3   odd d0 d1 d2 d3
//
// and the gradient writes each element of dx once. Rows and columns that no window covers get a gradient of 0. Results
// equal those of f32_max_pool to the bit.
//
// x and dx are f32 [planes][h][w]; y, dy and indices (i32) are [planes][ho][wo].
//
// Preconditions: ho <= h / 2 and wo <= w / 2, rounded down.

function even(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 0, 2, 4, 6);
}

function odd(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 1, 3, 5, 7);
}

/** Where v replaces the best so far: greater, or the first NaN. */
function wins(v: v128, best: v128): v128 {
  return v128.or(f32x4.gt(v, best), v128.and(f32x4.ne(v, v), f32x4.eq(best, best)));
}

/** y = max; indices (i32, 0 if not wanted) = flat position in the plane. ho <= h / 2, wo <= w / 2. */
export function f32_max_pool_2x2s2(
  x: usize,
  y: usize,
  indices: usize,
  planes: usize,
  h: i32,
  w: i32,
  ho: i32,
  wo: i32,
): void {
  assert(2 * ho <= h && 2 * wo <= w);
  const row = (<usize>w) << 2;
  const planeBytes = <usize>h * row;
  const one = i32x4.splat(1);
  const down = i32x4.splat(w);
  const downOne = i32x4.splat(w + 1);
  const eight = i32x4.splat(8);
  for (let plane: usize = 0; plane < planes; plane++) {
    let top = x;
    for (let oy = 0; oy < ho; oy++) {
      let p = top;
      let corner = i32x4.add(i32x4.splat(2 * oy * w), i32x4(0, 2, 4, 6));
      let ox = 0;
      for (; ox + 4 <= wo; ox += 4) {
        const u0 = v128.load(p);
        const u1 = v128.load(p, 16);
        const l0 = v128.load(p + row);
        const l1 = v128.load(p + row, 16);
        let best = even(u0, u1);
        let at = corner;
        let v = odd(u0, u1);
        let better = wins(v, best);
        best = v128.bitselect(v, best, better);
        at = v128.bitselect(i32x4.add(corner, one), at, better);
        v = even(l0, l1);
        better = wins(v, best);
        best = v128.bitselect(v, best, better);
        at = v128.bitselect(i32x4.add(corner, down), at, better);
        v = odd(l0, l1);
        better = wins(v, best);
        best = v128.bitselect(v, best, better);
        at = v128.bitselect(i32x4.add(corner, downOne), at, better);
        v128.store(y, best);
        y += 16;
        if (indices) {
          v128.store(indices, at);
          indices += 16;
        }
        corner = i32x4.add(corner, eight);
        p += 32;
      }
      for (; ox < wo; ox++) {
        const first = 2 * oy * w + 2 * ox;
        let best = load<f32>(p);
        let at = first;
        let v = load<f32>(p, 4);
        if (v > best || (v != v && best == best)) {
          best = v;
          at = first + 1;
        }
        v = load<f32>(p + row);
        if (v > best || (v != v && best == best)) {
          best = v;
          at = first + w;
        }
        v = load<f32>(p + row, 4);
        if (v > best || (v != v && best == best)) {
          best = v;
          at = first + w + 1;
        }
        store<f32>(y, best);
        y += 4;
        if (indices) {
          store<i32>(indices, at);
          indices += 4;
        }
        p += 8;
      }
      top += 2 * row;
    }
    x += planeBytes;
  }
}

/** dx = dy at the maxima, 0 elsewhere. Overwrites dx. */
export function f32_max_pool_2x2s2_grad(
  dy: usize,
  indices: usize,
  dx: usize,
  planes: usize,
  h: i32,
  w: i32,
  ho: i32,
  wo: i32,
): void {
  const row = (<usize>w) << 2;
  const planeBytes = <usize>h * row;
  const covered = 2 * ho == h && 2 * wo == w;
  if (!covered) memory.fill(dx, 0, planes * planeBytes);
  const one = i32x4.splat(1);
  const down = i32x4.splat(w);
  const eight = i32x4.splat(8);
  for (let plane: usize = 0; plane < planes; plane++) {
    let top = dx;
    for (let oy = 0; oy < ho; oy++) {
      let p = top;
      let corner = i32x4.add(i32x4.splat(2 * oy * w), i32x4(0, 2, 4, 6));
      let ox = 0;
      for (; ox + 4 <= wo; ox += 4) {
        const d = v128.load(dy);
        const at = v128.load(indices);
        const below = i32x4.add(corner, down);
        const ul = v128.and(d, i32x4.eq(at, corner));
        const ur = v128.and(d, i32x4.eq(at, i32x4.add(corner, one)));
        const ll = v128.and(d, i32x4.eq(at, below));
        const lr = v128.and(d, i32x4.eq(at, i32x4.add(below, one)));
        v128.store(p, v128.shuffle<f32>(ul, ur, 0, 4, 1, 5));
        v128.store(p, v128.shuffle<f32>(ul, ur, 2, 6, 3, 7), 16);
        v128.store(p + row, v128.shuffle<f32>(ll, lr, 0, 4, 1, 5));
        v128.store(p + row, v128.shuffle<f32>(ll, lr, 2, 6, 3, 7), 16);
        corner = i32x4.add(corner, eight);
        p += 32;
        dy += 16;
        indices += 16;
      }
      for (; ox < wo; ox++) {
        const d = load<f32>(dy);
        const at = load<i32>(indices) - (2 * oy * w + 2 * ox);
        store<f32>(p, at == 0 ? d : 0);
        store<f32>(p, at == 1 ? d : 0, 4);
        store<f32>(p + row, at == w ? d : 0);
        store<f32>(p + row, at == w + 1 ? d : 0, 4);
        p += 8;
        dy += 4;
        indices += 4;
      }
      top += 2 * row;
    }
    dx += planeBytes;
  }
}
