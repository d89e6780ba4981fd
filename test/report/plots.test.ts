/** What the pictures are drawn from. */
import { expect, test } from 'vitest';
import { timeline } from '../../src/report/curves.ts';
import type { LogLine, ProjectModel } from '../../src/report/folder.ts';
import { type Box, placeLabels } from '../../src/report/labels.ts';
import { errorOf, histogram, members } from '../../src/report/layers.ts';
import { leftOut, paretoFront } from '../../src/report/trade-off.ts';
import type { EpochLog } from '../../src/train/options.ts';

const epoch = (n: number, step: number): EpochLog =>
  ({ epoch: n, step, loss: 1, top1: 0.5, lr: 0.1, seconds: 1 }) as EpochLog;

test('steps of a recipe’s parts are counted on', () => {
  const history = [epoch(0, 10), epoch(1, 20), epoch(0, 20), epoch(0, 5)];
  const { lines, parts } = timeline({ log: [], result: { history } } as unknown as ProjectModel);
  expect(lines.map((line) => line.step)).toEqual([10, 20, 40, 45]);
  expect(parts).toEqual([20, 40]);
});

test('an epoch’s line is of the same part as the step before it', () => {
  const line = (type: 'step' | 'epoch', recipeStep: number, step: number): LogLine => ({
    type,
    recipeStep,
    step,
    loss: 1,
    top1: 0,
    lr: 1,
  });
  const log = [
    line('step', 0, 1),
    line('step', 0, 20),
    line('epoch', 0, 20),
    line('step', 2, 20),
    line('epoch', 2, 20),
  ];
  const reports = [0, 1, 2].map((index) => ({ index, step: 's', validation: { top1: index, loss: 1 } }));
  const { parts, scores } = timeline({ log, result: { reports } } as unknown as ProjectModel);
  expect(parts).toEqual([20]);
  // The step between them did not train: its score has no place on the axis.
  expect(scores).toEqual([
    { step: 20, validation: { top1: 0, loss: 1 } },
    { step: 40, validation: { top1: 2, loss: 1 } },
  ]);
});

test('the front holds what nothing beats in both', () => {
  const points = [
    { name: 'big', x: 100, top1: 0.99 },
    { name: 'equal', x: 90, top1: 0.99 },
    { name: 'worse', x: 95, top1: 0.98 },
    { name: 'small', x: 10, top1: 0.985 },
    { name: 'bad', x: 5, top1: 0.5 },
  ];
  expect(paretoFront(points).map((p) => p.name)).toEqual(['bad', 'small', 'equal']);
  expect(leftOut(points)).toEqual(['bad']);
  expect(leftOut(points.slice(3))).toEqual([]);
});

test('names cover neither each other nor points', () => {
  const points = Array.from({ length: 4 }, (_, i) => ({ x: 100 + 30 * i, y: 80, name: 'a longer name' }));
  const area = { left: 0, top: 0, right: 350, bottom: 200 };
  const width = 6.6 * 13;
  const boxes = placeLabels(points, area, []).map(({ dx, dy, align }, i): Box => {
    const left = points[i].x + dx - (align === 'right' ? width : align === 'center' ? width / 2 : 0);
    return { left, right: left + width, top: points[i].y + dy - 6.5, bottom: points[i].y + dy + 6.5 };
  });
  const meet = (a: Box, b: Box): boolean =>
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const pairs = boxes.flatMap((a, i) => boxes.slice(i + 1).map((b) => meet(a, b)));
  expect(pairs).not.toContain(true);
});

test('errors are shares of the range, and decibels', () => {
  const before = Float32Array.of(-1, 0, 0.5, 1);
  expect(errorOf(before, before)).toEqual({ max: 0, rms: 0, sqnr: Number.POSITIVE_INFINITY });
  const { max, rms, sqnr } = errorOf(before, Float32Array.of(-1, 0, 0.5, 0.75));
  expect(max).toBeCloseTo(0.125, 6);
  expect(rms).toBeCloseTo(0.0625, 6);
  expect(sqnr).toBeCloseTo(10 * Math.log10(2.25 / 0.0625), 4);
});

test('histograms leave zeros out and count the ends in; pruned weights are no members', () => {
  const { shares, edges } = histogram(Float32Array.of(-1, -0.6, 0, 0, 1), 1, 4);
  expect(shares).toEqual([2 / 3, 0, 0, 1 / 3]);
  expect(edges).toEqual([-1, -0.5, 0, 0.5, 1]);
  const codebook = { centroids: Float32Array.of(0.1, 0.2), indices: Uint8Array.of(0, 1, 1, 0) };
  const param = { name: 'w', shape: [4], values: new Float32Array(4), trainable: true, codebook };
  expect(members({ ...param, mask: Uint8Array.of(1, 1, 1, 0) })).toEqual([1, 2]);
});
