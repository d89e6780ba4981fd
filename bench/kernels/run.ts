/**
 * `paring bench`: every kernel verified against the reference, then timed, with the peak probes in the same run. Each row's
 * rate is that of its fastest sample, as the peak's is: on a shared machine the median says more about the neighbours.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { wasmModule } from '../../src/backend/module.ts';
import { createReferenceBackend } from '../../src/backend/reference/index.ts';
import { createWasmBackend } from '../../src/backend/wasm/index.ts';
import { ArgumentError } from '../../src/core/errors.ts';
import { benchCases } from './all.ts';
import { differs } from './case.ts';
import { type GrowthPoint, measureGrowth } from './growth.ts';
import { better, isInt8, measureCase, peakNow } from './measure.ts';
import type { Peak } from './yardstick.ts';

/** A kernel at a shape. */
export interface KernelRow {
  kernel: string;
  shape: string;
  /** Fastest sample and median, milliseconds a call. */
  ms: number;
  msMedian: number;
  /** 10^9 arithmetic operations a second (2 a multiply-accumulate), dense count for sparse kernels; 0 where counting makes no sense. */
  gops: number;
  /** gops over the peak of its dtype; 0 where gops is. */
  percentOfPeak: number;
}

export interface KernelResults {
  peak: Peak;
  rows: KernelRow[];
  /** Missing where only some kernels were measured. */
  growth?: GrowthPoint[];
  machine: string;
  node: string;
}

/**
 * @param options.filter only kernels whose name or shape contains it
 * @param options.out JSON file to write, by a temporary file and rename; the plots go beside it as .html
 * @param options.log where a line about each row goes
 * @throws ArgumentError if the filter leaves nothing
 * @throws Error if a kernel does not agree with the reference: nothing wrong is timed
 */
export async function runKernelBench(options: {
  filter?: string;
  out?: string;
  log(line: string): void;
}): Promise<KernelResults> {
  const { filter = '', log } = options;
  const module = await wasmModule();
  const reference = createReferenceBackend();
  const cases = benchCases.filter((c) => `${c.primitive} ${c.shape}`.includes(filter));

  if (cases.length === 0)
    throw new ArgumentError('bench', '--filter', 'a part of a kernel’s name or shape', filter);

  for (const c of cases) {
    const difference = differs(reference, createWasmBackend(module), c);
    if (difference) throw new Error(`not timed, since it is wrong: ${difference}`);
  }
  log(`${cases.length} kernels agree with the reference`);

  let peak: Peak = { f32: 0, i8: 0 };
  const rows: KernelRow[] = [];
  for (const c of cases) {
    // The best of the probes spread over the run: a peak taken in one slow moment would flatter the kernels.
    if (rows.length % 8 === 0) peak = better(peak, await peakNow());
    const { fastest: ms, median } = await measureCase(c, 250);
    const row: KernelRow = {
      kernel: c.primitive,
      shape: c.shape,
      ms,
      msMedian: median,
      gops: c.ops ? c.ops / ms / 1e6 : 0,
      percentOfPeak: 0,
    };
    rows.push(row);
    log(
      `${row.kernel.padEnd(18)} ${row.shape.padEnd(44)} ${ms.toFixed(4).padStart(9)} ms ${row.gops.toFixed(1).padStart(7)} Gop/s`,
    );
  }
  cases.forEach((c, i) => {
    rows[i].percentOfPeak = (100 * rows[i].gops) / (isInt8(c.primitive) ? peak.i8 : peak.f32);
  });
  const results: KernelResults = {
    peak,
    rows,
    growth: filter === '' ? await measureGrowth() : undefined,
    machine: cpus()[0]?.model ?? 'unknown',
    node: process.version,
  };
  log(`peak: f32 ${peak.f32.toFixed(1)} GFLOP/s, i8 ${peak.i8.toFixed(1)} GOP/s`);
  if (options.out) {
    mkdirSync(dirname(options.out), { recursive: true });
    writeFileSync(`${options.out}.tmp`, `${JSON.stringify(results, null, 1)}\n`);
    renameSync(`${options.out}.tmp`, options.out);
    log(`wrote ${options.out}`);
    const page = options.out.replace(/(\.json)?$/, '.html');
    // The library that draws takes longer to load than a kernel to measure: only where a page is written.
    const { plotPage } = await import('./plots.ts');
    writeFileSync(`${page}.tmp`, await plotPage(results));
    renameSync(`${page}.tmp`, page);
    log(`wrote ${page}`);
  }
  return results;
}
