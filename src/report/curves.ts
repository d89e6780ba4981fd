/** Training curves: loss, accuracy, learning rate, gradient norm and sparsity over the steps of all parts of a recipe. */
import type { EpochLog } from '../train/options.ts';
import type { LogLine, ProjectModel } from './folder.ts';
import { draw, MUTED, SERIES } from './svg.ts';

interface Point {
  x: number;
  y: number;
  series: string;
}

interface Curve {
  title: string;
  points: Point[];
  log?: boolean;
}

/** A validation score and when it was taken. */
interface Scored {
  step: number;
  validation: { loss: number; top1: number };
}

/** Points drawn of one line at most: more than the picture is wide says nothing. */
const MOST = 220;

/**
 * Log lines and history as one list with steps counted through the whole recipe, where its parts begin, and the score on
 * the validation images that each part ended with.
 */
export function timeline(model: ProjectModel): { lines: LogLine[]; parts: number[]; scores: Scored[] } {
  const history = (model.result?.history ?? []).map((epoch: EpochLog): LogLine => {
    return { type: 'epoch', recipeStep: 0, ...epoch };
  });
  const source = model.log.length > 0 ? model.log : history;
  const lines: LogLine[] = [];
  const parts: number[] = [];
  const ends = new Map<number, number>();
  let offset = 0;
  let last: LogLine | undefined;
  for (const line of source) {
    // Each part of a recipe counts its steps from 1 again.
    if (last && beginsAnew(line, last)) {
      offset += last.step;
      parts.push(offset);
    }
    lines.push({ ...line, step: offset + line.step });
    ends.set(line.recipeStep, offset + line.step);
    last = line;
  }
  const scores = lines.flatMap(({ step, validation }) => (validation ? [{ step, validation }] : []));
  if (scores.length > 0 || model.log.length === 0) return { lines, parts, scores };
  for (const { index, validation } of model.result?.reports ?? []) {
    const step = ends.get(index);
    if (step !== undefined && validation) scores.push({ step, validation });
  }
  return { lines, parts, scores };
}

/** An epoch's line has the step of the last line before it; two epochs never share one. */
const beginsAnew = (line: LogLine, last: LogLine): boolean =>
  line.recipeStep !== last.recipeStep ||
  line.step < last.step ||
  (line.step === last.step && line.type === last.type);

/** The curves there is something to draw of. */
function curvesOf(lines: readonly LogLine[], scores: readonly Scored[]): Curve[] {
  const steps = lines.filter((line) => line.type === 'step');
  const epochs = lines.filter((line) => line.type === 'epoch');
  const fine = steps.length > 0 ? steps : epochs;
  const points = (from: readonly LogLine[], series: string, y: (l: LogLine) => number | undefined): Point[] =>
    from.flatMap((line) => {
      const value = y(line);
      return value !== undefined && Number.isFinite(value) ? [{ x: line.step, y: value, series }] : [];
    });
  const both = (y: (l: { loss: number; top1: number }) => number): Point[] => [
    ...points(fine, 'training', y),
    ...scores.map(({ step, validation }) => ({ x: step, y: y(validation), series: 'validation' })),
  ];
  const pruned = fine.some((line) => line.sparsity);
  const curves: Curve[] = [
    { title: 'loss', points: both((l) => l.loss), log: true },
    { title: 'accuracy, %', points: both((l) => 100 * l.top1) },
    { title: 'learning rate', points: points(fine, 'training', (l) => l.lr) },
    { title: 'gradient norm', points: points(fine, 'training', (l) => l.gradientNorm), log: true },
    {
      title: 'weights pruned, %',
      points: points(fine, 'training', (l) => (pruned ? 100 * (l.sparsity ?? 0) : undefined)),
    },
  ];
  return curves.filter((curve) => curve.points.length > 0);
}

/** Every k-th point, the last one always. */
function thinned(points: readonly Point[]): Point[] {
  const k = Math.ceil(points.length / MOST);
  return points.filter((_, i) => i % k === 0 || i === points.length - 1);
}

/** One SVG a quantity; none where there was no training. */
export async function trainingCurves(model: ProjectModel): Promise<{ title: string; svg: string }[]> {
  const { lines, parts, scores } = timeline(model);
  return Promise.all(
    curvesOf(lines, scores).map(async ({ title, points, log }) => {
      const positive = log && points.every((p) => p.y > 0);
      const named = new Set(points.map((p) => p.series)).size > 1;
      const layer = ['training', 'validation'].flatMap((series) => {
        const values = thinned(points.filter((p) => p.series === series));
        if (values.length === 0) return [];
        const point = values.length < 16 ? { filled: true, size: 28 } : false;
        return [{ data: { values }, mark: { type: 'line', strokeWidth: 1.6, point, clip: true } }];
      });
      const svg = await draw(`${title} of ${model.name} over the training steps`, {
        width: 230,
        height: 130,
        layer: [
          {
            data: { values: parts.map((x) => ({ x })) },
            mark: { type: 'rule', color: MUTED, strokeDash: [2, 3] },
            encoding: { x: { field: 'x', type: 'quantitative' } },
          },
          ...layer.map((l) => ({
            ...l,
            encoding: {
              x: { field: 'x', type: 'quantitative', title: 'step', axis: { tickCount: 4, grid: false } },
              y: {
                field: 'y',
                type: 'quantitative',
                title: null,
                axis: { tickCount: 4, grid: !positive },
                scale: positive ? { type: 'log', nice: false } : { zero: false },
              },
              color: {
                field: 'series',
                type: 'nominal',
                scale: { domain: ['training', 'validation'], range: [SERIES[0], SERIES[1]] },
                legend: named ? {} : null,
              },
            },
          })),
        ],
      } as never);
      return { title, svg };
    }),
  );
}
