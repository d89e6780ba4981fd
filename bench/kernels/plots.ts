/**
 * bench/results/kernels.html: where the kernels stand below the machine's limits, and what zeros buy. One page without a
 * script and without a network, drawn from a run's JSON.
 */
import { escapeHtml, figure, table } from '../../src/report/html.ts';
import { STYLE } from '../../src/report/style.ts';
import { draw, INK, MUTED, SERIES } from '../../src/report/svg.ts';
import { benchCases } from './all.ts';
import type { KernelCase } from './case.ts';
import { bends, type GrowthPoint } from './growth.ts';
import { nameOf } from './measure.ts';
import type { KernelResults } from './run.ts';
import { type SpeedUp, speedUps, zerosOf } from './shapes.ts';

const families: [title: string, primitives: RegExp][] = [
  ['product, linear', /^(gemm|linear)$/],
  ['convolution', /^(conv2d|winogradConv2d)$/],
  ['gradients', /Grad(Weight|Input)$/],
  ['sparse', /^sparse/],
  ['int8', /^q(conv2d|linear)$/],
  ['element by element', /^(unary|unaryGrad|add|mul|axpby|addBias|sgd|adamw|reduce|sumChannels)$/],
];

const bytesOfElement = { f32: 4, i32: 4, i8: 1, u8: 1 } as const;

/** Bytes that a call must touch at least: each buffer once; of sparse weights a value for each that is kept, and an index for it or its block. */
export function leastBytes(c: KernelCase): number {
  const zeros = zerosOf(c.shape);
  let bytes = 0;
  for (const [field, { length, dtype }] of Object.entries(c.buffers)) {
    const kept = c.shape.includes('4x1 blocks') ? 5 : 8;
    bytes +=
      zeros !== undefined && field === 'weight'
        ? kept * length * (1 - zeros)
        : length * bytesOfElement[dtype];
  }
  return bytes;
}

interface Dot {
  kernel: string;
  family: string;
  /** Operations a byte. */
  intensity: number;
  gops: number;
}

/** Kernels that count operations. Those a sparse kernel skips are not counted: they are not done. */
export function dots({ rows }: KernelResults): Dot[] {
  const cases = new Map(benchCases.map((c) => [nameOf(c), c]));
  return rows.flatMap((row): Dot[] => {
    const kernel = `${row.kernel} ${row.shape}`;
    const c = cases.get(kernel);
    const family = families.find(([, primitives]) => primitives.test(row.kernel))?.[0];
    if (!c?.ops || !family) return [];
    const done = 1 - (zerosOf(row.shape) ?? 0);
    return [{ kernel, family, intensity: (c.ops * done) / leastBytes(c), gops: row.gops * done }];
  });
}

/** GB/s of the fastest kernel that goes once through more than a megabyte, element by element. */
export function streamingRate({ rows }: KernelResults): number {
  const cases = new Map(benchCases.map((c) => [nameOf(c), c]));
  const rates = rows.flatMap((row) => {
    const c = cases.get(`${row.kernel} ${row.shape}`);
    if (!c || !/^(unary|add|mul|axpby|reduce)$/.test(row.kernel) || leastBytes(c) < 1 << 20) return [];
    return [leastBytes(c) / row.ms / 1e6];
  });
  return Math.max(0, ...rates);
}

