/** Accuracy against bytes and against time: every model a point with its name, those no other beats joined by a line. */
import type { Spec } from 'vega';
import { type Box, placeLabels } from './labels.ts';
import { drawVega, FAINT, INK, MUTED, SERIES } from './svg.ts';

export interface Candidate {
  name: string;
  top1: number;
  x: number;
}

/** Models further below the best than this, in points, would press all others into one line. */
const SPAN = 1;

/** Names of those the plots leave out for their accuracy: the page has to say so. At least two models are drawn. */
export function leftOut(candidates: readonly Pick<Candidate, 'name' | 'top1'>[]): string[] {
  const best = Math.max(...candidates.map((c) => c.top1));
  const out = candidates.filter((c) => 100 * (best - c.top1) > SPAN + 1e-9).map((c) => c.name);
  return candidates.length - out.length < 2 ? [] : out;
}

/** The candidates that no other one beats in accuracy without being larger, from the smallest on. */
export function paretoFront<C extends Candidate>(candidates: readonly C[]): C[] {
  const sorted = [...candidates].sort((a, b) => a.x - b.x || b.top1 - a.top1);
  return sorted.filter((c, i) => sorted.slice(0, i).every((other) => other.top1 < c.top1));
}

const WIDTH = 350;
const HEIGHT = 240;

/** The ends of an axis with room for points and names, in the axis's own (linear or logarithmic) terms. */
function ends(values: readonly number[], room: number): [number, number] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const span = high - low || 1;
  return [low - room * span, high + room * span];
}

/** The steps of the line through the front, as thin boxes. */
function stairs(front: readonly { x: number; y: number }[]): Box[] {
  return front.slice(1).flatMap((to, i) => {
    const from = front[i];
    return [
      { left: from.x, right: to.x, top: from.y - 2, bottom: from.y + 2 },
      { left: to.x - 2, right: to.x + 2, top: to.y, bottom: from.y },
    ];
  });
}

/**
 * Points on a logarithmic axis, as SVG.
 * @param format of the numbers along the axis, as d3 has it
 */
export function tradeOff(candidates: readonly Candidate[], title: string, format: string): Promise<string> {
  const front = paretoFront(candidates);
  // Names of the front are placed first: they are what is looked for.
  const points = [...front, ...candidates.filter((c) => !front.includes(c))].map((c) => ({
    name: c.name,
    x: c.x,
    y: 100 * c.top1,
    front: front.includes(c),
  }));
  const logs = ends(
    points.map((p) => Math.log(p.x)),
    0.09,
  );
  const tops = ends(
    points.map((p) => p.y),
    0.12,
  );
  const pixels = points.map(({ name, x, y }) => ({
    name,
    x: (WIDTH * (Math.log(x) - logs[0])) / (logs[1] - logs[0]),
    y: (HEIGHT * (tops[1] - y)) / (tops[1] - tops[0]),
  }));
  const area = { left: 0, top: 0, right: WIDTH + 20, bottom: HEIGHT };
  const placed = placeLabels(pixels, area, stairs(pixels.slice(0, front.length)));
  const labelled = points.map((p, i) => ({ ...p, ...placed[i] }));
  const axis = {
    labelColor: MUTED,
    titleColor: MUTED,
    gridColor: FAINT,
    domainColor: FAINT,
    tickColor: FAINT,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    labelOverlap: true,
    tickCount: 5,
  } as const;
  const place = { x: { scale: 'x', field: 'x' }, y: { scale: 'y', field: 'y' } };
  const spec: Spec = {
    width: WIDTH,
    height: HEIGHT,
    padding: { left: 2, right: 20, top: 4, bottom: 2 },
    data: [
      { name: 'points', values: labelled },
      { name: 'front', values: front.map((c) => ({ x: c.x, y: 100 * c.top1 })) },
    ],
    scales: [
      { name: 'x', type: 'log', domain: logs.map(Math.exp), range: 'width' },
      { name: 'y', type: 'linear', domain: tops, range: 'height', zero: false },
    ],
    axes: [
      { ...axis, scale: 'x', orient: 'bottom', title, format },
      { ...axis, scale: 'y', orient: 'left', title: 'test top-1, %', grid: true },
    ],
    marks: [
      {
        type: 'line',
        from: { data: 'front' },
        encode: {
          enter: {
            ...place,
            interpolate: { value: 'step-after' },
            stroke: { value: SERIES[1] },
            strokeWidth: { value: 1.5 },
            strokeDash: { value: [4, 3] },
          },
        },
      },
      {
        type: 'symbol',
        from: { data: 'points' },
        encode: {
          enter: {
            ...place,
            size: { value: 90 },
            shape: { signal: "datum.front ? 'diamond' : 'circle'" },
            fill: { signal: `datum.front ? '${SERIES[1]}' : '${SERIES[0]}'` },
          },
        },
      },
      {
        type: 'text',
        from: { data: 'points' },
        encode: {
          enter: {
            ...place,
            text: { field: 'name' },
            dx: { field: 'dx' },
            dy: { field: 'dy' },
            align: { field: 'align' },
            baseline: { value: 'middle' },
            fontSize: { value: 12 },
            fontWeight: { signal: "datum.front ? '600' : '400'" },
            fill: { value: INK },
          },
        },
      },
    ],
  };
  const names = front.map((c) => c.name).join(', ');
  return drawVega(`${title} against test top-1; on the Pareto front: ${names}`, spec);
}
