/** Window geometry from the shapes and attributes of a convolution or pooling. */
import type { Shape } from '../core/shape.ts';
import type { Window } from './backend.ts';

/** @param x [N][ci][h][w] @param y [N][co][ho][wo] @param padding top, left, bottom, right */
export function windowOf(
  x: Shape,
  y: Shape,
  kernel: readonly [number, number],
  stride: readonly [number, number],
  padding: readonly [number, number, number, number],
  dilation: readonly [number, number] = [1, 1],
  groups = 1,
): Window {
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
  };
}
