/**
 * The call site of assembly/conv: convolution and its gradients. Depthwise convolutions (groups = ci) go to kernels of
 * their own that read the weights as they are; all others are products, whose weights are packed once by `prepare` or
 * anew in every call. Winograd's convolution is a primitive of its own, since it rounds differently: who wants it asks.
 */
import type { Conv2dArgs, Window } from '../backend.ts';
import type { Heap, Ptr } from '../heap.ts';
import type { Family, Kernels } from './family.ts';

/** What an output extent's windows reach over. */
const reach = (outputs: number, stride: number, k: number, dilation: number) =>
  (outputs - 1) * stride + (k - 1) * dilation + 1;

const isDepthwise = (a: Window) => a.groups === a.ci && a.groups > 1;

/** Whether windows leave the image, so that the kernel copies it into a frame of zeros. */
export const leavesImage = (a: Window) =>
  a.padT > 0 ||
  a.padL > 0 ||
  reach(a.ho, a.strideH, a.kh, a.dilH) > a.h ||
  reach(a.wo, a.strideW, a.kw, a.dilW) > a.w;

/** Taps of one output channel: the steps of its sum. */
const tapsOf = (a: Window) => (a.ci / a.groups) * a.kh * a.kw;

export function conv(
  kernels: Kernels,
  heap: Heap,
): Family<'conv2d' | 'winogradConv2d' | 'conv2dGradInput' | 'conv2dGradWeight'> {
  /** Bytes of one group's packed weights. */
  const groupBytes = (a: Window) => kernels.f32_pack_a_bytes(a.co / a.groups, tapsOf(a));

  function pack(a: Window, weights: Ptr, to: Ptr): void {
    const m = a.co / a.groups;
    const taps = tapsOf(a);
    for (let group = 0; group < a.groups; group++) {
      kernels.f32_pack_a(
        m,
        taps,
        weights + group * m * taps * 4,
        taps * 4,
        false,
        to + group * groupBytes(a),
      );
    }
  }

  /** Rows and columns of the frame of zeros; none if windows stay inside. */
  const frame = (a: Window): [number, number] =>
    leavesImage(a) ? [reach(a.ho, a.strideH, a.kh, a.dilH), reach(a.wo, a.strideW, a.kw, a.dilW)] : [0, 0];

  const dwScratch = (a: Window) =>
    kernels.f32_dwconv2d_scratch(a.ho, a.wo, a.kh, a.kw, a.strideH, a.strideW, a.dilH, a.dilW);
  const productScratch = (a: Window) =>
    // biome-ignore format: one line mirrors the kernel's parameters
    kernels.f32_conv2d_scratch(a.ci / a.groups, a.ho, a.wo, a.kh, a.kw, a.strideH, a.strideW, a.dilH, a.dilW, leavesImage(a));

  function forwardScratch(a: Conv2dArgs): number {
    if (isDepthwise(a)) return dwScratch(a);
    return productScratch(a) + (a.prepared ? 0 : a.groups * groupBytes(a));
  }

  function gradInputScratch(a: Window): number {
    if (isDepthwise(a)) {
      return kernels.f32_dwconv2d_grad_input_scratch(a.h, a.w, a.kh, a.kw, a.dilH, a.dilW);
    }
    return kernels.f32_conv2d_grad_input_scratch(
      a.ci / a.groups,
      a.w,
      a.kh,
      a.kw,
      a.dilW,
      a.co / a.groups,
      a.groups,
      a.ho * a.wo,
    );
  }

  function gradWeightScratch(a: Window): number {
    const { n, ci, co, ho, wo, kh, kw, strideH, strideW, dilH, dilW, groups } = a;
    if (isDepthwise(a)) {
      return kernels.f32_dwconv2d_grad_weight_scratch(co / ci, ho, wo, kh, kw, strideH, strideW, dilH, dilW);
    }
    return kernels.f32_conv2d_grad_weight_scratch(
      n,
      tapsOf(a),
      co / groups,
      ho * wo,
      ci / groups,
      ...frame(a),
    );
  }

  const winogradScratch = (a: Window) => kernels.f32_winograd_conv2d_scratch(a.n, a.ci, a.co, a.ho, a.wo);

  return {
    primitives: {
      conv2d(a) {
        const { n, ci, h, w, co, ho, wo, kh, kw, strideH, strideW, padT, padL, dilH, dilW, groups } = a;
        const { x, weight, bias, y, lo, hi } = a;
        const scratch = heap.scratch(forwardScratch(a));
        if (isDepthwise(a)) {
          // biome-ignore format: one line mirrors the kernel's parameters
          kernels.f32_dwconv2d(n, ci, h, w, co / ci, ho, wo, kh, kw, strideH, strideW, padT, padL, dilH, dilW, x, weight, bias, y, lo, hi, scratch);
          return;
        }
        let packed = weight;
        if (!a.prepared) {
          packed = scratch + productScratch(a);
          pack(a, weight, packed);
        }
        // biome-ignore format: as above
        kernels.f32_conv2d(n, ci, h, w, co, ho, wo, kh, kw, strideH, strideW, padT, padL, dilH, dilW, groups, x, packed, bias, y, lo, hi, leavesImage(a), scratch);
      },
      winogradConv2d(a) {
        const { n, ci, h, w, co, ho, wo, padT, padL, x, weight, bias, y, lo, hi } = a;
        const scratch = heap.scratch(winogradScratch(a));
        // biome-ignore format: as above
        kernels.f32_winograd_conv2d(n, ci, h, w, co, ho, wo, padT, padL, x, weight, bias, y, lo, hi, scratch);
      },
      conv2dGradInput(a) {
        const { n, ci, h, w, co, ho, wo, kh, kw, strideH, strideW, padT, padL, dilH, dilW, groups } = a;
        const { dy, weight, dx } = a;
        const scratch = heap.scratch(gradInputScratch(a));
        if (isDepthwise(a)) {
          // biome-ignore format: as above
          kernels.f32_dwconv2d_grad_input(n, ci, h, w, co / ci, ho, wo, kh, kw, strideH, strideW, padT, padL, dilH, dilW, dy, weight, dx, scratch);
          return;
        }
        // biome-ignore format: as above
        kernels.f32_conv2d_grad_input(n, ci, h, w, co, ho, wo, kh, kw, strideH, strideW, padT, padL, dilH, dilW, groups, dy, weight, dx, scratch);
      },
      conv2dGradWeight(a) {
        const { n, ci, h, w, co, ho, wo, kh, kw, strideH, strideW, padT, padL, dilH, dilW, groups } = a;
        const { x, dy, dw, strideDy = co * ho * wo } = a;
        const scratch = heap.scratch(gradWeightScratch(a));
        if (isDepthwise(a)) {
          // biome-ignore format: as above
          kernels.f32_dwconv2d_grad_weight(n, ci, h, w, co / ci, ho, wo, kh, kw, strideH, strideW, padT, padL, dilH, dilW, x, dy, dw, scratch);
          return;
        }
        // biome-ignore format: as above
        kernels.f32_conv2d_grad_weight(n, ci, h, w, co, ho, wo, kh, kw, strideH, strideW, padT, padL, dilH, dilW, groups, x, dy, strideDy, dw, leavesImage(a), scratch);
      },
    },
    prepare: {
      conv2d: {
        bytes: (a, weights) => (isDepthwise(a) ? weights.byteLength : a.groups * groupBytes(a)),
        write(a, weights, to) {
          if (isDepthwise(a)) {
            heap.f32(to, weights.length).set(weights);
            return;
          }
          const dense = heap.scratch(weights.byteLength);
          heap.f32(dense, weights.length).set(weights);
          pack(a, dense, to);
        },
      },
      winogradConv2d: {
        bytes: (a) => kernels.f32_winograd_pack_bytes(a.co, a.ci),
        write(a, weights, to) {
          // The weights, and behind them a matrix [co][ci].
          const dense = heap.scratch(weights.byteLength + a.co * a.ci * 4);
          heap.f32(dense, weights.length).set(weights);
          kernels.f32_winograd_pack(a.co, a.ci, dense, to, dense + weights.byteLength);
        },
      },
    },
    scratch: {
      conv2d: forwardScratch,
      winogradConv2d: winogradScratch,
      conv2dGradInput: gradInputScratch,
      conv2dGradWeight: gradWeightScratch,
    },
  };
}
