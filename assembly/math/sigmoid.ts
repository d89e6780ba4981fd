// 1 / (1 + e^-x) for four lanes, at most 4 ulp off over all f32. Only e^-|x| is computed, which cannot overflow:
// for x < 0 the same value is e^x / (1 + e^x), exact down to the denormals.
import { Exp } from './exp';

/** Inlined into loop and tail alike, for the reason that exp.ts gives. */
export class Sigmoid {
  @inline static of(x: v128): v128 {
    const one = f32x4.splat(1);
    const e = Exp.of(f32x4.neg(f32x4.abs(x)));
    const numerator = v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0)));
    return f32x4.div(numerator, f32x4.add(one, e));
  }
}
