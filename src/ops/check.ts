/** What every op asks of its arguments before it touches memory. */
import type { Tensor } from '../autograd/tensor.ts';
import type { DType } from '../core/dtype.ts';
import { ArgumentError, GraphError, ShapeError } from '../core/errors.ts';
import { formatShape, type Shape } from '../core/shape.ts';
import type { Attributes, Node, OpName } from '../graph/graph.ts';
import { schemaOf } from '../graph/schema.ts';

/**
 * Checks that `x` can be read by an op that runs on `engine`'s heap.
 * @throws ArgumentError if it belongs to another engine, its step has ended, or it has another dtype
 */
export function usable(op: string, argument: string, x: Tensor, first: Tensor, dtype: DType = 'f32'): void {
  if (x.engine !== first.engine) {
    throw new ArgumentError(
      op,
      argument,
      'a tensor of the same engine as the first',
      'one of another engine',
    );
  }
  if (x.scope?.ended) throw x.gone(op, argument);
  if (x.dtype !== dtype) throw new ArgumentError(op, argument, `a tensor of dtype ${dtype}`, x.dtype);
}

/**
 * Checks an op's arguments against its schema.
 * @param inputs by argument name, in order
 * @param params by role; null for an optional one that is not there
 * @returns the shape of the output
 * @throws ShapeError, ArgumentError (see `usable`)
 */
export function validate<K extends OpName>(
  op: K,
  attrs: Attributes[K],
  inputs: Readonly<Record<string, Tensor>>,
  params: Readonly<Record<string, Tensor | null>> = {},
): Shape {
  const shapes: Shape[] = [];
  let first: Tensor | undefined;
  for (const name in inputs) {
    first ??= inputs[name];
    usable(op, name, inputs[name], first);
    shapes.push(inputs[name].shape);
  }
  const paramShapes: Record<string, Shape> = {};
  for (const role in params) {
    const p = params[role];
    if (p === null) continue;
    usable(op, role, p, first as Tensor);
    paramShapes[role] = p.shape;
  }
  try {
    return schemaOf(op).shape({ name: op, op, inputs: [], params: {}, attrs } as Node, shapes, paramShapes);
  } catch (cause) {
    if (!(cause instanceof GraphError)) throw cause;
    const given = Object.entries({ ...inputs, ...params })
      .filter(([, t]) => t !== null)
      .map(([name, t]) => `${name} ${formatShape((t as Tensor).shape)}`);
    throw new ShapeError(op, given.join(', '), 'shapes and attributes that fit', cause.detail);
  }
}