function roofline(results: KernelResults): Promise<string> {
  const points = dots(results);
  const rate = streamingRate(results);
  const low = Math.min(...points.map((p) => p.intensity)) / 1.5;
  const high = Math.max(...points.map((p) => p.intensity)) * 1.5;
  const roof = (peak: number, name: string) => {
    const ridge = peak / rate;
    const ends =
      rate > 0 && ridge > low ? [[low, low * rate] as const, [ridge, peak] as const] : [[low, peak] as const];
    return [...ends, [high, peak] as const].map(([intensity, gops]) => ({ intensity, gops, name }));
  };
  const { f32, i8 } = results.peak;
  const x = {
    field: 'intensity',
    type: 'quantitative',
    scale: { type: 'log', domain: [low, high], nice: false },
    axis: { title: 'operations a byte', grid: false, format: '~r', values: [0.1, 1, 10, 100, 1000] },
  } as const;
  const y = {
    field: 'gops',
    type: 'quantitative',
    scale: {
      type: 'log',
      domain: [
        Math.min(...points.map((p) => p.gops)) / 1.3,
        1.4 * Math.max(results.peak.i8, ...points.map((p) => p.gops)),
      ],
      nice: false,
    },
    axis: { title: 'Gop/s', format: '~r', values: [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200] },
  } as const;
  return draw('Rate of each kernel over its operations a byte, below the peaks of f32 and int8 arithmetic', {
    width: 620,
    height: 380,
    layer: [
      {
        data: { values: [...roof(f32, 'f32'), ...roof(i8, 'int8')] },
        mark: { type: 'line', color: MUTED, strokeDash: [4, 3], strokeWidth: 1.2 },
        encoding: { x, y, detail: { field: 'name' } },
      },
      {
        data: {
          values: [
            { intensity: high, gops: f32, label: `f32 peak ${f32.toFixed(0)}` },
            { intensity: high, gops: i8, label: `int8 peak ${i8.toFixed(0)}` },
          ],
        },
        mark: { type: 'text', align: 'right', baseline: 'bottom', dy: -3, fill: INK, fontSize: 11 },
        encoding: { x, y, text: { field: 'label' } },
      },
      {
        data: { values: points },
        mark: { type: 'point', filled: true, size: 55, opacity: 0.85 },
        encoding: {
          x,
          y,
          color: {
            field: 'family',
            type: 'nominal',
            scale: { domain: families.map(([title]) => title), range: SERIES },
            legend: { columns: 3 },
          },
        },
      },
    ],
  } as never);
}

function sparsePlot(values: SpeedUp[]): Promise<string> {
  const x = {
    field: 'density',
    type: 'quantitative',
    scale: { type: 'log', domain: [0.04, 1], nice: false, reverse: true },
    axis: { title: 'weights kept', format: '.0%', values: [0.05, 0.1, 0.2, 0.5, 1], grid: false },
  } as const;
  const y = {
    field: 'speedUp',
    type: 'quantitative',
    scale: { type: 'log', domain: [0.8, 25] },
    axis: { title: 'times as fast as dense', format: '~r', values: [1, 2, 5, 10, 20] },
  } as const;
  const ideal = [1, 0.04].map((density) => ({ density, speedUp: 1 / density }));
  return draw('Speed-up of sparse over dense kernels against the share of weights kept', {
    width: 620,
    height: 340,
    layer: [
      {
        data: { values: ideal },
        mark: { type: 'line', color: MUTED, strokeDash: [4, 3], strokeWidth: 1.2 },
        encoding: { x, y },
      },
      {
        data: { values: [{ density: 0.3, speedUp: 1 / 0.3, label: 'if only the kept weights cost' }] },
        mark: { type: 'text', align: 'right', dx: -8, fill: MUTED, fontSize: 11 },
        encoding: { x, y, text: { field: 'label' } },
      },
      {
        data: { values },
        mark: { type: 'line', point: { size: 55 }, strokeWidth: 1.4 },
        encoding: {
          x,
          y,
          color: {
            field: 'layer',
            type: 'nominal',
            scale: { range: SERIES },
            legend: { columns: 2, labelLimit: 300 },
          },
        },
      },
    ],
  } as never);
}

function growthPlot(points: readonly GrowthPoint[], over: GrowthPoint['over']): Promise<string> {
  const curves = points.filter((point) => point.over === over);
  const least = (what: string): number =>
    Math.min(...curves.filter((point) => point.what === what).map(({ ns }) => ns));
  const values = curves.map((point) => ({ ...point, times: point.ns / least(point.what) }));
  const sizes = [...new Set(values.map(({ size }) => size))];
  const unit = over === 'batch' ? 'image' : 'pixel';
  const title = over === 'batch' ? 'images in a batch' : 'pixels along a side';
  const x = {
    field: 'size',
    type: 'quantitative',
    scale: { type: 'log', domain: [Math.min(...sizes), Math.max(...sizes)], nice: false },
    axis: { title, grid: false, values: sizes, format: 'd' },
  } as const;
  const top = Math.max(1.5, ...values.map(({ times }) => times));
  const y = {
    field: 'times',
    type: 'quantitative',
    scale: { domain: [0, top] },
    axis: { title: `time of one ${unit}, over the least` },
  } as const;
  return draw(`Time for each ${unit} over the ${title}`, {
    width: 620,
    height: 200,
    data: { values },
    mark: { type: 'line', point: { size: 55 }, strokeWidth: 1.4 },
    encoding: { x, y, color: { field: 'what', type: 'nominal', scale: { range: SERIES }, legend: {} } },
  } as never);
}

