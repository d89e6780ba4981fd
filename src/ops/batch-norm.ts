/** x [N][C][h][w] or [N][C]; gamma, beta, mean, variance [C] -> y, shape of x. */
import { contribute, record, settle, target } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import { ShapeError } from '../core/errors.ts';
import { formatShape } from '../core/shape.ts';
import type { Attributes } from '../graph/graph.ts';
import { validate } from './check.ts';

export interface BatchNormParams {
  gamma: Tensor;
  beta: Tensor;
  /** Running statistics: read in inference, moved in place in training. No gradient flows to them. */
  mean: Tensor;
  variance: Tensor;
}

/**
 * y = (x - mean) / sqrt(variance + eps) * gamma + beta (Ioffe and Szegedy 2015). Training takes the statistics of the
 * batch and moves the running ones towards them; otherwise the running ones are constants.
 * @throws ShapeError (also for a training batch with one value a channel, which has no variance), ArgumentError
 */
export function batchNorm(
  x: Tensor,
  params: BatchNormParams,
  attrs: Attributes['batchNorm'],
  training: boolean,
): Tensor {
  const { gamma, beta, mean, variance } = params;
  validate('batchNorm', attrs, { x }, { gamma, beta, mean, variance });
  return training ? train(x, params, attrs) : infer(x, params, attrs);
}

function train(x: Tensor, params: BatchNormParams, { eps, momentum }: Attributes['batchNorm']): Tensor {
  const { gamma, beta } = params;
  const { engine } = x;
  const { backend } = engine;
  const { n, c, p } = planesOf(x);
  if (n * p < 2) {
    throw new ShapeError('batchNorm', 'x', 'two or more values a channel in training', formatShape(x.shape));
  }
  const y = engine.empty(x.shape);
  const mean = engine.empty([c]);
  const invStd = engine.empty([c]);
  backend.batchNormTrain({
    n,
    c,
    p,
    x: x.ptr,
    gamma: gamma.ptr,
    beta: beta.ptr,
    y: y.ptr,
    mean: mean.ptr,
    invStd: invStd.ptr,
    runningMean: params.mean.ptr,
    runningVar: params.variance.ptr,
    momentum,
    eps,
  });

  return record([x, gamma, beta], y, (dy) => {
    const dx = target(x);
    const dgamma = target(gamma);
    const dbeta = target(beta);
    backend.batchNormGrad({
      n,
      c,
      p,
      x: x.ptr,
      dy: dy.ptr,
      gamma: gamma.ptr,
      mean: mean.ptr,
      invStd: invStd.ptr,
      dx,
      dgamma,
      dbeta,
    });
    settle(x, dx);
    settle(gamma, dgamma);
    settle(beta, dbeta);
  });
}

/** An affine function of each channel, so its gradients are batchNormInfer again, with other constants. */
function infer(x: Tensor, params: BatchNormParams, { eps }: Attributes['batchNorm']): Tensor {
  const { gamma, beta, mean, variance } = params;
  const { engine } = x;
  const { backend } = engine;
  const { n, c, p } = planesOf(x);
  const y = engine.empty(x.shape);
  backend.batchNormInfer({
    n,
    c,
    p,
    x: x.ptr,
    gamma: gamma.ptr,
    beta: beta.ptr,
    mean: mean.ptr,
    variance: variance.ptr,
    y: y.ptr,
    eps,
  });

  return record([x, gamma, beta], y, (dy) => {
    const constant = (value: number): number => {
      const { ptr } = engine.empty([c]);
      backend.fill({ y: ptr, size: c, value });
      return ptr;
    };
    const zeros = constant(0);
    // dx = dy * gamma / sqrt(variance + eps)
    contribute(x, (dx) =>
      backend.batchNormInfer({
        n,
        c,
        p,
        x: dy.ptr,
        gamma: gamma.ptr,
        beta: zeros,
        mean: zeros,
        variance: variance.ptr,
        y: dx,
        eps,
      }),
    );
    // dgamma = sum of dy * (x - mean) / sqrt(variance + eps)
    contribute(gamma, (dgamma) => {
      const normalized = engine.empty(x.shape).ptr;
      const product = engine.empty(x.shape).ptr;
      backend.batchNormInfer({
        n,
        c,
        p,
        x: x.ptr,
        gamma: constant(1),
        beta: zeros,
        mean: mean.ptr,
        variance: variance.ptr,
        y: normalized,
        eps,
      });
      backend.mul({ a: dy.ptr, b: normalized, y: product, size: x.size, lo: -Infinity, hi: Infinity });
      backend.sumChannels({ n, c, p, x: product, y: dgamma });
    });
    contribute(beta, (dbeta) => backend.sumChannels({ n, c, p, x: dy.ptr, y: dbeta }));
  });
}

function planesOf(x: Tensor): { n: number; c: number; p: number } {
  const [n, c] = x.shape;
  return { n, c, p: x.size / (n * c) };
}
