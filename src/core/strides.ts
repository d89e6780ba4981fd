/**
 * How a tensor's elements lie in memory: the distance between neighbours along each axis. A view with other strides is what
 * transposing, slicing and repeating are, so that one primitive (`strided`) serves them all.
 */
import { type Shape, sizeOf } from './shape.ts';

/** Strides of a dense, row-major tensor, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** The shape of an operation on two operands, aligned at their last axes, extents of 1 repeated; undefined if they do not fit. */
export function broadcastShape(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let axis = 0; axis < rank; axis++) {
    const extentA = a[axis - rank + a.length] ?? 1;
    const extentB = b[axis - rank + b.length] ?? 1;
    if (extentA !== extentB && extentA !== 1 && extentB !== 1) return undefined;
    shape[axis] = extentA === 1 ? extentB : extentA;
  }
  return shape;
}

/** Strides with which a dense tensor of `shape` is read as one of the broadcast shape `to`: 0 where it is repeated. */
export function broadcastStrides(shape: Shape, to: Shape): number[] {
  const own = stridesOf(shape);
  return to.map((_, axis) => {
    const at = axis - to.length + shape.length;
    return at < 0 || shape[at] === 1 ? 0 : own[at];
  });
}

/**
 * The walk of the `strided` primitive: i32 [5][rank], extents, then strides of a, b and y in elements, then zeros, in which
 * the kernel counts. Axes of extent 1 are dropped and neighbours that all three walk as one are joined.
 */
export function stridedTable(
  extents: Shape,
  a: readonly number[],
  b: readonly number[],
  y: readonly number[],
): Int32Array {
  const axes: number[][] = [];
  extents.forEach((extent, axis) => {
    if (extent === 1) return;
    const outer = axes[axes.length - 1];
    const strides = [a[axis], b[axis], y[axis]];
    if (outer && strides.every((stride, i) => outer[i + 1] === stride * extent)) {
      outer[0] *= extent;
      for (let i = 0; i < 3; i++) outer[i + 1] = strides[i];
    } else {
      axes.push([extent, ...strides]);
    }
  });
  if (axes.length === 0) axes.push([1, 1, 1, 1]);
  return Int32Array.from({ length: 5 * axes.length }, (_, i) => {
    const row = Math.floor(i / axes.length);
    return row < 4 ? axes[i % axes.length][row] : 0;
  });
}

/** Which matrices of two stacks are multiplied: index in a's stack, in b's, and in the result's. */
export function* matrixPairs(
  a: Shape,
  b: Shape,
  stack: Shape,
): Generator<{ left: number; right: number; index: number }> {
  const stridesA = broadcastStrides(a, stack);
  const stridesB = broadcastStrides(b, stack);
  const own = stridesOf(stack);
  for (let index = 0; index < sizeOf(stack); index++) {
    let left = 0;
    let right = 0;
    own.forEach((stride, axis) => {
      const at = Math.floor(index / stride) % stack[axis];
      left += at * stridesA[axis];
      right += at * stridesB[axis];
    });
    yield { left, right, index };
  }
}
