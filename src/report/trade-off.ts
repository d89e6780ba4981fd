/** Accuracy against bytes and against time: every model a point with its name, those no other beats joined by a line. */
import type { Spec } from 'vega';
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
  const out = candidates.filter((c) => 100 * (best - c.top1) > SPAN).map((c) => c.name);
  return candidates.length - out.length < 2 ? [] : out;
}

/** The candidates that no other one beats in accuracy without being larger, from the smallest on. */
export function paretoFront<C extends Candidate>(candidates: readonly C[]): C[] {
  const sorted = [...candidates].sort((a, b) => a.x - b.x || b.top1 - a.top1);
  return sorted.filter((c, i) => sorted.slice(0, i).every((other) => other.top1 < c.top1));
}

/** Points on a logarithmic axis, as SVG. */
export function tradeOff(candidates: readonly Candidate[], title: string): Promise<string> {
  const front = paretoFront(candidates);
  const points = candidates.map((c) => ({
    name: c.name,
    x: c.x,
    y: 100 * c.top1,
    front: front.includes(c),
  }));
  const line = front.map((c) => ({ x: c.x, y: 100 * c.top1 }));
  const place = { x: { scale: 'x', field: 'x' }, y: { scale: 'y', field: 'y' } };
  const spec: Spec = {
    width: 400,
    height: 270,
    padding: 4,
    autosize: { type: 'fit', contains: 'padding' },
    data: [
      { name: 'points', values: points },
      { name: 'front', values: line },
    ],
    scales: [
      { name: 'x', type: 'log', domain: { data: 'points', field: 'x' }, range: 'width', padding: 34 },
      {
        name: 'y',
        type: 'linear',
        domain: { data: 'points', field: 'y' },
        range: 'height',
        zero: false,
        padding: 22,
      },
    ],
    axes: [
      { scale: 'x', orient: 'bottom', title, format: '~s', tickCount: 5, labelOverlap: true },
      { scale: 'y', orient: 'left', title: 'test top-1, %', grid: true, tickCount: 5 },
    ].map((axis) => ({
      ...axis,
      labelColor: MUTED,
      titleColor: MUTED,
      gridColor: FAINT,
      domainColor: FAINT,
      tickColor: FAINT,
      labelFontSize: 12,
      titleFontSize: 12,
      titleFontWeight: 'normal',
    })) as Spec['axes'],
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
        name: 'symbols',
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
        from: { data: 'symbols' },
        encode: {
          enter: {
            text: { field: 'datum.name' },
            fontSize: { value: 12 },
            fontWeight: { signal: "datum.datum.front ? '600' : '400'" },
            fill: { value: INK },
          },
        },
        transform: [
          {
            type: 'label',
            size: { signal: '[width + 4, height]' },
            anchor: [
              'top',
              'right',
              'bottom',
              'left',
              'top-right',
              'bottom-right',
              'top-left',
              'bottom-left',
            ],
            offset: [3, 3, 3, 3, 1, 1, 1, 1],
            avoidMarks: ['symbols'],
          },
        ],
      },
    ],
  };
  return drawVega(
    `${title} against test top-1; on the Pareto front: ${front.map((c) => c.name).join(', ')}`,
    spec,
  );
}
