/** Call sites of the elementwise kernels: ReLU and ReLU6 are clamps, and each other function has a kernel of its name. */
import type { StridedKind, UnaryArgs, UnaryGradArgs, UnaryKind } from '../backend.ts';
import type { Heap } from '../heap.ts';
import type { Family, Kernels } from './family.ts';

type ElementwisePrimitive =
  | 'addBias'
  | 'unary'
  | 'unaryGrad'
  | 'add'
  | 'mul'
  | 'axpby'
  | 'fill'
  | 'copyRows'
  | 'strided'
  | 'pad2d'
  | 'pad2dGrad';

/** The kernel's numbers for what it does with each pair. */
const stridedKinds: Readonly<Record<StridedKind, number>> = { copy: 0, add: 1, sub: 2, mul: 3, div: 4 };

/** A function and, right below it, its gradient: from the output y where that suffices, else from the input x. */
interface UnaryKernels {
  forward(a: UnaryArgs): void;
  backward(a: UnaryGradArgs): void;
}

function unaryKernels(k: Kernels): Record<UnaryKind, UnaryKernels> {
  return {
    relu: {
      forward: (a) => k.f32_clamp(a.x, a.y, a.size, 0, Infinity),
      backward: (a) => k.f32_clamp_grad(a.x, a.dy, a.dx, a.size, 0, Infinity),
    },
    relu6: {
      forward: (a) => k.f32_clamp(a.x, a.y, a.size, 0, 6),
      backward: (a) => k.f32_clamp_grad(a.x, a.dy, a.dx, a.size, 0, 6),
    },
    leakyRelu: {
      forward: (a) => k.f32_leaky_relu(a.x, a.y, a.size, a.alpha),
      backward: (a) => k.f32_leaky_relu_grad(a.x, a.dy, a.dx, a.size, a.alpha),
    },
    sigmoid: {
      forward: (a) => k.f32_sigmoid(a.x, a.y, a.size),
      backward: (a) => k.f32_sigmoid_grad(a.y, a.dy, a.dx, a.size),
    },
    tanh: {
      forward: (a) => k.f32_tanh(a.x, a.y, a.size),
      backward: (a) => k.f32_tanh_grad(a.y, a.dy, a.dx, a.size),
    },
    hardSwish: {
      forward: (a) => k.f32_hard_swish(a.x, a.y, a.size),
      backward: (a) => k.f32_hard_swish_grad(a.x, a.dy, a.dx, a.size),
    },
    exp: {
      forward: (a) => k.f32_exp(a.x, a.y, a.size),
      backward: (a) => k.f32_exp_grad(a.y, a.dy, a.dx, a.size),
    },
    log: {
      forward: (a) => k.f32_log(a.x, a.y, a.size),
      backward: (a) => k.f32_log_grad(a.x, a.dy, a.dx, a.size),
    },
  };
}

export function elementwise(kernels: Kernels, _heap: Heap): Family<ElementwisePrimitive> {
  const unaries = unaryKernels(kernels);
  return {
    primitives: {
      unary: (a) => unaries[a.kind].forward(a),
      unaryGrad: (a) => unaries[a.kind].backward(a),

      add: (a) => kernels.f32_add(a.a, a.b, a.y, a.size, a.lo, a.hi),
      mul: (a) => kernels.f32_mul(a.a, a.b, a.y, a.size, a.lo, a.hi),

      axpby(a) {
        if (a.beta === 0) kernels.f32_scale(a.x, a.y, a.size, a.alpha);
        else kernels.f32_axpby(a.x, a.y, a.size, a.alpha, a.beta);
      },

      fill: (a) => kernels.f32_fill(a.y, a.size, a.value),

      addBias(a) {
        if (a.p === 1) kernels.f32_add_bias_rows(a.x, a.bias, a.y, a.n, a.c);
        else kernels.f32_add_bias(a.x, a.bias, a.y, a.n, a.c, a.p);
      },

      copyRows: (a) => kernels.copy_rows(a.src, a.dst, a.rows, a.bytes, a.srcStride, a.dstStride),

      strided: (a) => kernels.f32_strided(stridedKinds[a.kind], a.rank, a.table, a.a, a.b, a.y, a.lo, a.hi),

      pad2d(a) {
        kernels.f32_pad2d(a.x, a.y, a.planes, a.h, a.w, a.padT, a.padL, a.padB, a.padR, a.value);
      },

      pad2dGrad(a) {
        kernels.f32_pad2d_grad(a.dy, a.dx, a.planes, a.h, a.w, a.padT, a.padL, a.padB, a.padR);
      },
    },
  };
}
