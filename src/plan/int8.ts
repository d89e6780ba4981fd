/**
 * The numbers of the integer plan: int32 biases, requantization multipliers, clamps and look-up tables. IEEE operations
 * in f64 rounded to f32 once, so they are the same on every host.
 */
import type { Backend, UnaryKind } from '../backend/backend.ts';
import { GraphError } from '../core/errors.ts';
import type { ActivationQuantization, FusedActivation } from '../graph/graph.ts';
import { roundHalfEven } from '../graph/weights.ts';

const INT32_MAX = 2 ** 31 - 1;

/** A layer's constants: acc = bias + sum (x - zeroX) q, y = acc * multiplier + zeroY. */
export interface LayerConstants {
  bias: Int32Array;
  multiplier: Float32Array;
}

/**
 * bias[c] = round(bias / (scaleX * scaleW[c])), half to even; multiplier[c] = scaleX * scaleW[c] / scaleY.
 *
 * A channel whose weights are all zero gives its bias whatever the input: it is counted in 256ths of an output step
 * instead, since its weight scale says nothing and may be tiny. Elsewhere the bias is clamped so that no input can make
 * the accumulator leave int32.
 * @param codes int8 weights, [channels][k]
 * @throws GraphError if k is so large that the products alone can leave int32, or the clamped bias would show
 */
export function layerConstants(
  node: string,
  codes: Int8Array,
  scaleW: Float32Array,
  bias: Float32Array | undefined,
  x: ActivationQuantization,
  y: ActivationQuantization,
): LayerConstants {
  const channels = scaleW.length;
  const k = codes.length / channels;
  const widest = Math.max(127 - x.zeroPoint, 128 + x.zeroPoint);
  const out = { bias: new Int32Array(channels), multiplier: new Float32Array(channels) };
  for (let c = 0; c < channels; c++) {
    let weightSum = 0;
    for (let i = c * k; i < (c + 1) * k; i++) weightSum += Math.abs(codes[i]);
    const real = bias?.[c] ?? 0;
    const step = weightSum === 0 ? y.scale / 256 : x.scale * scaleW[c];
    const room = INT32_MAX - weightSum * widest;
    if (room < 0) {
      throw new GraphError(
        node,
        `channel ${c}: the sum of |weight| is ${weightSum}, too large for an int32 accumulator; leave this layer out of the quantized values`,
      );
    }
    const multiplier = Math.fround(step / y.scale);
    if (!(multiplier > 0 && Number.isFinite(multiplier))) {
      throw new GraphError(
        node,
        `channel ${c}: the requantization multiplier ${step / y.scale} is not a positive f32`,
      );
    }
    const rounded = roundHalfEven(real / step);
    const clamped = Math.min(room, Math.max(-room, rounded));
    // A clamp that leaves the result saturated is not seen: 512 steps reach beyond any int8 from any zero point.
    if (clamped !== rounded && (Math.abs(clamped) - weightSum * widest) * multiplier < 512) {
      throw new GraphError(node, `channel ${c}: bias ${real} does not fit into int32 at a step of ${step}`);
    }
    out.bias[c] = clamped;
    out.multiplier[c] = multiplier;
  }
  return out;
}

/** What a fused activation clamps int8 results to. */
export function int8Clamp(
  activation: FusedActivation | undefined,
  { scale, zeroPoint }: ActivationQuantization,
): { lo: number; hi: number } {
  const code = (real: number): number =>
    roundHalfEven(Math.fround(real * Math.fround(1 / scale))) + zeroPoint;
  return {
    lo: activation ? Math.max(-128, zeroPoint) : -128,
    hi: activation === 'relu6' ? Math.min(127, code(6)) : 127,
  };
}

/**
 * A function on int8 codes as a table of 256: entry x + 128 is the code of f(real value of x). Made by the backend's own
 * kernels, so the table gives the bits that dequantize, f32 and quantize would.
 * @param kind undefined for the identity: a change of scale and zero point
 */
export function lookupTable(
  backend: Backend,
  kind: UnaryKind | undefined,
  alpha: number,
  from: ActivationQuantization,
  to: ActivationQuantization,
): Int8Array {
  const { heap } = backend;
  const codes = heap.alloc(256);
  const reals = heap.alloc(1024);
  try {
    heap.i8(codes, 256).set(Int8Array.from({ length: 256 }, (_, i) => i - 128));
    backend.dequantize({ x: codes, y: reals, size: 256, ...from });
    if (kind) backend.unary({ kind, x: reals, y: reals, size: 256, alpha });
    backend.quantize({ x: reals, y: codes, size: 256, ...to });
    return heap.i8(codes, 256).slice();
  } finally {
    heap.free(codes);
    heap.free(reals);
  }
}

export function sameQuantization(a: ActivationQuantization, b: ActivationQuantization): boolean {
  return a.scale === b.scale && a.zeroPoint === b.zeroPoint;
}
