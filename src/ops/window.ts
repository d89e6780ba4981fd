/** The descriptors of convolution and pooling. */
import type {
  AvgPoolArgs,
  AvgPoolGradArgs,
  Conv2dArgs,
  Conv2dGradInputArgs,
  Conv2dGradWeightArgs,
  MaxPoolArgs,
  MaxPoolGradArgs,
} from '../backend/backend.ts';
import type { Shape } from '../core/shape.ts';
import type { Padding, Pair } from '../graph/graph.ts';

/** One object that serves the forward primitive and its gradients. */
export type WindowArgs = Conv2dArgs &
  Conv2dGradInputArgs &
  Conv2dGradWeightArgs &
  MaxPoolArgs &
  MaxPoolGradArgs &
  AvgPoolArgs &
  AvgPoolGradArgs;

/**
 * The geometry from shapes and attributes; pointers are 0, to be filled in. A single literal, since copying objects of
 * this many fields by spreading them takes V8 longer than a small convolution.
 * @param x [N][ci][h][w]
 * @param y [N][co][ho][wo]
 */
export function windowArgs(
  x: Shape,
  y: Shape,
  kernel: Pair,
  stride: Pair,
  padding: Padding,
  dilation: Pair = [1, 1],
  groups = 1,
): WindowArgs {
  return {
    n: x[0],
    ci: x[1],
    h: x[2],
    w: x[3],
    co: y[1],
    ho: y[2],
    wo: y[3],
    kh: kernel[0],
    kw: kernel[1],
    strideH: stride[0],
    strideW: stride[1],
    padT: padding[0],
    padL: padding[1],
    padB: padding[2],
    padR: padding[3],
    dilH: dilation[0],
    dilW: dilation[1],
    groups,
    x: 0,
    y: 0,
    dx: 0,
    dy: 0,
    weight: 0,
    prepared: false,
    dw: 0,
    bias: 0,
    lo: -Infinity,
    hi: Infinity,
    indices: 0,
    countIncludePad: false,
  };
}
