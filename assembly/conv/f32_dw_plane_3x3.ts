/**
 * Depthwise 3x3, stride 1, dilation 1: four neighbouring columns of outputs at a time, from the top of the plane to its bottom. A
 * row of the image is loaded once and meets all three rows of the window: it ends one output, is the middle of the
 * next and begins the one after, so three accumulators and nine weights stay in registers.
 *
 *   image row r      ky = 2 of output row r - 2, which is then complete
 *                    ky = 1 of output row r - 1
 *                    ky = 0 of output row r
 *
 *   image columns    0 1 2 3 4 5      output j reads columns j, j + 1, j + 2: three overlapping loads
 *
 * Each output is summed from its first term over ky, then kx, as in f32_dw_plane. The branches on `rest == -1`, never taken, keep
 * V8 from loading a whole row before it adds the first (see f32_gemm_5x8). Sums that a branch does not need could sink below it,
 * so each branch uses all three.
 *
 * Per row of four columns that is 18 multiplications and additions in some 35 instructions. A machine that starts six a
 * clock, of which four may be arithmetic, gets to about 70 % of its peak.
 *
 * The first and the last row of the image have pointers of their own: they may be rows of zeros elsewhere.
 *
 * Preconditions: ho is at least 1, wo at least 2 (a row of one would spill over two rows); all rows are readable up to 2 columns beyond wo rounded up to 4.
 */
import { storePart } from './lanes';

/** Whether a depthwise convolution is one for the 3x3 kernels: dilation 1, a stride of 1 or 2. */
export function f32_dw_is_3x3(kh: i32, kw: i32, strideH: i32, strideW: i32, dilH: i32, dilW: i32): bool {
  return kh == 3 && kw == 3 && strideH == strideW && strideW <= 2 && dilH == 1 && dilW == 1;
}

/** Bytes of the vectors that a plane's outputs begin and end with: four times the first term, four times lo, four times hi. */
export const DW_TERMS: usize = 48;

/**
 * @param top row 0 of the image
 * @param image rows 1 to ho, `row` bytes apart
 * @param bottom row ho + 1
 * @param weight f32 [3][3]
 * @param terms DW_TERMS bytes
 * @param clamps whether to apply lo and hi
 * @param y rows of wo outputs, `out` bytes apart
 */
export function f32_dw_plane_3x3(
  ho: i32,
  wo: i32,
  top: usize,
  image: usize,
  bottom: usize,
  row: usize,
  weight: usize,
  terms: usize,
  clamps: bool,
  y: usize,
  out: usize,
): void {
  assert(ho > 0 && wo > 1);
  const w00 = v128.load_splat<f32>(weight, 0);
  const w01 = v128.load_splat<f32>(weight, 4);
  const w02 = v128.load_splat<f32>(weight, 8);
  const w10 = v128.load_splat<f32>(weight, 12);
  const w11 = v128.load_splat<f32>(weight, 16);
  const w12 = v128.load_splat<f32>(weight, 20);
  const w20 = v128.load_splat<f32>(weight, 24);
  const w21 = v128.load_splat<f32>(weight, 28);
  const w22 = v128.load_splat<f32>(weight, 32);
  let left = wo;
  while (left > 0) {
    let p = image;
    let q = y;
    let v = v128.load(top);
    let a = f32x4.add(v128.load(terms), f32x4.mul(v, w00));
    a = f32x4.add(a, f32x4.mul(v128.load(top, 4), w01));
    a = f32x4.add(a, f32x4.mul(v128.load(top, 8), w02));
    v = v128.load(p);
    a = f32x4.add(a, f32x4.mul(v, w10));
    let b = f32x4.add(v128.load(terms), f32x4.mul(v, w00));
    v = v128.load(p, 4);
    a = f32x4.add(a, f32x4.mul(v, w11));
    b = f32x4.add(b, f32x4.mul(v, w01));
    v = v128.load(p, 8);
    a = f32x4.add(a, f32x4.mul(v, w12));
    b = f32x4.add(b, f32x4.mul(v, w02));
    let c: v128;
    for (let rest = ho - 1; rest > 0; rest--) {
      p += row;
      v = v128.load(p);
      c = f32x4.add(v128.load(terms), f32x4.mul(v, w00));
      b = f32x4.add(b, f32x4.mul(v, w10));
      a = f32x4.add(a, f32x4.mul(v, w20));
      if (rest == -1) {
        a = all(a, b, c);
        break;
      }
      v = v128.load(p, 4);
      c = f32x4.add(c, f32x4.mul(v, w01));
      b = f32x4.add(b, f32x4.mul(v, w11));
      a = f32x4.add(a, f32x4.mul(v, w21));
      if (rest == -2) {
        a = all(a, b, c);
        break;
      }
      v = v128.load(p, 8);
      c = f32x4.add(c, f32x4.mul(v, w02));
      b = f32x4.add(b, f32x4.mul(v, w12));
      a = f32x4.add(a, f32x4.mul(v, w22));
      if (clamps) a = f32x4.pmin(f32x4.pmax(a, v128.load(terms, 16)), v128.load(terms, 32));
      v128.store(q, a);
      q += out;
      a = b;
      b = c;
    }
    a = f32x4.add(a, f32x4.mul(v128.load(bottom), w20));
    a = f32x4.add(a, f32x4.mul(v128.load(bottom, 4), w21));
    a = f32x4.add(a, f32x4.mul(v128.load(bottom, 8), w22));
    if (clamps) a = f32x4.pmin(f32x4.pmax(a, v128.load(terms, 16)), v128.load(terms, 32));
    // Rows of fewer than four spill into the next row, which is written after them; the last one must not.
    storePart(q, a, wo);
    left -= 4;
    // The last four outputs end where the row ends and may overlap the four before.
    const step: usize = left > 0 && left < 4 ? (<usize>left) << 2 : 16;
    top += step;
    image += step;
    bottom += step;
    y += step;
  }
}

/** For a jump that is never taken: all three are needed there, so they have to be up to date before it. */
function all(a: v128, b: v128, c: v128): v128 {
  return v128.xor(a, v128.xor(b, c));
}
