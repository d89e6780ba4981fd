/**
 * Rewrites the README's tables from the JSON of runs, and its example from examples/: `npm run readme`. A run's out/report.json is copied to
 * bench/results/demo.json, so that the table's figures stay beside it in the repository.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Report } from '../src/report/comparison.ts';
import { markdownTable, replaceMarked } from '../src/report/table.ts';
import type { KernelResults } from './kernels/run.ts';

/** Rows worth a place in the README: products and convolutions as inference runs them. */
const shown = (row: KernelResults['rows'][number]): boolean =>
  /^(gemm|linear|conv2d|winogradConv2d|sparseConv2d|sparseLinear|qconv2d|qlinear)$/.test(row.kernel) &&
  !row.shape.includes('batch 64');

/** The kernels' table: what one thread does, beside what the machine could. */
export function kernelTable({ rows, peak, machine, node }: KernelResults): string {
  return [
    '| primitive | shape | ms | Gop/s | % of peak |',
    '| --- | --- | ---: | ---: | ---: |',
    ...rows
      .filter(shown)
      .map(
        (row) =>
          `| \`${row.kernel}\` | ${row.shape} | ${row.ms.toFixed(4)} | ${row.gops.toFixed(1)} | ${row.percentOfPeak.toFixed(0)} |`,
      ),
    '',
    `Fastest sample, one thread; peak f32 ${peak.f32.toFixed(1)} GFLOP/s (multiply plus add), int8 ${peak.i8.toFixed(1)} GOP/s ` +
      `(dot plus add), measured in the same run. Node ${node.replace('v', '')}, ${machine}. Sparse kernels and Winograd's ` +
      'are counted as dense, direct work, so that their rate compares with the plain row: it may exceed the peak.',
  ].join('\n');
}

function main(): void {
  const root = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
  const write = (path: string, text: string): void => {
    writeFileSync(`${path}.tmp`, text);
    renameSync(`${path}.tmp`, path);
  };
  mkdirSync(root('bench/results'), { recursive: true });
  if (existsSync(root('out/report.json'))) {
    const fresh = JSON.parse(readFileSync(root('out/report.json'), 'utf8')) as Report;
    if (fresh.quick) throw new Error('out/report.json is of a quick run: the README shows full runs only');
    write(root('bench/results/demo.json'), `${JSON.stringify(fresh, null, 1)}\n`);
  }
  const report = JSON.parse(readFileSync(root('bench/results/demo.json'), 'utf8')) as Report;
  const kernels = JSON.parse(readFileSync(root('bench/results/kernels.json'), 'utf8')) as KernelResults;
  let readme = readFileSync(root('README.md'), 'utf8');
  readme = replaceMarked(readme, 'demo', markdownTable(report));
  readme = replaceMarked(readme, 'kernels', kernelTable(kernels));
  const example = readFileSync(root('examples/quickstart.mjs'), 'utf8');
  readme = replaceMarked(readme, 'example', `\`\`\`js\n${example}\`\`\``);
  write(root('README.md'), readme);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
