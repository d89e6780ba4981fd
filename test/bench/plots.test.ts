/** The plot page of a stored run: what it draws is in the JSON, and it needs nothing but itself. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { benchCases } from '../../bench/kernels/all.ts';
import { bends, type GrowthPoint, measureGrowth } from '../../bench/kernels/growth.ts';
import { dots, leastBytes, plotPage, streamingRate } from '../../bench/kernels/plots.ts';
import type { KernelResults } from '../../bench/kernels/run.ts';
import { speedUps } from '../../bench/kernels/shapes.ts';

const stored = JSON.parse(
  readFileSync(new URL('../../bench/results/kernels.json', import.meta.url), 'utf8'),
) as KernelResults;
const find = (name: string) =>
  benchCases.find((c) => `${c.primitive} ${c.shape}` === name) as (typeof benchCases)[number];

test('bytes: each buffer once, sparse weights by what is kept', () => {
  expect(leastBytes(find('gemm 64x800x500'))).toBe(4 * (64 * 500 + 500 * 800 + 64 * 800));
  const sparse = leastBytes(find('sparseConv2d 1x1 14x14 256->512, 90 % zeros'));
  expect(sparse).toBeCloseTo(4 * (256 * 196 + 512 + 512 * 196) + 0.1 * 8 * 256 * 512, 3);
});

test('dots carry the operations that are done', () => {
  const all = new Map(dots(stored).map((dot) => [dot.kernel, dot]));
  const row = stored.rows.find((r) => r.shape === '1x1 14x14 256->512, 90 % zeros');
  expect(all.get('sparseConv2d 1x1 14x14 256->512, 90 % zeros')?.gops).toBeCloseTo(0.1 * (row?.gops ?? 0), 6);
  expect([...all.values()].every((dot) => dot.intensity > 0 && dot.gops > 0)).toBe(true);
  expect(streamingRate(stored)).toBeGreaterThan(0);
});

test('speed-ups are over the dense kernel of the same layer', () => {
  const ups = speedUps(stored.rows).filter((s) => s.layer === '1x1 14x14 256->512');
  expect(ups.map((s) => Number(s.density.toFixed(2)))).toEqual([0.5, 0.2, 0.1, 0.05]);
  for (const { speedUp } of ups) expect(speedUp).toBeGreaterThan(0);
});

test('the page holds both plots and every row, and loads nothing', async () => {
  const page = await plotPage(stored);
  expect(page.match(/<svg /g)?.length).toBe(stored.growth ? 4 : 2);
  for (const { shape } of stored.rows) expect(page).toContain(shape.replace('>', '&gt;').slice(0, 12));
  expect(page).not.toMatch(/<script|src=|https?:\/\//);
});

test('a run without sparse kernels has one plot, one without counts none', async () => {
  const only = (kernel: string) =>
    plotPage({ ...stored, growth: undefined, rows: stored.rows.filter((r) => r.kernel === kernel) });
  expect((await only('gemm')).match(/<svg /g)?.length).toBe(1);
  expect(await only('maxPool')).not.toContain('<svg ');
});

test('growth: each curve over its least, and how far it bends', async () => {
  const curve = (what: string, over: 'batch' | 'side', ...ns: number[]): GrowthPoint[] =>
    ns.map((time, i) => ({ over, what, size: 32 * (i + 1), ns: time }));
  const growth = [...curve('a model', 'batch', 30, 20, 22), ...curve('a layer', 'side', 5, 5)];
  expect(bends(growth)).toEqual([
    { what: 'a model', bend: 1.5, from: 32, to: 96 },
    { what: 'a layer', bend: 1, from: 32, to: 64 },
  ]);
  const page = await plotPage({ ...stored, rows: [], growth });
  expect(page.match(/<svg /g)?.length).toBe(2);
  expect(page).toContain('a model from 32 to 96: the slowest takes 1.50 times as long as the fastest');
});

test('growth is measured in nanoseconds an image or a pixel', async () => {
  const points = await measureGrowth(0, 1, [1, 3], [32]);
  expect(points.map(({ over, size }) => `${over} ${size}`)).toEqual([
    ...['batch 1', 'batch 3', 'batch 1', 'batch 3', 'side 32'],
  ]);
  for (const { ns } of points) expect(ns).toBeGreaterThan(0.1);
});
