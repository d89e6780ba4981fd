/**
 * `npm run bench:ladder`: each step of assembly/ladder/ verified against the reference, then timed beside the peak probe.
 * Writes bench/results/ladder.json, which keeps a run of each major version of Node, and the tables of assembly/README.md.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { createReferenceBackend } from '../../src/backend/reference/index.ts';
import { Rng } from '../../src/core/rng.ts';
import { type SparseCost, sparseCosts } from '../../src/plan/sparse.ts';
import { replaceMarked } from '../../src/report/table.ts';
import type { KernelResults } from '../kernels/run.ts';
import { speedUps } from '../kernels/shapes.ts';
import { loadYardstick, measurePeak } from '../kernels/yardstick.ts';
import { type LadderModule, layProduct, loadLadder, steps } from './steps.ts';

export interface LadderResults {
  /** GFLOP/s of the peak probe in the same run. */
  peak: number;
  sizes: readonly number[];
  /** One a step, in the order of reading; `gflops` one a size, from the fastest call. */
  rows: { step: string; title: string; gflops: number[] }[];
  machine: string;
  node: string;
}

const sizes = [256, 512] as const;
/** The machine's clock and its neighbours change; every step gets its turn in each round, and its best one counts. */
const ROUNDS = 12;
const ROUND_MS = 60;

function uniform(length: number, name: string): Float32Array {
  const rng = new Rng(1).fork(name);
  return Float32Array.from({ length }, () => rng.uniform() * 2 - 1);
}

/** @throws Error if a step disagrees with the reference: nothing wrong is timed */
function verify(ladder: LadderModule, size: number, values: { a: Float32Array; b: Float32Array }) {
  const reference = createReferenceBackend();
  const { heap } = reference;
  const [a, b, c] = [heap.alloc(4 * size ** 2), heap.alloc(4 * size ** 2), heap.alloc(4 * size ** 2)];
  heap.f32(a, size ** 2).set(values.a);
  heap.f32(b, size ** 2).set(values.b);
  const shape = { m: size, n: size, k: size, transA: false, transB: false, accumulate: false };
  reference.gemm({ ...shape, a, b, c });
  const expected = heap.f32(c, size ** 2);
  const product = layProduct(ladder, size, size, size, values);
  const tolerance = 2e-6 * Math.sqrt(size);
  for (const { file, kernel } of steps) {
    ladder.heap.f32(product.c, size ** 2).fill(Number.NaN);
    product.run(kernel);
    const got = ladder.heap.f32(product.c, size ** 2);
    const wrong = got.findIndex(
      (v, i) => !(Math.abs(v - expected[i]) <= tolerance * (Math.abs(expected[i]) + 1)),
    );
    if (wrong >= 0) {
      throw new Error(
        `not timed, since it is wrong: ${file} at ${size}: c[${wrong}] is ${got[wrong]}, not ${expected[wrong]}`,
      );
    }
  }
  return product;
}

export function runLadder(log: (line: string) => void): LadderResults {
  const ladder = loadLadder(readFileSync(fileURLToPath(import.meta.resolve('#ladder.wasm'))));
  const products = sizes.map((size) => {
    const values = { a: uniform(size ** 2, 'a'), b: uniform(size ** 2, 'b') };
    return { size, product: verify(ladder, size, values) };
  });
  log(`${steps.length} steps agree with the reference at ${sizes.join(' and ')}`);
  const best = steps.map(() => sizes.map(() => Infinity));
  let peak = 0;
  for (let round = 0; round < ROUNDS; round++) {
    peak = Math.max(peak, measurePeak(loadYardstick(ladder.heap)).f32);
    steps.forEach(({ kernel }, step) => {
      products.forEach(({ product }, size) => {
        const end = performance.now() + ROUND_MS;
        do {
          const start = performance.now();
          product.run(kernel);
          best[step][size] = Math.min(best[step][size], performance.now() - start);
        } while (performance.now() < end);
      });
    });
  }
  const rows = steps.map(({ file, title }, step) => ({
    step: file,
    title,
    gflops: sizes.map((size, i) => (2 * size ** 3) / best[step][i] / 1e6),
  }));
  return { peak, sizes, rows, machine: cpus()[0]?.model ?? 'unknown', node: process.version };
}