async function growthSection(points: readonly GrowthPoint[]): Promise<string> {
  const found = bends(points)
    .map(
      ({ what, bend, from, to }) =>
        `${escapeHtml(what)} from ${from} to ${to}: the slowest takes ${bend.toFixed(2)} times as long as the fastest`,
    )
    .join('; ');
  const figures = await Promise.all((['batch', 'side'] as const).map((over) => growthPlot(points, over)));
  return `<section><h2>Growth</h2>
<p>Time in proportion to work would be level lines. ${found}.</p>
<div class="scroll">${figure(figures[0], 'Whole models as inference runs them.')}</div>
<div class="scroll">${figure(figures[1], 'One layer by itself, its weights ordered beforehand.')}</div></section>`;
}

/** The page as text. A run of some kernels gives the plots of those; without sparse ones the second is left out. */
export async function plotPage(results: KernelResults): Promise<string> {
  const { rows, peak, machine, node } = results;
  const sparse = speedUps(rows);
  const rate = streamingRate(results);
  const memory =
    rate > 0
      ? ` The slope is ${rate.toFixed(0)} GB/s, the rate of the fastest kernel of this run that goes through more than a megabyte element by element.`
      : '';
  const parts: string[] = [];
  if (dots(results).length > 0) {
    parts.push(`<section><h2>Roofline</h2>
<p>Each dot is a kernel at a shape: how fast it computes, over how much it computes for each byte that it must touch at least once.
Dots to the left are bound by memory, dots to the right by arithmetic.${memory} Dots may lie above it where their data fit a nearer cache.
Operations that a sparse kernel skips are not counted. Winograd's convolution is counted as the direct one, whose work it saves: it may pass the peak.</p>
<div class="scroll">${figure(await roofline(results), 'Dashed: what the registers can do (the peak probes of the same run).')}</div></section>`);
  }
  if (sparse.length > 0) {
    parts.push(`<section><h2>What zeros buy</h2>
<p>The sparse kernel against the dense one (im2col for 3x3 and 5x5) of the same layer, both with their weights ordered beforehand.</p>
<div class="scroll">${figure(await sparsePlot(sparse), 'Dashed: as many times faster as there are fewer weights.')}</div></section>`);
  }
  if (results.growth) parts.push(await growthSection(results.growth));
  const cells = rows.map((row) => {
    const rates = row.gops > 0 ? [row.gops.toFixed(1), row.percentOfPeak.toFixed(0)] : ['', ''];
    const spread = (100 * (row.msMedian / row.ms - 1)).toFixed(0);
    return [row.kernel, row.shape, row.ms.toPrecision(3), ...rates, spread];
  });
  const head = ['kernel', 'shape', 'ms', 'Gop/s (dense count)', '% of peak', 'median over fastest, %'];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>paring: the kernels, measured</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>The kernels, measured</h1>
<p class="lead">${rows.length} kernels at shapes of real models, one thread, each verified against the reference before it was timed. Times are those of the fastest sample.</p>
<p class="note">${escapeHtml(machine)}, Node ${escapeHtml(node.replace('v', ''))}; peak f32 ${peak.f32.toFixed(1)} GFLOP/s, int8 ${peak.i8.toFixed(1)} GOP/s.</p>
</header>
<main>
${parts.join('\n')}
<section><h2>All of them</h2>
${table(head, cells, 2)}</section>
</main>
</body>
</html>
`;
}
