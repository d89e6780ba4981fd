/** xs[i] [N][C_i][...] -> y [N][sum of C_i][...]; or along another axis. */
import { contribute, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import { ArgumentError } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import type { Attributes } from '../graph/graph.ts';
import { validate } from './check.ts';

/**
 * Joins two or more tensors along channels, or another axis.
 * @throws ShapeError, ArgumentError
 */
export function concat(xs: readonly Tensor[], attrs: Attributes['concat'] = {}): Tensor {
  if (xs.length < 2) throw new ArgumentError('concat', 'xs', 'two or more tensors', xs.length);
  const shape = validate('concat', attrs, Object.fromEntries(xs.map((x, i) => [`xs[${i}]`, x])));
  const { engine } = xs[0];
  const { backend } = engine;
  const y = engine.empty(shape);
  const rows = sizeOf(shape.slice(0, attrs.axis ?? 1));
  const stride = y.bytes / rows;
  let end = 0;
  // One run of bytes a sample (a position of the axes before) for each input.
  const parts = xs.map((x) => {
    const bytes = x.bytes / rows;
    const from = end;
    end += bytes;
    return { x, from, bytes };
  });
  for (const { x, from, bytes } of parts) {
    backend.copyRows({ src: x.ptr, dst: y.ptr + from, rows, bytes, srcStride: bytes, dstStride: stride });
  }

  return record(xs, y, (dy) => {
    for (const { x, from, bytes } of parts) {
      contribute(x, (dst) =>
        backend.copyRows({ src: dy.ptr + from, dst, rows, bytes, srcStride: stride, dstStride: bytes }),
      );
    }
  });
}