/** Engines compile differently: the last run of each major version of Node is kept. */
const major = ({ node }: LadderResults): number => Number(/\d+/.exec(node)?.[0]);

/** The table of the course. A step's gain is over the step before it, the trap left out. */
export function ladderTable({ peak, sizes, rows, machine, node }: LadderResults): string {
  const last = sizes.length - 1;
  const ways = rows.filter((row) => !row.step.includes('without'));
  const lines = rows.map((row) => {
    const before =
      ways[ways.indexOf(row) - 1] ??
      (ways.includes(row) ? undefined : ways[ways.findIndex((w) => w.step.startsWith('5'))]);
    const gain = before ? `x ${(row.gflops[last] / before.gflops[last]).toFixed(2)}` : '';
    const rates = row.gflops.map((g) => g.toFixed(1)).join(' | ');
    const share = ((100 * row.gflops[last]) / peak).toFixed(0);
    return `| [${row.step}](ladder/${row.step}.ts) | ${row.title} | ${rates} | ${share} % | ${gain} |`;
  });
  return [
    `| step | idea | ${sizes.map((s) => `GFLOP/s at ${s}`).join(' | ')} | of peak | gain at ${sizes[last]} |`,
    `| --- | --- | ${sizes.map(() => '---: |').join(' ')} ---: | ---: |`,
    ...lines,
    '',
    `Node ${node.slice(1)}, ${machine}, one thread, peak ${peak.toFixed(1)} GFLOP/s. The gain of both sixth steps is over step 5.`,
  ].join('\n');
}

/** What zeros buy, from the last run of all kernels, and where the plan draws the line. */
export function sparseTable(results: KernelResults): string {
  const zeros = [50, 80, 90, 95];
  const ups = speedUps(results.rows);
  const layers = [...new Set(ups.map((up) => up.layer))];
  const lines = layers.map((layer) => {
    const cells = zeros.map((percent) => {
      const up = ups.find((u) => u.layer === layer && Math.round(100 * (1 - u.density)) === percent);
      return up ? `x ${up.speedUp.toFixed(1)}` : '';
    });
    return `| ${layer} | ${cells.join(' | ')} |`;
  });
  const above = ({ rows, blocks }: SparseCost): string =>
    `${Math.round(100 * (1 - 1 / rows))} % (${Math.round(100 * (1 - 1 / blocks))} %)`;
  const { pointwise, spatial, linearFew, linearSome, linearMany } = sparseCosts;
  return [
    `| convolution, sparse over dense | ${zeros.map((z) => `${z} % zeros`).join(' | ')} |`,
    `| --- | ${zeros.map(() => '---: |').join(' ')}`,
    ...lines,
    '',
    `The plan (src/plan/sparse.ts) runs a layer sparse above ${above(pointwise)} zeros if it is a 1x1 convolution (in brackets: zeros in`,
    `full blocks of 4x1), above ${above(spatial)} if it is another, more where Winograd's is the dense kernel to beat; above`,
    `${above(linearFew)} if it is a linear layer of up to 3 samples, ${above(linearSome)} of up to 15, ${above(linearMany)} of more.`,
    '`npm run bench` measures the table, `npm run bench:compare` the break-even of scattered zeros.',
  ].join('\n');
}

function main(): void {
  const root = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
  const write = (path: string, text: string): void => {
    writeFileSync(`${path}.tmp`, text);
    renameSync(`${path}.tmp`, path);
  };
  const log = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  const results = runLadder(log);
  log(ladderTable(results));
  const store = root('bench/results/ladder.json');
  const before = existsSync(store)
    ? (JSON.parse(readFileSync(store, 'utf8')) as { runs: LadderResults[] }).runs
    : [];
  const runs = [...before.filter((run) => major(run) !== major(results)), results].sort(
    (a, b) => major(a) - major(b),
  );
  write(store, `${JSON.stringify({ runs }, null, 1)}\n`);
  const table = runs.map(ladderTable).join('\n\n');
  const readme = root('assembly/README.md');
  const kernels = JSON.parse(readFileSync(root('bench/results/kernels.json'), 'utf8')) as KernelResults;
  const text = replaceMarked(readFileSync(readme, 'utf8'), 'ladder', table);
  write(readme, replaceMarked(text, 'sparse', sparseTable(kernels)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
