/** Pictures of layers: histograms with centroids, importance, sparsity, error. */
import type { LayerImportance } from '../node/evaluation.ts';
import { type Histogram, histogram, type Layer, members, sparsity } from './layers.ts';
import { BEFORE, draw, INK, MUTED, SERIES } from './svg.ts';

const WIDTH = 230;
/** Beside the colour, what tells lines apart. */
const DASHES = [
  [1, 0],
  [6, 2],
  [2, 2],
  [8, 2, 2, 2],
  [4, 4],
  [10, 3],
];

/** The outline of a histogram: one path. */
const outline = ({ edges, shares }: Histogram): { x: number; y: number }[] =>
  [...shares, 0].map((y, i) => ({ x: Number(edges[i].toPrecision(5)), y: Number(y.toPrecision(4)) }));

/** Weights that are not zero, before (gray) and after; of shared weights each centroid as a line as high as its share. */
export function weightHistogram(layer: Layer): Promise<string> {
  const { before, values, param } = layer;
  const largest = [before, values].flatMap((list) =>
    list ? [list.reduce((m, v) => Math.max(m, Math.abs(v)), 0)] : [],
  );
  const limit = Math.max(...largest, 1e-12);
  const x = { field: 'x', type: 'quantitative', title: null, axis: { tickCount: 5, grid: false } };
  const hidden = { field: 'y', type: 'quantitative', axis: null };
  const area = (data: Float32Array, color: string, fill: number) => ({
    data: { values: outline(histogram(data, limit)) },
    mark: {
      type: 'area',
      interpolate: 'step-after',
      color,
      fillOpacity: fill,
      line: { color, strokeWidth: 1.2 },
    },
    encoding: { x, y: hidden },
  });
  const layers: object[] = [];
  if (before) layers.push(area(before, BEFORE, 0.35));
  if (param.codebook) {
    // Up and down again at each centroid, with a gap between: all of them one path.
    const counts = members(param);
    const sum = counts.reduce((a, b) => a + b, 0) || 1;
    const lines = [...param.codebook.centroids].flatMap((c, k) => {
      const at = Number(c.toPrecision(5));
      return [0, counts[k] / sum, null].map((y, i) => ({ x: at, y, i: 3 * k + i }));
    });
    layers.push({
      data: { values: lines },
      mark: { type: 'line', color: SERIES[1], strokeWidth: 1.6, invalid: 'break-paths-show-domains' },
      encoding: { x, y: hidden, order: { field: 'i', type: 'quantitative' } },
    });
  } else {
    layers.push(area(values, SERIES[0], before ? 0.12 : 0.3));
  }
  return draw(`weights of ${layer.name}`, {
    width: WIDTH,
    height: 90,
    layer: layers,
    resolve: { scale: { y: 'independent' } },
  } as never);
}

/** Share of zeros of each layer, before as a tick. */
export function sparsityPlot(layers: readonly Layer[]): Promise<string> {
  const y = { field: 'layer', type: 'nominal', sort: null, title: null, axis: { labelLimit: 110 } };
  const x = (title: string | null) => ({
    field: 'share',
    type: 'quantitative',
    title,
    scale: { domain: [0, 100] },
    axis: { tickCount: 5 },
  });
  const rows = layers.map(({ name, values }) => ({ layer: name, share: 100 * sparsity(values) }));
  const old = layers.flatMap(({ name, before }) =>
    before ? [{ layer: name, share: 100 * sparsity(before) }] : [],
  );
  const rounded = { text: { field: 'label', type: 'nominal' } };
  return draw('share of weights that are zero, by layer', {
    width: 200,
    height: { step: 22 },
    layer: [
      {
        data: { values: rows },
        mark: { type: 'bar', color: SERIES[0], height: 12 },
        encoding: { y, x: x('zero weights, %') },
      },
      {
        data: { values: old },
        mark: { type: 'tick', color: INK, thickness: 2, height: 16 },
        encoding: { y, x: x(null) },
      },
      {
        data: { values: rows.map((r) => ({ ...r, label: `${r.share.toFixed(0)} %` })) },
        mark: { type: 'text', align: 'left', dx: 4, fontSize: 11, color: INK },
        encoding: { y, x: x(null), ...rounded },
      },
    ],
  } as never);
}

