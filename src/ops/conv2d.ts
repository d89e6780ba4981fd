/** x [N][ci][h][w], weight [co][ci/groups][kh][kw], bias [co] -> y [N][co][ho][wo]. */
import { contribute, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import { windowOf } from '../backend/window.ts';
import type { Attributes } from '../graph/graph.ts';
import { clampOf, gradThroughClamp } from './activation.ts';
import { validate } from './check.ts';

/**
 * Cross-correlation with zero padding, and the fused activation where `attrs` has one.
 * @throws ShapeError, ArgumentError
 */
export function conv2d(x: Tensor, weight: Tensor, bias: Tensor | null, attrs: Attributes['conv2d']): Tensor {
  const shape = validate('conv2d', attrs, { x }, { weight, bias });
  const { engine } = x;
  const { backend } = engine;
  const [co, , kh, kw] = weight.shape;
  const { stride, padding, dilation, groups, activation } = attrs;
  const window = windowOf(x.shape, shape, [kh, kw], stride, padding, dilation, groups);
  const y = engine.empty(shape);
  backend.conv2d({
    ...window,
    x: x.ptr,
    weight: weight.ptr,
    prepared: false,
    bias: bias === null ? 0 : bias.ptr,
    y: y.ptr,
    ...clampOf(activation),
  });

  return record(bias === null ? [x, weight] : [x, weight, bias], y, (dyAfter) => {
    const dy = gradThroughClamp(activation, y, dyAfter).ptr;
    contribute(x, (dx) => backend.conv2dGradInput({ ...window, dy, weight: weight.ptr, dx }));
    contribute(weight, (dw) => backend.conv2dGradWeight({ ...window, x: x.ptr, dy, dw }));
    if (bias !== null) {
      contribute(bias, (db) =>
        backend.sumChannels({ x: dy, y: db, n: window.n, c: co, p: window.ho * window.wo }),
      );
    }
  });
}
