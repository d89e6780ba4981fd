/** centroids [k], indices u8 [size], mask u8 [size] -> w, any shape of that size. */
import { contribute, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import { ShapeError } from '../core/errors.ts';
import { formatShape, type Shape, sizeOf } from '../core/shape.ts';
import { usable } from './check.ts';

/**
 * w[i] = centroids[indices[i]], and 0 where mask[i] is 0. The gradient of a centroid is the sum over its members (Han et
 * al. 2016). Indices are trusted to be below k.
 * @param mask null for none
 * @throws ShapeError, ArgumentError
 */
export function gatherCentroids(
  centroids: Tensor,
  indices: Tensor,
  mask: Tensor | null,
  shape: Shape,
): Tensor {
  const op = 'gatherCentroids';
  usable(op, 'centroids', centroids, centroids);
  usable(op, 'indices', indices, centroids, 'u8');
  const size = sizeOf(shape);
  if (indices.size !== size) {
    throw new ShapeError(
      op,
      'indices',
      `${size} elements (${formatShape(shape)})`,
      formatShape(indices.shape),
    );
  }
  if (mask !== null) {
    usable(op, 'mask', mask, centroids, 'u8');
    if (mask.size !== size) {
      throw new ShapeError(op, 'mask', `${size} elements (${formatShape(shape)})`, formatShape(mask.shape));
    }
  }
  const { engine } = centroids;
  const { backend } = engine;
  const maskPtr = (): number => (mask === null ? 0 : mask.ptr);
  const w = engine.empty(shape);
  backend.gatherCentroids({
    centroids: centroids.ptr,
    indices: indices.ptr,
    mask: maskPtr(),
    w: w.ptr,
    size,
  });

  return record([centroids], w, (dw) => {
    contribute(centroids, (dc) =>
      backend.scatterCentroids({
        dw: dw.ptr,
        indices: indices.ptr,
        mask: maskPtr(),
        dc,
        size,
        k: centroids.size,
      }),
    );
  });
}
