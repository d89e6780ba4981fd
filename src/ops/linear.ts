/** x [N][...][in], weight [out][in], bias [out] -> y [N][...][out]. */
import { contribute, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import type { Attributes } from '../graph/graph.ts';
import { gradThroughClamp, highest, lowest } from './activation.ts';
import { validate } from './check.ts';

/**
 * y = x weight^T + bias, and the fused activation where `attrs` has one.
 * @throws ShapeError, ArgumentError
 */
export function linear(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  attrs: Attributes['linear'] = {},
): Tensor {
  const shape = validate('linear', attrs, { x }, { weight, bias });
  const { engine } = x;
  const { backend } = engine;
  const [o, i] = weight.shape;
  const n = x.size / i;
  const y = engine.empty(shape);
  backend.linear({
    x: x.ptr,
    weight: weight.ptr,
    prepared: false,
    bias: bias === null ? 0 : bias.ptr,
    y: y.ptr,
    n,
    i,
    o,
    lo: lowest(attrs.activation),
    hi: highest(attrs.activation),
  });

  return record(bias === null ? [x, weight] : [x, weight, bias], y, (dyAfter) => {
    const dy = gradThroughClamp(attrs.activation, y, dyAfter).ptr;
    // dx [N][in] = dy [N][out] weight [out][in]
    contribute(x, (dx) =>
      backend.gemm({
        a: dy,
        b: weight.ptr,
        c: dx,
        m: n,
        n: i,
        k: o,
        transA: false,
        transB: false,
        accumulate: false,
      }),
    );
    // dweight [out][in] = dy^T [out][N] x [N][in]
    contribute(weight, (dw) =>
      backend.gemm({
        a: dy,
        b: x.ptr,
        c: dw,
        m: o,
        n: i,
        k: n,
        transA: true,
        transB: false,
        accumulate: false,
      }),
    );
    if (bias !== null) contribute(bias, (db) => backend.sumChannels({ x: dy, y: db, n, c: o, p: 1 }));
  });
}
