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

/** The article's statements, what became of them, and the figures that say so. */
function verdictTable(results: ArticleResults): string {
  const pruned = (criterion: string, sparsity: number) =>
    results.pruning.find(
      (r) => r.criterion === criterion && r.sparsity === sparsity,
    ) as ArticleResults['pruning'][number];
  const shared = (k: number) => results.sharing.find((r) => r.k === k) as ArticleResults['sharing'][number];
  const rounded = (net: string, bits: number) =>
    results.rounding.find((r) => r.net === net && r.bits === bits) as ArticleResults['rounding'][number];
  const alpha1 = results.threshold.filter((r) => r.alpha === 1 && r.scope === 'layer');
  const lambda = (images: number, value: number) =>
    middle(results.distilling.find((r) => r.images === images && r.lambda === value)?.top1 ?? []);
  const cell = (net: string, start: string) =>
    results.matrix.find(
      (r) => r.net === net && r.technique.startsWith(start),
    ) as ArticleResults['matrix'][number];
  const steps = results.cost.filter((r) => r.name !== 'plain').map((r) => `${r.name} ${r.times.toFixed(2)}x`);
  const rows: [string, string, string][] = [
    [
      'Importance is the sum of squared gradients',
      'As a score for single weights it does not hold: magnitude, w^2 times the sum, and Taylor are all better. Untrained it beats chance; with training afterwards, at 90 % and more, not even that.',
      `80 % zero, one ranking for all layers, untrained: fisher ${percent(pruned('fisher', 0.8).global)}, squared batch gradient ` +
        `${percent(pruned('batch', 0.8).global)}, saliency ${percent(pruned('saliency', 0.8).global)}, taylor ` +
        `${percent(pruned('taylor', 0.8).global)}, magnitude ${percent(pruned('magnitude', 0.8).global)}, random ${percent(pruned('random', 0.8).global)}`,
    ],
    [
      'Threshold T = alpha R',
      'Works, but alpha means nothing by itself: what it prunes depends on the score.',
      alpha1
        .map((r) => `alpha 1, ${r.criterion}: ${(100 * r.sparsity).toFixed(1)} % zero, ${percent(r.top1)}`)
        .join('; '),
    ],
    [
      'Random pruning',
      'Only as a control. Training afterwards mends much of it, and it stays behind magnitude.',
      `80 % zero, then trained: random ${percent(pruned('random', 0.8).tuned)}, magnitude ${percent(pruned('magnitude', 0.8).tuned)}`,
    ],
    [
      'Weight sharing with k weights drawn at random',
      'Holds for a trained net if each weight goes to the nearest; k-means is better at small k, no better at large. Born shared with random members learns with many values only, and loses points even then.',
      `k = 4: drawn ${percent(shared(4).drawn)}, k-means ${percent(shared(4).kmeans)}; k = 256: ${percent(shared(256).drawn)}, ` +
        `${percent(shared(256).kmeans)}; born shared at k = 16 and 256: ${percent(shared(16).born)}, ${percent(shared(256).born)}`,
    ],
    [
      'Q(x) = round(x q)',
      'Holds down to 6 bits with one q a layer. At 4 bits the depthwise net needs a q for each channel.',
      `8 bits by layer: ${percent(rounded('lenet', 8).perTensor)} and ${percent(rounded('student', 8).perTensor)} (student); 4 bits, student: by layer ` +
        `${percent(rounded('student', 4).perTensor)}, by channel ${percent(rounded('student', 4).perChannel)}`,
    ],
    [
      'Distillation with lambda',
      'Holds, in every seed. The gain is largest where labels are few and shrinks with more; above 0.5 lambda matters little.',
      `lambda 0 and 1: ${lambda(1000, 0)} and ${lambda(1000, 1)} on 1,000 images, ${lambda(5000, 0)} and ${lambda(5000, 1)} on 5,000`,
    ],
    [
      'Optimization may cost accuracy',
      'It may; at moderate settings nothing that 10,000 images can show.',
      `LeNet-5 as trained ${percent(results.nets.lenet)}; k = 16 by k-means, trained ${percent(shared(16).kmeansTuned)}; int8 ` +
        `${percent(cell('lenet', 'int8').top1)}; 95 % pruned alike in all layers at once, trained ${percent(pruned('magnitude', 0.95).tuned)}`,
    ],
    [
      'Not every technique suits every net',
      'Holds.',
      `80 % pruned, trained: LeNet-5 ${percent(cell('lenet', '80').top1)}, student ${percent(cell('student', '80').top1)}; time of int8: ` +
        `${cell('lenet', 'int8').times.toFixed(2)}x and ${cell('student', 'int8').times.toFixed(2)}x`,
    ],
    [
      'It makes training more complex',
      'In time of a step, by what the figures say; the rest is options to choose.',
      `step of LeNet-5, of plain: ${steps.join(', ')}`,
    ],
    [
      'Choose by experiment',
      'Holds: no score above could have been told beforehand. A recipe is data, so an experiment is a run.',
      'all of the tables below',
    ],
  ];
  return table(['the article says', 'what we found', 'measured'], rows).replace(
    '| --- | ---: | ---: |',
    '| --- | --- | --- |',
  );
}

/** Every measured part of the section, by the name of its markers. */
export function articleParts(results: ArticleResults): Record<string, string> {
  const { nets, testImages } = results;
  const nameOf = (net: string): string => (net === 'lenet' ? 'LeNet-5' : 'student');
  return {
    'article-run':
      `LeNet-5 ${percent(nets.lenet)}, the student (trained without a teacher, 3 epochs) ${percent(nets.student)}; top-1 on all ` +
      `${whole(testImages)} test images. Scores sum over ${whole(SAMPLES)} training images. paring ${results.version}, Node ` +
      `${results.node.replace('v', '')}, ${results.machine}, one thread.`,
    'article-verdicts': verdictTable(results),
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
