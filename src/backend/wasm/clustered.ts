/**
 * Convolution and linear from indices and a codebook. A few output channels at a time are written out into scratch and go
 * through the kernels of all weights, whose sums do not depend on how many channels they compute: the same bits.
 *
 *   codebook  f32 [16] or [256]
 *   indices   of each group [co / groups][taps], 4 or 8 bits, from a byte of their own on
 */

import { distinctValues } from '../../core/distinct.ts';
import type { AnyTypedArray } from '../../core/dtype.ts';
import { BackendError } from '../../core/errors.ts';
import type { ClusteredConv2dArgs, ClusteredLinearArgs, SharedStorage } from '../backend.ts';
import type { Heap, Ptr } from '../heap.ts';
import { leavesImage } from './conv.ts';
import type { Family, Kernels } from './family.ts';
import { GEMV_SAMPLES } from './gemm.ts';

/** Outputs written out together, even ones so that each turn begins with a whole byte: panels of 5 and 4 rows, of 8 columns. */
const CONV_OUTPUTS = 60;
const LINEAR_OUTPUTS = 64;
/** Weights written out for a matrix-vector product: they stay in the first-level cache. */
const GEMV_WEIGHTS = 4096;

const codebookBytes = ({ bits }: SharedStorage): number => 4 << bits;
const indexBytes = ({ bits }: SharedStorage, count: number): number => Math.ceil((count * bits) / 8);

const convShape = (a: ClusteredConv2dArgs) => {
  const [c, m] = [a.ci / a.groups, a.co / a.groups];
  return { c, m, taps: c * a.kh * a.kw, rows: Math.min(m, CONV_OUTPUTS) };
};

const linearRows = ({ n, i, o }: ClusteredLinearArgs): number =>
  Math.min(o, n <= GEMV_SAMPLES ? Math.max(4, Math.floor(GEMV_WEIGHTS / i) & ~3) : LINEAR_OUTPUTS);

export function clustered(k: Kernels, heap: Heap): Family<'clusteredConv2d' | 'clusteredLinear'> {
  /** Bytes of the product's scratch, of the weights written out, and of the same packed. */
  function convScratch(a: ClusteredConv2dArgs): [number, number, number] {
    const { c, taps, rows } = convShape(a);
    return [
      // biome-ignore format: one line mirrors the kernel's parameters
      k.f32_conv2d_scratch(c, a.ho, a.wo, a.kh, a.kw, a.strideH, a.strideW, a.dilH, a.dilW, leavesImage(a)),
      4 * rows * taps,
      k.f32_pack_a_bytes(rows, taps),
    ];
  }

  function linearScratch(a: ClusteredLinearArgs): [number, number, number] {
    const rows = linearRows(a);
    const weights = 4 * rows * a.i;
    if (a.n <= GEMV_SAMPLES) return [0, weights, 0];
    return [k.f32_linear_scratch(a.n, a.i), weights, k.f32_linear_pack_bytes(rows, a.i)];
  }

  const sum = (parts: readonly number[]): number => parts.reduce((a, b) => a + b);

  /** @param groupSize weights of a group */
  function write(a: SharedStorage, weights: AnyTypedArray, groupSize: number, to: Ptr): void {
    const { codebook, indices } = distinctValues(weights as Float32Array) ?? {};
    if (!codebook || !indices || codebook.length > 1 << a.bits) {
      throw new BackendError(
        'wasm',
        `shared weights of ${a.bits} bits are at most ${1 << a.bits} different ones`,
      );
    }
    heap.u8(to, codebookBytes(a)).fill(0);
    heap.f32(to, codebook.length).set(codebook);
    const bytes = indexBytes(a, groupSize);
    for (let first = 0, at = to + codebookBytes(a); first < indices.length; first += groupSize, at += bytes) {
      const group = indices.subarray(first, first + groupSize);
      const packed = heap.u8(at, bytes);
      if (a.bits === 8) packed.set(group);
      else for (let i = 0; i < bytes; i++) packed[i] = group[2 * i] | ((group[2 * i + 1] ?? 0) << 4);
    }
  }

  return {
    primitives: {
      clusteredConv2d(a) {
        const { n, ci, h, w, co, ho, wo, kh, kw, strideH, strideW, padT, padL, dilH, dilW, lo, hi } = a;
        const { c, m, taps } = convShape(a);
        const sizes = convScratch(a);
        const scratch = heap.scratch(sum(sizes));
        const weights = scratch + sizes[0];
        const packed = weights + sizes[1];
        for (let group = 0; group < a.groups; group++) {
          const indices = a.weight + codebookBytes(a) + group * indexBytes(a, m * taps);
          for (let row = 0; row < m; row += CONV_OUTPUTS) {
            const rows = Math.min(CONV_OUTPUTS, m - row);
            k.f32_decode_shared(rows * taps, a.bits, a.weight, indices + indexBytes(a, row * taps), weights);
            k.f32_pack_a(rows, taps, weights, 4 * taps, false, packed);
            const channel = group * m + row;
            const bias = a.bias === 0 ? 0 : a.bias + 4 * channel;
            for (let sample = 0; sample < n; sample++) {
              const x = a.x + 4 * (sample * ci + group * c) * h * w;
              const y = a.y + 4 * (sample * co + channel) * ho * wo;
              // biome-ignore format: one line mirrors the kernel's parameters
              k.f32_conv2d(1, c, h, w, rows, ho, wo, kh, kw, strideH, strideW, padT, padL, dilH, dilW, 1, x, packed, bias, y, lo, hi, leavesImage(a), scratch);
            }
          }
        }
      },
      clusteredLinear(a) {
        const { n, i, o, x, lo, hi, ldy = o } = a;
        const sizes = linearScratch(a);
        const scratch = heap.scratch(sum(sizes));
        const weights = scratch + sizes[0];
        const packed = weights + sizes[1];
        const indices = a.weight + codebookBytes(a);
        const turn = linearRows(a);
        for (let row = 0; row < o; row += turn) {
          const rows = Math.min(turn, o - row);
          const bias = a.bias === 0 ? 0 : a.bias + 4 * row;
          k.f32_decode_shared(rows * i, a.bits, a.weight, indices + indexBytes(a, row * i), weights);
          if (n <= GEMV_SAMPLES) {
            for (let sample = 0; sample < n; sample++) {
              k.f32_gemv(1, i, rows, x + 4 * sample * i, weights, bias, a.y + 4 * (sample * o + row), lo, hi);
            }
            continue;
          }
          k.f32_linear_pack(rows, i, weights, packed);
          k.f32_linear(n, i, rows, x, packed, bias, a.y + 4 * row, ldy, lo, hi, scratch);
        }
      },
    },
    prepare: {
      clusteredConv2d: {
        bytes: (a, weights) => codebookBytes(a) + a.groups * indexBytes(a, weights.length / a.groups),
        write: (a, weights, to) => write(a, weights, weights.length / a.groups, to),
      },
      clusteredLinear: {
        bytes: (a, weights) => codebookBytes(a) + indexBytes(a, weights.length),
        write: (a, weights, to) => write(a, weights, weights.length, to),
      },
    },
    scratch: {
      clusteredConv2d: (a) => sum(convScratch(a)),
      clusteredLinear: (a) => sum(linearScratch(a)),
    },
  };
}
