// Sums of contiguous f32 in f64: each of 8 interleaved partial sums is a double, so that millions of terms lose nothing
// an f32 result could show. The order depends on the count alone.
import { addLanes, high, loadPart, low } from './lanes';

/** Sum of `count` floats. */
export function sumRun(p: usize, count: usize): f64 {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  const eights = p + ((count & ~7) << 2);
  while (p < eights) {
    const a = v128.load(p);
    const b = v128.load(p, 16);
    s0 = f64x2.add(s0, low(a));
    s1 = f64x2.add(s1, high(a));
    s2 = f64x2.add(s2, low(b));
    s3 = f64x2.add(s3, high(b));
    p += 32;
  }
  if (count & 4) {
    const a = v128.load(p);
    s0 = f64x2.add(s0, low(a));
    s1 = f64x2.add(s1, high(a));
    p += 16;
  }
  if (count & 3) {
    const a = loadPart(p, count & 3);
    s2 = f64x2.add(s2, low(a));
    s3 = f64x2.add(s3, high(a));
  }
  return addLanes(f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3)));
}

/** Sum of the squares of `count` floats. The square of an f32 is exact in f64. */
export function sumSquaresRun(p: usize, count: usize): f64 {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  const fours = p + ((count & ~3) << 2);
  while (p < fours) {
    const a = v128.load(p);
    const l = low(a);
    const h = high(a);
    s0 = f64x2.add(s0, f64x2.mul(l, l));
    s1 = f64x2.add(s1, f64x2.mul(h, h));
    p += 16;
  }
  if (count & 3) {
    const a = loadPart(p, count & 3);
    const l = low(a);
    const h = high(a);
    s0 = f64x2.add(s0, f64x2.mul(l, l));
    s1 = f64x2.add(s1, f64x2.mul(h, h));
  }
  return addLanes(f64x2.add(s0, s1));
}
