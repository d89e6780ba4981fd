/** x [N][ci][h][w], weight [co][ci/groups][kh][kw], bias [co] -> y [N][co][ho][wo]. */
import { contribute, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import type { Attributes } from '../graph/graph.ts';
import { gradThroughClamp, highest, lowest } from './activation.ts';
import { validate } from './check.ts';
import { windowArgs } from './window.ts';

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
  const args = windowArgs(x.shape, shape, [kh, kw], stride, padding, dilation, groups);
  const y = engine.empty(shape);
  args.x = x.ptr;
  args.weight = weight.ptr;
  args.bias = bias === null ? 0 : bias.ptr;
  args.y = y.ptr;
  args.lo = lowest(activation);
  args.hi = highest(activation);
  backend.conv2d(args);

  return record(bias === null ? [x, weight] : [x, weight, bias], y, (dyAfter) => {
    const dy = gradThroughClamp(activation, y, dyAfter).ptr;
    args.dy = dy;
    contribute(x, (dx) => {
      args.dx = dx;
      backend.conv2dGradInput(args);
    });
    contribute(weight, (dw) => {
      args.dw = dw;
      backend.conv2dGradWeight(args);
    });
    if (bias !== null) {
      contribute(bias, (db) => backend.sumChannels({ x: dy, y: db, n: args.n, c: co, p: args.ho * args.wo }));
    }
  });
}