/** Importance of a weight: the middle 80 % of each layer as a bar, the median as a tick. */
export function importancePlot(importance: readonly LayerImportance[]): Promise<string> {
  // Pruned weights have importance 0, which a logarithmic axis has no place for.
  const smallest = Math.min(...importance.flatMap((i) => i.quantiles.filter((q) => q > 0)), 1);
  const rows = importance.map(({ param, quantiles: q, mean }) => ({
    layer: param.replace(/\.weight$/, ''),
    low: Math.max(q[1], smallest),
    middle: Math.max(q[5], smallest),
    high: Math.max(q[9], smallest),
    mean: Math.max(mean, smallest),
  }));
  const y = { field: 'layer', type: 'nominal', sort: null, title: null, axis: { labelLimit: 110 } };
  const x = (field: string) => ({
    field,
    type: 'quantitative',
    title: 'importance of a weight',
    scale: { type: 'log' },
    axis: { tickCount: 4, format: '.0e', grid: true },
  });
  return draw('importance of the weights, by layer', {
    width: 200,
    height: { step: 22 },
    data: { values: rows },
    layer: [
      {
        mark: { type: 'bar', color: SERIES[0], height: 10, opacity: 0.45 },
        encoding: { y, x: x('low'), x2: { field: 'high' } },
      },
      { mark: { type: 'tick', color: INK, thickness: 2, height: 14 }, encoding: { y, x: x('middle') } },
      {
        mark: { type: 'point', filled: true, shape: 'diamond', size: 50, color: SERIES[1], opacity: 1 },
        encoding: { y, x: x('mean') },
      },
    ],
  } as never);
}

/** How much of a layer's importance its most important channels hold: a line a layer with its name at the end. */
export function channelPlot(importance: readonly LayerImportance[]): Promise<string> {
  const named = importance.map((i) => ({ ...i, layer: i.param.replace(/\.weight$/, '') }));
  const values = named.flatMap(({ layer, channels }) => {
    const sorted = [...channels].sort((a, b) => b - a);
    let sum = 0;
    const points = sorted.map((share, i) => {
      sum += share;
      return { layer, x: (100 * (i + 1)) / sorted.length, y: 100 * sum };
    });
    const k = Math.ceil(points.length / 60);
    return [{ layer, x: 0, y: 0 }, ...points.filter((_, i) => i % k === 0 || i === points.length - 1)];
  });
  const legend = { columns: 2, symbolType: 'stroke', labelLimit: 80, columnPadding: 8 };
  const byLayer = { field: 'layer', type: 'nominal', sort: null, legend };
  return draw('share of importance held by the most important channels', {
    width: 200,
    height: 150,
    data: { values },
    mark: { type: 'line', strokeWidth: 1.6 },
    encoding: {
      x: {
        field: 'x',
        type: 'quantitative',
        title: 'channels, %, most important first',
        axis: { tickCount: 5, grid: false },
      },
      y: { field: 'y', type: 'quantitative', title: 'of the importance, %', axis: { tickCount: 5 } },
      color: { ...byLayer, scale: { range: SERIES } },
      strokeDash: { ...byLayer, scale: { range: DASHES } },
    },
  } as never);
}

/** Noise that quantizing, sharing or pruning put into each layer, as signal to noise. */
export function errorPlot(rows: readonly { layer: string; sqnr: number }[]): Promise<string> {
  const y = { field: 'layer', type: 'nominal', sort: null, title: null, axis: { labelLimit: 110 } };
  const x = {
    field: 'sqnr',
    type: 'quantitative',
    title: 'signal to noise of the weights, dB',
    axis: { tickCount: 5 },
  };
  const values = rows.filter((r) => Number.isFinite(r.sqnr)).map((r) => ({ ...r, label: r.sqnr.toFixed(1) }));
  return draw('signal to noise of the weights, by layer', {
    width: 200,
    height: { step: 22 },
    data: { values },
    layer: [
      {
        mark: { type: 'rule', color: MUTED },
        encoding: { y, x: { ...x, scale: { zero: true } }, x2: { datum: 0 } },
      },
      { mark: { type: 'point', filled: true, size: 60, color: SERIES[0], opacity: 1 }, encoding: { y, x } },
      {
        mark: { type: 'text', align: 'left', dx: 8, fontSize: 11, color: INK },
        encoding: { y, x, text: { field: 'label', type: 'nominal' } },
      },
    ],
  } as never);
}
