/** Walks over views: what the ops that move elements or align shapes are made of. */
import type { Engine } from '../autograd/engine.ts';
import type { StridedKind } from '../backend/backend.ts';
import type { Ptr } from '../backend/heap.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import { broadcastStrides, stridedTable, stridesOf } from '../core/strides.ts';

/** Where a view begins, and the distance of neighbours along each axis, in elements. */
export interface View {
  ptr: Ptr;
  strides: readonly number[];
}

/** y = clamp(f(a, b)) over `extents`. */
export function walk(
  engine: Engine,
  kind: StridedKind,
  extents: Shape,
  a: View,
  b: View,
  y: View,
  lo = -Infinity,
  hi = Infinity,
): void {
  const table = stridedTable(extents, a.strides, b.strides, y.strides);
  const held = engine.tensor([table.length], table, 'i32');
  const rank = table.length / 5;
  engine.backend.strided({ kind, rank, table: held.ptr, a: a.ptr, b: b.ptr, y: y.ptr, lo, hi });
}

/** y (dense, of `extents`) = the elements of a view. */
export function copyView(engine: Engine, extents: Shape, a: View, y: Ptr): void {
  walk(engine, 'copy', extents, a, a, { ptr: y, strides: stridesOf(extents) });
}

/** y = f(x, value), x and y dense, `size` elements. */
export function withScalar(
  engine: Engine,
  kind: StridedKind,
  x: Ptr,
  value: number,
  y: Ptr,
  size: number,
  lo = -Infinity,
  hi = Infinity,
): void {
  const b = engine.tensor([1], [value]);
  walk(
    engine,
    kind,
    [size],
    { ptr: x, strides: [1] },
    { ptr: b.ptr, strides: [0] },
    { ptr: y, strides: [1] },
    lo,
    hi,
  );
}

/** The mean of x, dense of `shape`, over `axes`; y holds the other axes in their order. */
export function meanOver(engine: Engine, x: Ptr, shape: Shape, axes: readonly number[], y: Ptr): void {
  const all = shape.map((_, axis) => axis);
  const kept = all.filter((axis) => !axes.includes(axis));
  const order = [...kept, ...all.filter((axis) => axes.includes(axis))];
  const c = sizeOf(kept.map((axis) => shape[axis]));
  let from = x;
  if (order.some((axis, i) => axis !== i)) {
    const extents = order.map((axis) => shape[axis]);
    const own = stridesOf(shape);
    from = engine.empty(extents).ptr;
    copyView(engine, extents, { ptr: x, strides: order.map((axis) => own[axis]) }, from);
  }
  engine.backend.globalAvgPool({ n: 1, c, p: sizeOf(shape) / c, x: from, y });
}

/** y, of shape `to`, = the sum of x, dense of the broadcast shape `from`, over all that were repeated. */
export function sumTo(engine: Engine, x: Ptr, from: Shape, to: Shape, y: Ptr): void {
  const strides = broadcastStrides(to, from);
  const axes = from.map((_, axis) => axis).filter((axis) => strides[axis] === 0 && from[axis] > 1);
  const size = sizeOf(to);
  const { backend } = engine;
  if (axes.length === 0) {
    backend.axpby({ x, y, size, alpha: 1, beta: 0 });
    return;
  }
  meanOver(engine, x, from, axes, y);
  backend.axpby({ x: y, y, size, alpha: sizeOf(from) / size, beta: 0 });
}
