/** Schemas of the ops that imported models bring: arithmetic on shapes that are aligned, and ops that move elements. */
import { GraphError } from '../core/errors.ts';
import { formatShape, type Shape, sizeOf } from '../core/shape.ts';
import { broadcastShape } from '../core/strides.ts';
import type { OpName } from './graph.ts';
import type { OpSchema } from './schema.ts';

/** Most axes of a value. */
const MOST_AXES = 8;

export function checkAxis(name: string, axis: number, x: Shape): void {
  if (!Number.isSafeInteger(axis) || axis < 0 || axis >= x.length) {
    throw new GraphError(
      name,
      `axis ${axis} must be a whole number in [0, ${x.length - 1}] of ${formatShape(x)}`,
    );
  }
}

function aligned(name: string, a: Shape, b: Shape): Shape {
  const shape = broadcastShape(a, b);
  if (!shape) {
    throw new GraphError(
      name,
      `shapes must be equal or 1 from the last axis on, got ${formatShape(a)} and ${formatShape(b)}`,
    );
  }
  if (shape.length > MOST_AXES) {
    throw new GraphError(name, `a result of ${formatShape(shape)} has more than ${MOST_AXES} axes`);
  }
  return shape;
}

const one = <K extends OpName>(shape: OpSchema<K>['shape']): OpSchema<K> => ({
  inputs: [1, 1],
  required: [],
  optional: [],
  shape,
  macs: () => 0,
});

export const binary: OpSchema<'binary'> = {
  inputs: [1, 2],
  required: [],
  optional: ['value'],
  shape: ({ name }, inputs, { value }) => {
    const operands = value ? [...inputs, value] : inputs;
    if (operands.length !== 2) {
      throw new GraphError(
        name,
        `expected two inputs, or one and a parameter 'value', got ${operands.length}`,
      );
    }
    return aligned(name, operands[0], operands[1]);
  },
  macs: () => 0,
};

export const matmul: OpSchema<'matmul'> = {
  inputs: [2, 2],
  required: [],
  optional: [],
  shape: ({ name }, [a, b]) => {
    if (a.length < 2 || b.length < 2 || a[a.length - 1] !== b[b.length - 2]) {
      throw new GraphError(
        name,
        `expected [...][m][k] and [...][k][n], got ${formatShape(a)} and ${formatShape(b)}`,
      );
    }
    return [...aligned(name, a.slice(0, -2), b.slice(0, -2)), a[a.length - 2], b[b.length - 1]];
  },
  // The inner extent is in no parameter: k is not known here.
  macs: () => 0,
};

export const reshape = one<'reshape'>(({ name, attrs }, [x]) => {
  const wanted = attrs.shape;
  const fits = (extent: number, axis: number): boolean =>
    Number.isSafeInteger(extent) && extent >= -1 && (extent !== 0 || axis < x.length);
  if (wanted.length > MOST_AXES || !wanted.every(fits) || wanted.filter((e) => e === -1).length > 1) {
    throw new GraphError(
      name,
      `shape [${wanted}] must be up to ${MOST_AXES} whole numbers, 0 for an extent of ${formatShape(x)}, -1 at most once`,
    );
  }
  const shape = wanted.map((extent, axis) => (extent === 0 ? x[axis] : extent));
  const known = shape.reduce((product, extent) => (extent === -1 ? product : product * extent), 1);
  const at = shape.indexOf(-1);
  if (at >= 0) shape[at] = sizeOf(x) / known;
  if (!shape.every(Number.isSafeInteger) || sizeOf(shape) !== sizeOf(x)) {
    throw new GraphError(name, `${formatShape(x)} cannot become [${wanted}]`);
  }
  return shape;
});

export const transpose = one<'transpose'>(({ name, attrs: { perm } }, [x]) => {
  if (perm.length !== x.length || x.some((_, axis) => !perm.includes(axis))) {
    throw new GraphError(name, `perm [${perm}] must name each axis of ${formatShape(x)} once`);
  }
  return perm.map((axis) => x[axis]);
});

export const slice = one<'slice'>(({ name, attrs: { axis, start, count, step } }, [x]) => {
  checkAxis(name, axis, x);
  const last = start + (count - 1) * step;
  const inside = (at: number): boolean => Number.isSafeInteger(at) && at >= 0 && at < x[axis];
  if (!Number.isSafeInteger(count) || count < 1 || step === 0 || !inside(start) || !inside(last)) {
    throw new GraphError(
      name,
      `start ${start}, count ${count}, step ${step} must stay in the ${x[axis]} positions of axis ${axis}`,
    );
  }
  return x.map((extent, i) => (i === axis ? count : extent));
});

export const gather = one<'gather'>(({ name, attrs: { axis, indices } }, [x]) => {
  checkAxis(name, axis, x);
  const inside = (at: number): boolean => Number.isSafeInteger(at) && at >= 0 && at < x[axis];
  if (indices.length === 0 || !indices.every(inside)) {
    throw new GraphError(name, `indices must be one or more whole numbers in [0, ${x[axis] - 1}]`);
  }
  return x.map((extent, i) => (i === axis ? indices.length : extent));
});

export const reduceMean = one<'reduceMean'>(({ name, attrs: { axes, keepDims } }, [x]) => {
  for (const axis of axes) checkAxis(name, axis, x);
  return keepDims
    ? x.map((extent, axis) => (axes.includes(axis) ? 1 : extent))
    : x.filter((_, axis) => !axes.includes(axis));
});
