/** The result table, for a terminal and for Markdown, and the replacement of a marked part of a Markdown file. */
import { compareToBaseline, type Report, remarks } from './comparison.ts';

const HEADER = [
  'variant',
  'test top-1',
  'parameters',
  'non-zero',
  'MACs',
  'bytes',
  'smaller',
  'ms/image (1)',
  'faster',
  'ms/image (32)',
  'faster',
];

function cells(report: Report): string[][] {
  const whole = (n: number): string => n.toLocaleString('en-US');
  return compareToBaseline(report).map((v) => [
    v.name,
    `${(100 * v.top1).toFixed(2)} %`,
    whole(v.parameters),
    whole(v.nonzero),
    whole(v.macs),
    whole(v.bytes),
    `${v.smaller.toFixed(1)}x`,
    v.ms1.toFixed(4),
    `${v.faster.toFixed(2)}x`,
    v.ms32.toFixed(4),
    `${v.faster32.toFixed(2)}x`,
  ]);
}

/** Columns aligned with spaces; the first left, the others right. */
export function terminalTable(report: Report): string {
  const rows = [HEADER, ...cells(report)];
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row: string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ');
  return [line(HEADER), widths.map((w) => '-'.repeat(w)).join('  '), ...rows.slice(1).map(line)].join('\n');
}

/** A Markdown table with what each variant is, the remarks, and where the figures come from. */
export function markdownTable(report: Report): string {
  const row = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  const titles = report.variants.map((v) => v.title);
  const lines = [
    row(['variant', 'what was done', ...HEADER.slice(1)]),
    row(['---', '---', ...HEADER.slice(1).map(() => '---:')]),
    ...cells(report).map(([name, ...rest], i) => row([`\`${name}\``, titles[i], ...rest])),
  ];
  const notes = remarks(report);
  return [
    ...lines,
    '',
    ...(notes.length > 0 ? [`Smaller is not always faster: ${notes.join(' ')}`, ''] : []),
    `Seed ${report.seed}, paring ${report.version}, Node ${report.node.replace('v', '')}, ${report.machine}, one thread; ` +
      `top-1 on ${report.testImages.toLocaleString('en-US')} test images by the runtime from the file; the whole run took ` +
      `${Math.round(report.seconds)} s, the process that trains at most ${(report.peakMemory / 1e9).toFixed(2)} GB.`,
  ].join('\n');
}

/**
 * `text` with what stands between `<!-- NAME:begin -->` and `<!-- NAME:end -->` replaced.
 * @throws Error if the markers are not there
 */
export function replaceMarked(text: string, name: string, content: string): string {
  const begin = `<!-- ${name}:begin -->`;
  const end = `<!-- ${name}:end -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`expected the markers ${begin} and ${end}, in this order`);
  return `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`;
}
