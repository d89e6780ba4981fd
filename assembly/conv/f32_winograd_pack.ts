/**
 * The weights of a Winograd convolution: U = G g G^T for every pair of channels, its 36 elements as 36 matrices
 * [co][ci], each packed for the micro-kernel. They take 4 times the memory of the weights.
 *
 *         1     0     0
 *       -2/3 -2/3a -1/3       a = sqrt(1/2). Computed in f64 and rounded once: it is done when a plan is made, and what
 *   G = -2/3  2/3a -1/3       is saved here is error in every result.
 *        1/6   a/3  1/3
 *        1/6  -a/3  1/3
 *         0     0     1
 */
import { f32_pack_a, f32_pack_a_bytes } from '../gemm/f32_pack_a';
import { ELEMENTS, INPUTS } from './f32_winograd_tiles';

/** Bytes the packed weights take. */
export function f32_winograd_pack_bytes(co: i32, ci: i32): usize {
  return f32_pack_a_bytes(co, ci) * ELEMENTS;
}

/**
 * @param weight f32 [co][ci][3][3]
 * @param to f32_winograd_pack_bytes(co, ci) bytes: 36 matrices as f32_pack_a packs [co][ci]
 * @param matrix scratch of co * ci floats
 */
export function f32_winograd_pack(co: i32, ci: i32, weight: usize, to: usize, matrix: usize): void {
  assert(co > 0 && ci > 0);
  const pairs = (<usize>co * <usize>ci) << 2;
  for (let y = 0; y < INPUTS; y++) {
    for (let x = 0; x < INPUTS; x++) {
      let g = weight;
      for (let i: usize = 0; i < pairs; i += 4) {
        const top = row(x, load<f32>(g), load<f32>(g, 4), load<f32>(g, 8));
        const middle = row(x, load<f32>(g, 12), load<f32>(g, 16), load<f32>(g, 20));
        const bottom = row(x, load<f32>(g, 24), load<f32>(g, 28), load<f32>(g, 32));
        store<f32>(matrix + i, <f32>row(y, top, middle, bottom));
        g += 36;
      }
      f32_pack_a(co, ci, matrix, (<usize>ci) << 2, false, to);
      to += f32_pack_a_bytes(co, ci);
    }
  }
}

/** sqrt(1/2). */
const NEAR_F64: f64 = 0.7071067811865476;

/** Row i of G times a column of three. */
function row(i: i32, a: f64, b: f64, c: f64): f64 {
  if (i == 0) return a;
  if (i == 1) return (a + NEAR_F64 * b + c / 2) / -1.5;
  if (i == 2) return (a - NEAR_F64 * b + c / 2) / -1.5;
  if (i == 3) return (a + 2 * NEAR_F64 * b + 2 * c) / 6;
  if (i == 4) return (a - 2 * NEAR_F64 * b + 2 * c) / 6;
  return c;
}
