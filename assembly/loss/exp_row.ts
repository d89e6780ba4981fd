// What softmax and cross-entropy share: a row's maximum, and its exponentials taken off that maximum so that none
// overflows.
import { Exp } from '../math/exp';
import { addLanes, high, loadPart, low, storePart } from '../math/lanes';

/** Largest of `count` floats; NaN if there is one. */
export function maxRun(x: usize, count: usize): f32 {
  let best = f32x4.splat(f32.NEGATIVE_INFINITY);
  const end = x + ((count & ~3) << 2);
  while (x < end) {
    best = f32x4.max(best, v128.load(x));
    x += 16;
  }
  let top = max(
    max(f32x4.extract_lane(best, 0), f32x4.extract_lane(best, 1)),
    max(f32x4.extract_lane(best, 2), f32x4.extract_lane(best, 3)),
  );
  for (let i: usize = 0; i < (count & 3); i++) top = max(top, load<f32>(x + (i << 2)));
  return top;
}

/** y[i] = e^(x[i] - shift) for `count` elements; returns their sum. y may be x. */
export function expRow(x: usize, y: usize, count: usize, shift: f32): f64 {
  const s = f32x4.splat(shift);
  let s0 = f64x2.splat(0);
  let s1 = s0;
  const end = x + ((count & ~3) << 2);
  while (x < end) {
    const e = Exp.of(f32x4.sub(v128.load(x), s));
    v128.store(y, e);
    s0 = f64x2.add(s0, low(e));
    s1 = f64x2.add(s1, high(e));
    x += 16;
    y += 16;
  }
  const n = count & 3;
  if (n) {
    storePart(y, Exp.of(f32x4.sub(loadPart(x, n), s)), n);
    const e = loadPart(y, n); // with zeros in the lanes past the end
    s0 = f64x2.add(s0, low(e));
    s1 = f64x2.add(s1, high(e));
  }
  return addLanes(f64x2.add(s0, s1));
}
