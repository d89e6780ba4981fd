export { f32_gemm_naive } from './naive';

// Register-only loops that show what the machine can do at most: the yardstick of every "% of peak" in the benchmark. They
// are a module of their own and do not ship.
//
// Each loop keeps 12 accumulators in registers and depends on none of them for longer than one instruction's latency: a
// loop with fewer would measure latency, not throughput. Multiplications and additions are measured apart, because in one
// loop they wait for each other; the f32 peak is the sum of both rates where the machine has ports for both.
//
// `if (i == -1)` never holds. It keeps the second operand in its register: V8 13.6 (Node 24) builds a constant vector anew
// before each use, four instructions for one, and the loop would measure that.

/** 48 f32x4 multiplications an iteration: 192 operations. */
export function f32_mul_probe(iterations: i32): f32 {
  let b = f32x4.splat(1.0000001);
  let a0 = f32x4.splat(1.01);
  let a1 = f32x4.splat(1.02);
  let a2 = f32x4.splat(1.03);
  let a3 = f32x4.splat(1.04);
  let a4 = f32x4.splat(1.05);
  let a5 = f32x4.splat(1.06);
  let a6 = f32x4.splat(1.07);
  let a7 = f32x4.splat(1.08);
  let a8 = f32x4.splat(1.09);
  let a9 = f32x4.splat(1.1);
  let a10 = f32x4.splat(1.11);
  let a11 = f32x4.splat(1.12);
  for (let i = 0; i < iterations; i++) {
    if (i == -1) b = a0;
    for (let unrolled = 0; unrolled < 4; unrolled++) {
      a0 = f32x4.mul(a0, b);
      a1 = f32x4.mul(a1, b);
      a2 = f32x4.mul(a2, b);
      a3 = f32x4.mul(a3, b);
      a4 = f32x4.mul(a4, b);
      a5 = f32x4.mul(a5, b);
      a6 = f32x4.mul(a6, b);
      a7 = f32x4.mul(a7, b);
      a8 = f32x4.mul(a8, b);
      a9 = f32x4.mul(a9, b);
      a10 = f32x4.mul(a10, b);
      a11 = f32x4.mul(a11, b);
    }
  }
  return total(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11);
}

/** 48 f32x4 additions an iteration: 192 operations. */
export function f32_add_probe(iterations: i32): f32 {
  let b = f32x4.splat(0.5);
  let a0 = f32x4.splat(1);
  let a1 = f32x4.splat(2);
  let a2 = f32x4.splat(3);
  let a3 = f32x4.splat(4);
  let a4 = f32x4.splat(5);
  let a5 = f32x4.splat(6);
  let a6 = f32x4.splat(7);
  let a7 = f32x4.splat(8);
  let a8 = f32x4.splat(9);
  let a9 = f32x4.splat(10);
  let a10 = f32x4.splat(11);
  let a11 = f32x4.splat(12);
  for (let i = 0; i < iterations; i++) {
    if (i == -1) b = a0;
    for (let unrolled = 0; unrolled < 4; unrolled++) {
      a0 = f32x4.add(a0, b);
      a1 = f32x4.add(a1, b);
      a2 = f32x4.add(a2, b);
      a3 = f32x4.add(a3, b);
      a4 = f32x4.add(a4, b);
      a5 = f32x4.add(a5, b);
      a6 = f32x4.add(a6, b);
      a7 = f32x4.add(a7, b);
      a8 = f32x4.add(a8, b);
      a9 = f32x4.add(a9, b);
      a10 = f32x4.add(a10, b);
      a11 = f32x4.add(a11, b);
    }
  }
  return total(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11);
}

/** 48 pairs of dot_i16x8_s and i32x4.add an iteration, 8 multiply-accumulates each: 768 operations. */
export function i8_dot_probe(iterations: i32): f32 {
  let b = i16x8.splat(3);
  let c = i32x4.splat(1);
  let a0 = i32x4.splat(1);
  let a1 = i32x4.splat(2);
  let a2 = i32x4.splat(3);
  let a3 = i32x4.splat(4);
  let a4 = i32x4.splat(5);
  let a5 = i32x4.splat(6);
  let a6 = i32x4.splat(7);
  let a7 = i32x4.splat(8);
  let a8 = i32x4.splat(9);
  let a9 = i32x4.splat(10);
  let a10 = i32x4.splat(11);
  let a11 = i32x4.splat(12);
  for (let i = 0; i < iterations; i++) {
    if (i == -1) b = c = a0;
    for (let unrolled = 0; unrolled < 4; unrolled++) {
      a0 = i32x4.add(i32x4.dot_i16x8_s(a0, b), c);
      a1 = i32x4.add(i32x4.dot_i16x8_s(a1, b), c);
      a2 = i32x4.add(i32x4.dot_i16x8_s(a2, b), c);
      a3 = i32x4.add(i32x4.dot_i16x8_s(a3, b), c);
      a4 = i32x4.add(i32x4.dot_i16x8_s(a4, b), c);
      a5 = i32x4.add(i32x4.dot_i16x8_s(a5, b), c);
      a6 = i32x4.add(i32x4.dot_i16x8_s(a6, b), c);
      a7 = i32x4.add(i32x4.dot_i16x8_s(a7, b), c);
      a8 = i32x4.add(i32x4.dot_i16x8_s(a8, b), c);
      a9 = i32x4.add(i32x4.dot_i16x8_s(a9, b), c);
      a10 = i32x4.add(i32x4.dot_i16x8_s(a10, b), c);
      a11 = i32x4.add(i32x4.dot_i16x8_s(a11, b), c);
    }
  }
  return total(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11);
}

/** Keeps the accumulators alive: an optimizer may drop a loop whose result nobody reads. */
function total(
  a0: v128,
  a1: v128,
  a2: v128,
  a3: v128,
  a4: v128,
  a5: v128,
  a6: v128,
  a7: v128,
  a8: v128,
  a9: v128,
  a10: v128,
  a11: v128,
): f32 {
  const x = v128.xor(
    v128.xor(v128.xor(a0, a1), v128.xor(a2, a3)),
    v128.xor(v128.xor(a4, a5), v128.xor(a6, a7)),
  );
  const y = v128.xor(x, v128.xor(v128.xor(a8, a9), v128.xor(a10, a11)));
  return f32x4.extract_lane(y, 0) + f32x4.extract_lane(y, 3);
}
