// Natural logarithm of four lanes, at most 2 ulp off over all f32, the same bits on every host.
//
//   x = 2^e m,  sqrt(1/2) <= m < sqrt(2),  log x = e ln 2 + log m
//
// log m is Cephes' polynomial in m - 1 (S. Moshier, logf); ln 2 is added in two parts, the small one first. Denormals are
// scaled up by 2^23 before. log 0 = -infinity, log of a negative = NaN, infinity and NaN stay.

const SQRT_HALF_BITS: i32 = 0x3f3504f3;

/** Inlined into loop and tail alike, for the reason that exp.ts gives. */
export class Log {
  @inline static of(v: v128): v128 {
    const one = f32x4.splat(1);
    const tiny = f32x4.lt(v, f32x4.splat(1.17549435e-38));
    const x = f32x4.mul(v, v128.bitselect(f32x4.splat(8388608), one, tiny));

    // Subtracting the bits of sqrt(1/2) makes the exponent field step at sqrt(1/2) 2^k instead of at 2^k.
    const shifted = i32x4.sub(x, i32x4.splat(SQRT_HALF_BITS));
    const exponent = i32x4.sub(i32x4.shr_s(shifted, 23), v128.and(tiny, i32x4.splat(23)));
    const e = f32x4.convert_i32x4_s(exponent);
    const mantissa = i32x4.add(v128.and(shifted, i32x4.splat(0x007fffff)), i32x4.splat(SQRT_HALF_BITS));
    const f = f32x4.sub(mantissa, one);

    let p = f32x4.splat(7.0376836292e-2);
    p = f32x4.add(f32x4.mul(p, f), f32x4.splat(-1.151461031e-1));
    p = f32x4.add(f32x4.mul(p, f), f32x4.splat(1.167699874e-1));
    p = f32x4.add(f32x4.mul(p, f), f32x4.splat(-1.2420140846e-1));
    p = f32x4.add(f32x4.mul(p, f), f32x4.splat(1.4249322787e-1));
    p = f32x4.add(f32x4.mul(p, f), f32x4.splat(-1.6668057665e-1));
    p = f32x4.add(f32x4.mul(p, f), f32x4.splat(2.0000714765e-1));
    p = f32x4.add(f32x4.mul(p, f), f32x4.splat(-2.4999993993e-1));
    p = f32x4.add(f32x4.mul(p, f), f32x4.splat(3.3333331174e-1));

    const square = f32x4.mul(f, f);
    let y = f32x4.mul(f32x4.mul(f, square), p);
    y = f32x4.sub(y, f32x4.mul(e, f32x4.splat(2.1219444e-4)));
    y = f32x4.sub(y, f32x4.mul(square, f32x4.splat(0.5)));
    y = f32x4.add(f32x4.add(f, y), f32x4.mul(e, f32x4.splat(0.693359375)));

    const zero = f32x4.splat(0);
    const ordinary = v128.and(f32x4.gt(v, zero), f32x4.lt(v, f32x4.splat(f32.POSITIVE_INFINITY)));
    // What is neither positive nor finite: 0 -> -infinity, negative -> NaN (all ones), infinity and NaN as they are.
    let special = v128.bitselect(f32x4.splat(f32.NEGATIVE_INFINITY), v, f32x4.eq(v, zero));
    special = v128.or(special, f32x4.lt(v, zero));
    return v128.bitselect(y, special, ordinary);
  }
}
