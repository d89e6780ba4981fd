/** report.html: one self-contained page, legible without a network, in light and in dark. */

import { compareToBaseline, type Report, remarks } from './comparison.ts';
import { accuracyAgainstBytes, accuracyAgainstTime, leftOut } from './plots.ts';

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --faint: #d5dae1; --accent: #0b6bcb; --paper: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --faint: #3a4350; --accent: #6cb2ff; --paper: #14181e; } }
body { margin: 0 auto; padding: 1.5rem; max-width: 88rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .3rem .6rem; text-align: right; border-bottom: 1px solid var(--faint); white-space: nowrap; }
th:first-child, td:first-child, th:nth-child(2), td:nth-child(2) { text-align: left; }
td:nth-child(2) { white-space: normal; min-width: 14rem; }
figure { margin: 1.5rem 0; }
figure svg { max-width: 100%; height: auto; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1rem; }
@media print { body { padding: 0; } figure { break-inside: avoid; } }
`;

function escapeHtml(text: string): string {
  return text.replace(
    /[&<>"]/g,
    (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] as string,
  );
}

/** The page as text. */
export async function reportPage(report: Report): Promise<string> {
  const head = [
    'variant',
    'what was done',
    'test top-1',
    'parameters',
    'non-zero',
    'MACs',
    'bytes',
    'smaller',
    'ms (batch 1)',
    'faster',
    'ms (batch 32)',
    'faster',
  ];
  const rows = compareToBaseline(report).map((v) => [
    v.name,
    v.title,
    `${(100 * v.top1).toFixed(2)} %`,
    v.parameters.toLocaleString('en-US'),
    v.nonzero.toLocaleString('en-US'),
    v.macs.toLocaleString('en-US'),
    v.bytes.toLocaleString('en-US'),
    `${v.smaller.toFixed(1)}x`,
    v.ms1.toFixed(4),
    `${v.faster.toFixed(2)}x`,
    v.ms32.toFixed(4),
    `${v.faster32.toFixed(2)}x`,
  ]);
  const row = (tag: string, cells: string[]): string =>
    `<tr>${cells.map((c) => `<${tag}>${escapeHtml(c)}</${tag}>`).join('')}</tr>`;
  const notes = remarks(report);
  const out = leftOut(report);
  const omitted =
    out.length > 0 ? ` Left out, being more than a point below the best: ${out.join(', ')}.` : '';
  const [bytes, time] = await Promise.all([accuracyAgainstBytes(report), accuracyAgainstTime(report)]);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>paring: LeNet-5 on MNIST, compressed</title>
<style>${STYLE}</style>
</head>
<body>
<h1>LeNet-5 on MNIST, compressed</h1>
<p>Every model was read back from its file by the runtime and checked on ${report.testImages.toLocaleString('en-US')} test images.
${report.quick ? 'This was a quick run on a subset of the training images: its accuracies are not those of a full run.' : ''}</p>
<div class="wide"><table><thead>${row('th', head)}</thead><tbody>${rows.map((r) => row('td', r)).join('\n')}</tbody></table></div>
${notes.length > 0 ? `<p><strong>Smaller is not always faster.</strong> ${escapeHtml(notes.join(' '))}</p>` : ''}
<div class="plots">
<figure>${bytes}<figcaption>Accuracy against bytes on disk. The dashed line is the Pareto front.${escapeHtml(omitted)}</figcaption></figure>
<figure>${time}<figcaption>Accuracy against the time for one image.</figcaption></figure>
</div>
<p>Seed ${report.seed}, paring ${report.version}, Node ${escapeHtml(report.node)}, ${escapeHtml(report.machine)}.</p>
</body>
</html>
`;
}
