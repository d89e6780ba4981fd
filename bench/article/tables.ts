/**
 * Writes the measured tables of docs/techniques.md from bench/results/article.json and bench/results/demo.json, between
 * markers: `node dist/bench/article/tables.js`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { writeWhole } from '../../src/node/index.ts';
import { replaceMarked } from '../../src/report/table.ts';
import type { ArticleResults } from './article.ts';
import { CRITERIA, SAMPLES, TUNE_STEPS } from './experiments.ts';

/** What is read of bench/results/demo.json; the first variant is what the others are compared with. */
interface DemoReport {
  variants: { name: string; top1: number; nonzero: number; bytes: number; ms1: number }[];
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const whole = (n: number): string => n.toLocaleString('en-US');

/** A Markdown table: the first column left, the others right. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

/** The rows that share a key, in the order of their first. */
function grouped<T>(rows: readonly T[], key: (row: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const row of rows) groups.set(key(row), [...(groups.get(key(row)) ?? []), row]);
  return [...groups];
}

/** The middle of three scores and how far they lie apart. */
function middle(scores: readonly number[]): string {
  const sorted = [...scores].sort((a, b) => a - b);
  return `${percent(sorted[sorted.length >> 1])} (${percent(sorted[0])} to ${percent(sorted[sorted.length - 1])})`;
}

function pruningTable(rows: ArticleResults['pruning']): string {
  const sparsities = grouped(rows, (row) => percent(row.sparsity).replace('.00', ''));
  const of = (list: ArticleResults['pruning'], criterion: string) =>
    list.find((r) => r.criterion === criterion);
  return (
    [
      ['layer', 'by layer'],
      ['global', 'one ranking for all layers'],
      ['tuned', `by layer, then ${TUNE_STEPS} steps of training`],
    ] as const
  )
    .map(
      ([kind, title]) =>
        `${title[0].toUpperCase()}${title.slice(1)}:\n\n${table(
          ['criterion', ...sparsities.map(([name]) => `${name} zero`)],
          CRITERIA.map((criterion) => [
            `\`${criterion}\``,
            ...sparsities.map(([, list]) => percent(of(list, criterion)?.[kind] ?? Number.NaN)),
          ]),
        )}`,
    )
    .join('\n\n');
}

/** Every measured part of the section, by the name of its markers. */
export function articleParts(results: ArticleResults): Record<string, string> {
  const { nets, testImages } = results;
  const nameOf = (net: string): string => (net === 'lenet' ? 'LeNet-5' : 'student');
  return {
    'article-run':
      `LeNet-5 ${percent(nets.lenet)}, the student (trained without a teacher, 3 epochs) ${percent(nets.student)}; top-1 on all ` +
      `${whole(testImages)} test images. Scores sum over ${whole(SAMPLES)} training images. paring ${results.version}, Node ` +
      `${results.node.replace('v', '')}, ${results.machine}, one thread; the whole took ` +
      `${whole(Math.round(Object.values(results.seconds).reduce((sum, s) => sum + s, 0)))} s.`,
    'article-pruning': pruningTable(results.pruning),
    'article-gradual': table(
      ['zero', 'at once, then trained', 'gradually while training'],
      results.gradual.map((r) => [
        percent(r.sparsity).replace('.00', ''),
        percent(r.oneShot),
        percent(r.gradual),
      ]),
    ),
    'article-threshold': table(
      ['alpha', ...['fisher, by layer', 'fisher, global', 'magnitude, by layer', 'magnitude, global']],
      grouped(results.threshold, (row) => `${row.alpha}`).map(([alpha, list]) => [
        alpha,
        ...list.map((row) => `${(100 * row.sparsity).toFixed(1)} % zero: ${percent(row.top1)}`),
      ]),
    ),
    'article-sharing': table(
      ['k', 'drawn', 'drawn, trained', 'k-means', 'k-means, trained', 'born shared'],
      results.sharing.map((r) => [
        `${r.k}`,
        ...[r.drawn, r.drawnTuned, r.kmeans, r.kmeansTuned, r.born].map(percent),
      ]),
    ),
    'article-rounding': table(
      ['bits', ...['LeNet-5', 'student'].flatMap((net) => [`${net}, q by layer`, `${net}, q by channel`])],
      grouped(results.rounding, (row) => `${row.bits}`).map(([bits, list]) => [
        bits,
        ...list.flatMap((row) => [percent(row.perTensor), percent(row.perChannel)]),
      ]),
    ),
    'article-distilling': table(
      [
        'lambda',
        ...grouped(results.distilling, (row) => `${row.images}`).map(([n]) => `${whole(Number(n))} images`),
      ],
      grouped(results.distilling, (row) => `${row.lambda}`).map(([lambda, list]) => [
        lambda,
        ...list.map((row) => middle(row.top1)),
      ]),
    ),
    'article-cost': table(
      ['training step of LeNet-5, batch 64', 'ms', 'of plain'],
      results.cost.map((r) => [r.name, r.ms.toFixed(1), `${r.times.toFixed(2)}x`]),
    ),
    'article-matrix': table(
      ['net', 'technique', 'test top-1', 'bytes', 'time of an image'],
      results.matrix.map((r) => [
        nameOf(r.net),
        r.technique,
        percent(r.top1),
        whole(r.bytes),
        `${r.times.toFixed(2)}x`,
      ]),
    ),
  };
}

/** One sentence a variant of the main job, by the name of its markers. */
export function demoRows({ variants }: DemoReport): Record<string, string> {
  const [base] = variants;
  return Object.fromEntries(
    variants.map((v) => [
      `row:${v.name}`,
      `_Measured_ (\`npm start\`, \`${v.name}\`): test top-1 ${percent(v.top1)}, ${whole(v.nonzero)} weights not zero, ` +
        `${whole(v.bytes)} bytes (${(base.bytes / v.bytes).toFixed(1)}x smaller than LeNet-5 stored plain), ` +
        `${v.ms1.toFixed(3)} ms an image (${(base.ms1 / v.ms1).toFixed(2)}x faster).`,
    ]),
  );
}

/** Rewrites what has markers in docs/techniques.md; a part without markers is left out. */
export function writeTables(): void {
  const root = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
  const read = (path: string): unknown => JSON.parse(readFileSync(root(path), 'utf8'));
  const parts = demoRows(read('bench/results/demo.json') as DemoReport);
  if (existsSync(root('bench/results/article.json')))
    Object.assign(parts, articleParts(read('bench/results/article.json') as ArticleResults));
  let text = readFileSync(root('docs/techniques.md'), 'utf8');
  for (const [name, part] of Object.entries(parts)) {
    if (text.includes(`<!-- ${name}:begin -->`)) text = replaceMarked(text, name, `\n${part}\n`);
  }
  writeWhole(root('docs/techniques.md'), text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeTables();
