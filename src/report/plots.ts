/** Plots as SVG text, drawn without a browser. */
import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { compareToBaseline, type Report } from './comparison.ts';

/** Colours are CSS variables of the page, so that one SVG serves light and dark. */
const INK = 'var(--ink)';
const FAINT = 'var(--faint)';

const config = {
  background: 'transparent',
  font: 'system-ui, sans-serif',
  axis: { labelColor: INK, titleColor: INK, gridColor: FAINT, domainColor: FAINT, tickColor: FAINT },
  legend: { labelColor: INK },
  view: { stroke: null },
};

async function toSvg(spec: TopLevelSpec): Promise<string> {
  const view = new vega.View(vega.parse(compile(spec).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** Variants further below the best than this, in points, would press all others into one line. */
const SPAN = 1;

/** Names of the variants that the plots leave out for their accuracy: the page has to say so. */
export function leftOut(report: Report): string[] {
  const best = Math.max(...report.variants.map((v) => v.top1));
  return report.variants.filter((v) => 100 * (best - v.top1) > SPAN).map((v) => v.name);
}

/** Test top-1 against `x` on a logarithmic axis, a colour for each variant, the Pareto front as a line. */
async function scatter(report: Report, x: 'bytes' | 'ms1', title: string): Promise<string> {
  const out = leftOut(report);
  const points = compareToBaseline(report)
    .filter((v) => !out.includes(v.name))
    .map((v) => ({ name: v.name, x: x === 'bytes' ? v.bytes : v.ms1, top1: 100 * v.top1 }));
  const front = [...points]
    .sort((a, b) => a.x - b.x || b.top1 - a.top1)
    .filter((p, i, sorted) => sorted.slice(0, i).every((q) => q.top1 < p.top1));
  const axes = {
    x: { field: 'x', type: 'quantitative', scale: { type: 'log', nice: true }, title },
    y: { field: 'top1', type: 'quantitative', scale: { zero: false, nice: true }, title: 'test top-1, %' },
  } as const;
  return toSvg({
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width: 520,
    height: 320,
    config,
    layer: [
      {
        data: { values: front },
        mark: { type: 'line', color: INK, strokeDash: [4, 4], interpolate: 'step-after' },
        encoding: axes,
      },
      {
        data: { values: points },
        mark: { type: 'point', filled: true, size: 110, opacity: 1 },
        encoding: {
          ...axes,
          color: {
            field: 'name',
            type: 'nominal',
            sort: null,
            scale: { scheme: 'tableau20' },
            legend: { title: null },
          },
          shape: { field: 'name', type: 'nominal', sort: null },
        },
      },
    ],
  });
}

/** Accuracy against the size of the file. */
export const accuracyAgainstBytes = (report: Report): Promise<string> =>
  scatter(report, 'bytes', 'bytes on disk');

/** Accuracy against the time for one image. */
export const accuracyAgainstTime = (report: Report): Promise<string> =>
  scatter(report, 'ms1', 'ms per image, batch 1');
