/**
 * Checks gradients by central differences: with a fixed random vector r, d(sum r * y)/dx must be what the difference of
 * two runs says, for every element of every argument.
 */
import { Engine } from '../../src/autograd/engine.ts';
import type { Tensor } from '../../src/autograd/tensor.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { formatShape, type Shape } from '../../src/core/shape.ts';
import { mul, sum } from '../../src/ops/index.ts';
import { spaced, uniform } from './shapes.ts';

/** One use of an op. */
export interface OpCase {
  name: string;
  /** Shapes of the arguments gradients are asked of. */
  inputs: readonly Shape[];
  /** Values of argument i; `spaced` if absent. */
  values?: (shape: Shape, i: number) => Float32Array;
  /** The op. Constants it needs are made from `engine`. */
  run(xs: readonly Tensor[], engine: Engine): Tensor;
}

/** Step of the difference: small against curvature, large against the rounding of f32. */
const STEP = 1 / 128;
/** Largest |got - expected| / (|expected| + 1). */
const TOLERANCE = 1e-3;

export function valuesOf(c: OpCase): Float32Array[] {
  return c.inputs.map((shape, i) => (c.values ?? spaced)(shape, i + 1));
}

/** Output and gradients of one case. */
export function gradients(backend: Backend, c: OpCase): { y: Float32Array; grads: Float32Array[] } {
  const engine = new Engine(backend);
  const values = valuesOf(c);
  const leaves = c.inputs.map((shape, i) => engine.parameter(shape, values[i]));
  const y = engine.step(() => {
    const output = c.run(leaves, engine);
    engine.backward(sum(mul(output, engine.tensor(output.shape, uniform(output.shape, 99)))));
    return output.toArray() as Float32Array;
  });
  const grads = leaves.map((leaf, i) => {
    if (leaf.grad === null) throw new Error(`${c.name}: argument ${i} got no gradient`);
    return leaf.grad.toArray() as Float32Array;
  });
  return { y, grads };
}

/** @returns null if all gradients are right, else the first that is not: op, argument, element, got, expected */
export function gradCheck(backend: Backend, c: OpCase): string | null {
  const engine = new Engine(backend);
  const values = valuesOf(c);
  const { y: first, grads } = gradients(backend, c);
  const r = uniform([first.length], 99);
  /** sum r * y in f64. */
  const loss = (): number =>
    engine.step(() =>
      engine.noGrad(() => {
        const y = c.run(
          c.inputs.map((shape, i) => engine.tensor(shape, values[i])),
          engine,
        );
        return (y.toArray() as Float32Array).reduce((total, v, i) => total + v * r[i], 0);
      }),
    );
  for (let argument = 0; argument < values.length; argument++) {
    const x = values[argument];
    for (let i = 0; i < x.length; i++) {
      const before = x[i];
      x[i] = before + STEP;
      const above = x[i];
      const after = loss();
      x[i] = before - STEP;
      const expected = (after - loss()) / (above - x[i]);
      x[i] = before;
      const got = grads[argument][i];
      if (!(Math.abs(got - expected) <= TOLERANCE * (1 + Math.abs(expected)))) {
        return `${c.name}: gradient of argument ${argument} (${formatShape(c.inputs[argument])}), element ${i}: got ${got}, expected ${expected}`;
      }
    }
  }
  return null;
}
