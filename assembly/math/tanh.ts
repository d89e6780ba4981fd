// tanh of four lanes, at most 4 ulp off over all f32 (S. Moshier, Cephes, tanhf): below 0.625 an odd polynomial, since
// 1 - 2 / (e^2x + 1) would cancel there; above it that formula, on |x|, with the sign put back.
import { Exp } from './exp';

/** Inlined into loop and tail alike, for the reason that exp.ts gives. */
export class Tanh {
  @inline static of(x: v128): v128 {
    const size = f32x4.abs(x);
    const z = f32x4.mul(x, x);
    let p = f32x4.splat(-5.70498872745e-3);
    p = f32x4.add(f32x4.mul(p, z), f32x4.splat(2.06390887954e-2));
    p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-5.37397155531e-2));
    p = f32x4.add(f32x4.mul(p, z), f32x4.splat(1.33314422036e-1));
    p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-3.33332819422e-1));
    const near = f32x4.add(x, f32x4.mul(f32x4.mul(p, z), x));

    const one = f32x4.splat(1);
    const e = Exp.of(f32x4.add(size, size));
    const far = f32x4.sub(one, f32x4.div(f32x4.splat(2), f32x4.add(e, one)));
    const value = v128.bitselect(near, far, f32x4.lt(size, f32x4.splat(0.625)));
    return v128.bitselect(x, value, i32x4.splat(0x80000000));
  }
}
