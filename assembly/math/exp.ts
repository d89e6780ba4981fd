// e^x for four lanes, at most 2 ulp off over all f32, the same bits on every host.
//
//   n = round(x / ln 2),  r = x - n ln 2,  e^x = 2^n e^r,  |r| <= ln(2) / 2
//
// ln 2 is subtracted in two parts, the first with so few bits that n * part is exact (Cody and Waite). e^r is Cephes'
// polynomial (S. Moshier, expf). 2^n is multiplied in two halves: neither overflows, so results below 2^-126 are the
// right denormals (rounded once) and results above the largest f32 become infinity. NaN stays NaN.

/**
 * Inlined into a kernel's loop and again into its tail: V8 builds constants that both use once, before the loop, but leaves
 * those that only the loop uses inside it, which costs two thirds more time. (A method and not a function only because that
 * is where the decorator can stand.)
 */
export class Exp {
  @inline static of(v: v128): v128 {
    // Beyond these bounds the result is 0 and infinity anyway, and n stays within what the exponent trick can take.
    const x = f32x4.pmin(f32x4.pmax(v, f32x4.splat(-104)), f32x4.splat(89));

    // Adding 1.5 * 2^23 rounds to a whole number (half to even) and leaves it in the low bits of the sum.
    const magic = f32x4.splat(12582912);
    const t = f32x4.add(f32x4.mul(x, f32x4.splat(1.44269504088896341)), magic);
    const n = i32x4.sub(t, i32x4.splat(0x4b400000));
    const nf = f32x4.sub(t, magic);

    let r = f32x4.sub(x, f32x4.mul(nf, f32x4.splat(0.693359375)));
    r = f32x4.add(r, f32x4.mul(nf, f32x4.splat(2.1219444e-4)));

    let p = f32x4.splat(1.98756915e-4);
    p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
    p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
    p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
    p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
    p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
    p = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(p, r), r), r), f32x4.splat(1));

    const half = i32x4.shr_s(n, 1);
    const bias = i32x4.splat(127);
    const s1 = i32x4.shl(i32x4.add(half, bias), 23);
    const s2 = i32x4.shl(i32x4.add(i32x4.sub(n, half), bias), 23);
    return f32x4.mul(f32x4.mul(p, s1), s2);
  }
}
