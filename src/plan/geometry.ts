/** From shapes and attributes to the size fields of descriptors. */
import type { Planes, Window } from '../backend/backend.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import type { FusedActivation, NodeOf } from '../graph/graph.ts';

/** A convolution's window. x and y are NCHW, weight OIHW. */
export function convWindow(node: NodeOf<'conv2d'>, x: Shape, weight: Shape, y: Shape): Window {
  const { stride, padding, dilation, groups } = node.attrs;
  return {
    ...extents(x, y),
    kh: weight[2],
    kw: weight[3],
    strideH: stride[0],
    strideW: stride[1],
    ...sides(padding),
    dilH: dilation[0],
    dilW: dilation[1],
    groups,
  };
}

/** A pooling window: one group a channel. */
export function poolWindow(node: NodeOf<'maxPool'> | NodeOf<'avgPool'>, x: Shape, y: Shape): Window {
  const { kernel, stride, padding } = node.attrs;
  const [dilH, dilW] = (node.op === 'maxPool' && node.attrs.dilation) || [1, 1];
  return {
    ...extents(x, y),
    kh: kernel[0],
    kw: kernel[1],
    strideH: stride[0],
    strideW: stride[1],
    ...sides(padding),
    dilH,
    dilW,
    groups: x[1],
  };
}

function extents(x: Shape, y: Shape): Pick<Window, 'n' | 'ci' | 'h' | 'w' | 'co' | 'ho' | 'wo'> {
  return { n: x[0], ci: x[1], h: x[2], w: x[3], co: y[1], ho: y[2], wo: y[3] };
}

export function sides([padT, padL, padB, padR]: readonly [number, number, number, number]): {
  padT: number;
  padL: number;
  padB: number;
  padR: number;
} {
  return { padT, padL, padB, padR };
}

/** [n][c][...] as samples, channels, positions. */
export function planes(x: Shape): Planes {
  return { n: x[0], c: x[1], p: sizeOf(x.slice(2)) };
}

/** The clamp a fused activation is. */
export function clampOf(activation: FusedActivation | undefined): { lo: number; hi: number } {
  return {
    lo: activation ? 0 : Number.NEGATIVE_INFINITY,
    hi: activation === 'relu6' ? 6 : Number.POSITIVE_INFINITY,
  };
}
