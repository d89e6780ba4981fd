/**
 * What a plan computes with, as opposed to what training keeps: the int8 codes of a quantized parameter and the f32
 * values they stand for.
 */
import { GraphError } from '../core/errors.ts';
import type { Graph, Param } from './graph.ts';

/**
 * Checks that every parameter holds numbers: one NaN would make every output NaN, and rank anywhere among others.
 * @throws GraphError naming the parameter and the index
 */
export function assertFinite(graph: Graph): void {
  for (const { name, values } of graph.params.values()) {
    const bad = firstNotFinite(values);
    if (bad >= 0) throw new GraphError(name, `value ${bad} is ${values[bad]}: weights must be finite`);
  }
}

/** Index of the first NaN or infinity; -1 if there is none. */
export function firstNotFinite(values: Float32Array | readonly number[]): number {
  // Native searches: a fresh process has not compiled the loop below yet.
  if (![Number.NaN, Infinity, -Infinity].some((v) => values.includes(v))) return -1;
  // x - x is 0 for every finite number and NaN for the others.
  for (let i = 0; i < values.length; i++) if (values[i] - values[i] !== 0) return i;
  return -1;
}

/** Nearest whole number, halves to the even one: what IEEE and the kernels do. */
export function roundHalfEven(x: number): number {
  const up = Math.round(x); // halves upwards
  return up - x === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

/**
 * int8 codes of a quantized parameter: q = clamp(round(value * (1 / scale[c])), -127, 127), half to even, 1/scale and the
 * product each rounded to f32. The arithmetic of the fakeQuantize primitive, so that training and the integer plan see
 * the same codes.
 * @throws GraphError if it has no scale, not one per row of axis 0, or one that is not positive and finite
 */
export function quantizedCodes(param: Param): Int8Array {
  const scale = scalesOf(param);
  const inner = param.values.length / scale.length;
  const codes = new Int8Array(param.values.length);
  for (let c = 0; c < scale.length; c++) {
    const inverse = Math.fround(1 / scale[c]);
    for (let i = c * inner; i < (c + 1) * inner; i++) {
      const q = roundHalfEven(Math.fround(param.values[i] * inverse));
      codes[i] = Math.min(127, Math.max(-127, q));
    }
  }
  return codes;
}

/** The f32 values that codes stand for: q * scale[c], one product rounded to f32. */
export function dequantizedValues(codes: Int8Array, scale: Float32Array): Float32Array {
  const inner = codes.length / scale.length;
  const values = new Float32Array(codes.length);
  for (let c = 0; c < scale.length; c++) {
    for (let i = c * inner; i < (c + 1) * inner; i++) values[i] = codes[i] * scale[c];
  }
  return values;
}

/** f32 values a float plan computes with: a quantized parameter's are those of its codes. Not a copy if it has none. */
export function plannedValues(param: Param): Float32Array {
  return param.quant ? dequantizedValues(quantizedCodes(param), scalesOf(param)) : param.values;
}

function scalesOf(param: Param): Float32Array {
  const scale = param.quant?.scale;
  if (!scale) throw new GraphError(param.name, 'the parameter is not quantized');
  if (scale.length !== (param.shape[0] ?? 1)) {
    throw new GraphError(param.name, `${scale.length} scales for ${param.shape[0] ?? 1} output channels`);
  }
  if (!scale.every((s) => s > 0 && Number.isFinite(s) && Number.isFinite(Math.fround(1 / s)))) {
    throw new GraphError(param.name, 'scales must be positive, finite, and have a finite reciprocal');
  }
  return scale;
}
