/** Plots as SVG text, drawn without a browser. */
import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { compareToBaseline, type Report } from './result.ts';

/** Colours are CSS variables of the page, so that one SVG serves light and dark. */
const INK = 'var(--ink)';
const FAINT = 'var(--faint)';

const config = {
  background: 'transparent',
  font: 'system-ui, sans-serif',
  axis: { labelColor: INK, titleColor: INK, gridColor: FAINT, domainColor: FAINT, tickColor: FAINT },
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

/** Test top-1 against `x` on a logarithmic axis, each point with its name, the Pareto front as a line. */
async function scatter(report: Report, x: 'bytes' | 'ms1', title: string): Promise<string> {
  const points = compareToBaseline(report).map((v) => ({
    name: v.name,
    x: x === 'bytes' ? v.bytes : v.ms1,
    top1: 100 * v.top1,
  }));
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
        mark: { type: 'line', color: 'var(--accent)', strokeDash: [4, 4], interpolate: 'step-after' },
        encoding: axes,
      },
      {
        data: { values: points },
        mark: { type: 'point', filled: true, size: 70, color: 'var(--accent)' },
        encoding: axes,
      },
      {
        data: { values: points },
        mark: { type: 'text', align: 'left', dx: 8, dy: -6, color: INK, fontSize: 11 },
        encoding: { ...axes, text: { field: 'name' } },
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
