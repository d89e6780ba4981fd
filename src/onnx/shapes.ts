/**
 * What the operators that move elements mean, from attributes and constant inputs to extents and positions. The folding of
 * constants and the building of the graph both ask here, so that they agree.
 */
import { type Shape, sizeOf } from '../core/shape.ts';
import type { NodeView } from './node.ts';
import { wholeAxis } from './node.ts';

/**
 * Extents of a Reshape: 0 is the input's (unless allowzero), -1 what is left.
 * @param wanted as the model has it
 */
export function reshaped(node: NodeView, from: Shape, wanted: readonly number[]): number[] {
  const allowZero = node.int('allowzero', 0) !== 0;
  const shape = wanted.map((extent, axis) => {
    if (extent !== 0 || allowZero) return extent;
    return axis < from.length ? from[axis] : node.fail(`shape [${wanted}] keeps an axis that is not there`);
  });
  const left = shape.indexOf(-1);
  if (left >= 0) {
    const known = shape.reduce((product, extent) => (extent === -1 ? product : product * extent), 1);
    shape[left] = known === 0 ? 0 : sizeOf(from) / known;
  }
  const good = shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
  if (!good || sizeOf(shape) !== sizeOf(from)) node.fail(`[${from}] cannot become [${wanted}]`);
  return shape;
}

export function squeezed(node: NodeView, from: Shape, axes: readonly number[] | undefined): number[] {
  const gone = axes?.map((axis) => wholeAxis(node, axis, from.length));
  for (const axis of gone ?? []) if (from[axis] !== 1) node.fail(`axis ${axis} of [${from}] is not 1`);
  return from.filter((extent, axis) => (gone ? !gone.includes(axis) : extent !== 1));
}

export function unsqueezed(node: NodeView, from: Shape, axes: readonly number[]): number[] {
  const rank = from.length + axes.length;
  const added = axes.map((axis) => wholeAxis(node, axis, rank));
  if (new Set(added).size !== added.length) node.fail(`axes [${axes}] name one twice`);
  let next = 0;
  return Array.from({ length: rank }, (_, axis) => (added.includes(axis) ? 1 : from[next++]));
}

export function flattened(node: NodeView, from: Shape): [number, number] {
  const raw = node.int('axis', 1);
  const axis = raw === from.length ? raw : wholeAxis(node, raw, from.length);
  return [sizeOf(from.slice(0, axis)), sizeOf(from.slice(axis))];
}

export function permutation(node: NodeView, from: Shape): number[] {
  const perm = [...(node.ints('perm') ?? from.map((_, axis) => from.length - 1 - axis))];
  if (perm.length !== from.length || from.some((_, axis) => !perm.includes(axis))) {
    node.fail(`perm [${perm}] does not name each axis of [${from}] once`);
  }
  return perm;
}

/** One axis of a Slice. */
export interface Cut {
  axis: number;
  start: number;
  count: number;
  step: number;
}

export function cuts(
  node: NodeView,
  from: Shape,
  starts: readonly number[],
  ends: readonly number[],
  axes: readonly number[] | undefined,
  steps: readonly number[] | undefined,
): Cut[] {
  return starts.map((begin, i) => {
    const axis = wholeAxis(node, axes?.[i] ?? i, from.length);
    const step = steps?.[i] ?? 1;
    const extent = from[axis];
    if (step === 0) node.fail('a step is 0');
    const absolute = (at: number): number => (at < 0 ? at + extent : at);
    const clamp = (at: number, least: number, most: number): number => Math.min(most, Math.max(least, at));
    const start = step > 0 ? clamp(absolute(begin), 0, extent) : clamp(absolute(begin), 0, extent - 1);
    const end = step > 0 ? clamp(absolute(ends[i]), 0, extent) : clamp(absolute(ends[i]), -1, extent - 1);
    return { axis, start, count: Math.max(0, Math.ceil((end - start) / step)), step };
  });
}

/** Widest border: the model file has the same limit. */
const MOST_BORDER = 1 << 16;

/** Elements before and after each axis. Below 0: taken off. */
export function borders(
  node: NodeView,
  from: Shape,
  pads: readonly number[],
  axes: readonly number[] | undefined,
): { before: number[]; after: number[] } {
  const named = axes?.map((axis) => wholeAxis(node, axis, from.length)) ?? from.map((_, axis) => axis);
  if (pads.length !== 2 * named.length)
    node.fail(`pads [${pads}] are not two for each of ${named.length} axes`);
  if (pads.some((v) => !(Math.abs(v) <= MOST_BORDER))) node.fail(`pads [${pads}] beyond ${MOST_BORDER}`);
  const before = from.map(() => 0);
  const after = from.map(() => 0);
  named.forEach((axis, i) => {
    before[axis] = pads[i];
    after[axis] = pads[i + named.length];
  });
  return { before, after };
}

/** Positions that a border of this mode shows of an axis. Without `constant`, whose border is none of them. */
export function shownPositions(
  node: NodeView,
  mode: string,
  extent: number,
  before: number,
  after: number,
): number[] {
  return Array.from({ length: before + extent + after }, (_, i) => {
    const at = i - before;
    if (mode === 'edge') return Math.min(extent - 1, Math.max(0, at));
    if (mode === 'wrap') return ((at % extent) + extent) % extent;
    if (mode !== 'reflect') return node.fail(`mode '${mode}' is not known`);
    if (extent === 1) return 0;
    const period = 2 * (extent - 1);
    const folded = ((at % period) + period) % period;
    return folded < extent ? folded : period - folded;
  });
}

/** Padding of a window along one axis, before and after. */
export function autoPad(
  mode: string,
  extent: number,
  kernel: number,
  stride: number,
  dilation: number,
): [number, number] {
  const reach = dilation * (kernel - 1) + 1;
  const total = Math.max(0, (Math.ceil(extent / stride) - 1) * stride + reach - extent);
  const less = Math.floor(total / 2);
  return mode === 'SAME_LOWER' ? [total - less, less] : [less, total - less];
}
