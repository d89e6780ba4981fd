/** Window geometry for cases: defaults, derived output extents, and the name people read. */
import type { Window } from '../../src/backend/backend.ts';

/** Geometry with defaults: square 1x1 window, no padding; output extents follow. */
export interface Geometry extends Partial<Window> {
  ci: number;
  h: number;
  w: number;
  co: number;
}

export function window(g: Geometry): Window {
  const full = {
    ...{ n: 1, kh: 1, kw: 1, strideH: 1, strideW: 1, padT: 0, padL: 0, padB: 0, padR: 0 },
    ...{ dilH: 1, dilW: 1, groups: 1 },
    ...g,
  };
  const ho = Math.floor((g.h + full.padT + full.padB - full.dilH * (full.kh - 1) - 1) / full.strideH) + 1;
  const wo = Math.floor((g.w + full.padL + full.padR - full.dilW * (full.kw - 1) - 1) / full.strideW) + 1;
  return { ...full, ho, wo };
}

/** A kernel of k x k with the same stride and padding on all sides. */
export const square = (k: number, stride = 1, pad = 0) => ({
  ...{ kh: k, kw: k, strideH: stride, strideW: stride },
  ...{ padT: pad, padL: pad, padB: pad, padR: pad },
});

export function describeWindow(w: Window): string {
  const parts = [`${w.kh}x${w.kw} ${w.h}x${w.w} ${w.ci}->${w.co}`];
  if (w.strideH * w.strideW > 1) parts.push(`stride ${w.strideH},${w.strideW}`);
  if (w.padT + w.padL + w.padB + w.padR > 0) parts.push(`pad ${w.padT},${w.padL},${w.padB},${w.padR}`);
  if (w.dilH * w.dilW > 1) parts.push(`dilation ${w.dilH},${w.dilW}`);
  if (w.groups > 1) parts.push(`groups ${w.groups}`);
  if (w.n > 1) parts.push(`batch ${w.n}`);
  return parts.join(' ');
}
