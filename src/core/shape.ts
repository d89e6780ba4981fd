import { ShapeError } from './errors.ts';

/** Extents of a tensor, outermost first: `[N, C, H, W]`, `[rows, columns]`, `[]` for a scalar. */
export type Shape = readonly number[];

/** Most elements of one value, and of all parameters of a model together: 256 MiB of f32. */
export const MOST_ELEMENTS = 1 << 26;

/** Number of elements of `shape`; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** Whether two shapes have the same rank and extents. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, i) => extent === b[i]);
}

/** `shape` as people write it: `2x3x28x28`; `scalar` for rank 0. */
export function formatShape(shape: Shape): string {
  return shape.length === 0 ? 'scalar' : shape.join('x');
}

/**
 * Checks that every extent is a whole number of at least 1.
 * @throws ShapeError naming `op` and `argument`
 */
export function assertShape(op: string, argument: string, shape: Shape): void {
  if (!Array.isArray(shape)) throw new ShapeError(op, argument, 'a list of extents', String(shape));
  for (const extent of shape) {
    if (!Number.isSafeInteger(extent) || extent < 1) {
      throw new ShapeError(op, argument, 'extents that are whole numbers >= 1', formatShape(shape));
    }
  }
}
