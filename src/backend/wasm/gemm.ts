/**
 * The call site of assembly/gemm: matrix products and the fully connected layer.
 *
 * linear has two kernels. Up to GEMV_SAMPLES samples a matrix-vector product reads the weights where they are; above, the
 * weights become packed panels, once by `prepare` or anew in every call.
 */
import type { GemmArgs, LinearArgs } from '../backend.ts';
import type { Heap } from '../heap.ts';
import type { Family, Kernels } from './family.ts';

/** Most samples for which a matrix-vector product of each is faster than packing. */
export const GEMV_SAMPLES = 3;

export function gemm(kernels: Kernels, heap: Heap): Family<'gemm' | 'linear'> {
  const gemmScratch = ({ m, n, k }: GemmArgs) => kernels.f32_gemm_scratch(m, n, k);

  /** Bytes of the packed weights, then bytes of scratch; both 0 for the matrix-vector product. */
  const packedBytes = (a: LinearArgs) => (a.n <= GEMV_SAMPLES ? 0 : kernels.f32_linear_pack_bytes(a.o, a.i));
  const productScratch = (a: LinearArgs) => (a.n <= GEMV_SAMPLES ? 0 : kernels.f32_linear_scratch(a.n, a.i));
  const linearScratch = (a: LinearArgs) => productScratch(a) + (a.prepared ? 0 : packedBytes(a));

  return {
    primitives: {
      gemm(g) {
        const scratch = heap.scratch(gemmScratch(g));
        const { m, n, k, a, b, c, transA, transB, accumulate } = g;
        const { lda = transA ? m : k, ldb = transB ? k : n, ldc = n } = g;
        kernels.f32_gemm(m, n, k, a, lda, b, ldb, c, ldc, transA, transB, accumulate, scratch);
      },
      linear(a) {
        const { n, i, o, x, weight, bias, y, lo, hi } = a;
        if (n <= GEMV_SAMPLES) {
          kernels.f32_gemv(n, i, o, x, weight, bias, y, lo, hi);
          return;
        }
        const scratch = heap.scratch(linearScratch(a));
        let packed = weight;
        if (!a.prepared) {
          packed = scratch + productScratch(a);
          kernels.f32_linear_pack(o, i, weight, packed);
        }
        kernels.f32_linear(n, i, o, x, packed, bias, y, a.ldy ?? o, lo, hi, scratch);
      },
    },
    prepare: {
      linear: {
        bytes: (a, weights) => packedBytes(a) || weights.byteLength,
        write(a, weights, to) {
          if (packedBytes(a) === 0) {
            heap.f32(to, weights.length).set(weights);
            return;
          }
          const dense = heap.scratch(weights.byteLength);
          heap.f32(dense, weights.length).set(weights);
          kernels.f32_linear_pack(a.o, a.i, dense, to);
        },
      },
    },
    scratch: { gemm: gemmScratch, linear: linearScratch },
  };
}
