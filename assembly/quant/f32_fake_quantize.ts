/**
 * Quantization seen from training: f32 in, f32 out, but only values int8 can hold.
 *
 *   forward:  y = (clamp(round(x / scale) + zero, qmin, qmax) - zero) * scale           x / scale is x * (1 / scale), half to even
 *   gradient: dx = dy where round(x / scale) + zero lies within [qmin, qmax], else 0    straight-through: Bengio, Leonard and
 *             Courville 2013, with the clipping of Jacob et al. 2018
 *
 * x is [channels][inner] with a scale (f32) and a zero point (i32) per channel. The limits are moved by the zero point instead of
 * the value: clamp(r + zero, qmin, qmax) - zero = clamp(r, qmin - zero, qmax - zero), whole numbers that f32 holds exactly.
 *
 * Preconditions: qmin <= qmax; every scale is above 0; y is x, and dx is x or dy, or they overlap nowhere.
 */
export function f32_fake_quantize(
  x: usize,
  y: usize,
  channels: i32,
  inner: i32,
  scale: usize,
  zeroPoint: usize,
  qmin: i32,
  qmax: i32,
): void {
  assert(qmin <= qmax);
  assert(
    x == y ||
      x + ((<usize>channels * <usize>inner) << 2) <= y ||
      y + ((<usize>channels * <usize>inner) << 2) <= x,
  );
  for (let c = 0; c < channels; c++) {
    const s = load<f32>(scale + ((<usize>c) << 2));
    const zero = load<i32>(zeroPoint + ((<usize>c) << 2));
    const inverse = f32x4.splat(<f32>1 / s);
    const factor = f32x4.splat(s);
    const lo = f32x4.splat(<f32>(qmin - zero));
    const hi = f32x4.splat(<f32>(qmax - zero));
    const end = x + ((<usize>inner) << 2);
    for (; x + 16 <= end; x += 16) {
      const r = f32x4.nearest(f32x4.mul(v128.load(x), inverse));
      v128.store(y, f32x4.mul(f32x4.pmax(f32x4.pmin(r, hi), lo), factor));
      y += 16;
    }
    for (; x < end; x += 4) {
      const r = f32x4.nearest(f32x4.mul(v128.load_splat<f32>(x), inverse));
      v128.store32_lane(y, f32x4.mul(f32x4.pmax(f32x4.pmin(r, hi), lo), factor), 0);
      y += 4;
    }
  }
}

/** dx may be dy. */
export function f32_fake_quantize_grad(
  x: usize,
  dy: usize,
  dx: usize,
  channels: i32,
  inner: i32,
  scale: usize,
  zeroPoint: usize,
  qmin: i32,
  qmax: i32,
): void {
  assert(qmin <= qmax);
  assert(
    dy == dx ||
      dy + ((<usize>channels * <usize>inner) << 2) <= dx ||
      dx + ((<usize>channels * <usize>inner) << 2) <= dy,
  );
  for (let c = 0; c < channels; c++) {
    const zero = load<i32>(zeroPoint + ((<usize>c) << 2));
    const inverse = f32x4.splat(<f32>1 / load<f32>(scale + ((<usize>c) << 2)));
    const lo = f32x4.splat(<f32>(qmin - zero));
    const hi = f32x4.splat(<f32>(qmax - zero));
    const end = x + ((<usize>inner) << 2);
    for (; x + 16 <= end; x += 16) {
      const r = f32x4.nearest(f32x4.mul(v128.load(x), inverse));
      const within = v128.and(f32x4.ge(r, lo), f32x4.le(r, hi));
      v128.store(dx, v128.and(v128.load(dy), within));
      dy += 16;
      dx += 16;
    }
    for (; x < end; x += 4) {
      const r = f32x4.nearest(f32x4.mul(v128.load_splat<f32>(x), inverse));
      const within = v128.and(f32x4.ge(r, lo), f32x4.le(r, hi));
      v128.store32_lane(dx, v128.and(v128.load32_zero(dy), within), 0);
      dy += 4;
      dx += 4;
    }
  }
}
