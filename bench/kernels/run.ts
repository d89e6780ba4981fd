/**
 * `paring bench`: every kernel verified against the reference, then timed, with the peak probes in the same run. Each row's
 * rate is that of its fastest sample, as the peak's is: on a shared machine the median says more about the neighbours.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { Bench, hrtimeNow } from 'tinybench';
import { wasmModule } from '../../src/backend/module.ts';
import { createReferenceBackend } from '../../src/backend/reference/index.ts';
import { createWasmBackend } from '../../src/backend/wasm/index.ts';
import { ArgumentError } from '../../src/core/errors.ts';
import { benchCases } from './all.ts';
import { differs, type KernelCase, layCase } from './case.ts';
import { loadYardstick, measurePeak, type Peak } from './yardstick.ts';

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
  machine: string;
  node: string;
}

const isInt8 = (c: KernelCase): boolean => c.primitive.startsWith('q') && c.primitive !== 'quantize';

/**
 * @param options.filter only kernels whose name or shape contains it
 * @param options.out JSON file to write, by a temporary file and rename
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

  const peaks: Peak[] = [];
  const rows: KernelRow[] = [];
  for (const c of cases) {
    const backend = createWasmBackend(module);
    if (rows.length % 8 === 0) peaks.push(measurePeak(loadYardstick(backend.heap)));
    const laid = layCase(backend, c);
    laid.run();
    const start = performance.now();
    laid.run();
    // A sample shorter than the clock can tell apart says nothing: repeat within it.
    const repeat = Math.max(1, Math.ceil(0.2 / Math.max(performance.now() - start, 1e-4)));
    const bench = new Bench({ time: 250, warmupTime: 60, now: hrtimeNow, throws: true });
    bench.add(c.primitive, () => {
      for (let i = 0; i < repeat; i++) laid.run();
    });
    const [task] = await bench.run();
    const { result } = task;
    if (result.state !== 'completed') throw new Error(`${c.primitive} ${c.shape}: benchmark ${result.state}`);
    const ms = result.latency.min / repeat;
    const row: KernelRow = {
      kernel: c.primitive,
      shape: c.shape,
      ms,
      msMedian: result.latency.p50 / repeat,
      gops: c.ops ? c.ops / ms / 1e6 : 0,
      percentOfPeak: 0,
    };
    rows.push(row);
    log(
      `${row.kernel.padEnd(18)} ${row.shape.padEnd(44)} ${ms.toFixed(4).padStart(9)} ms ${row.gops.toFixed(1).padStart(7)} Gop/s`,
    );
  }
  // The best of the probes spread over the run: a peak taken in one slow moment would flatter the kernels.
  const peak: Peak = {
    f32: Math.max(...peaks.map((p) => p.f32)),
    i8: Math.max(...peaks.map((p) => p.i8)),
  };
  cases.forEach((c, i) => {
    rows[i].percentOfPeak = (100 * rows[i].gops) / (isInt8(c) ? peak.i8 : peak.f32);
  });
  const results: KernelResults = {
    peak,
    rows,
    machine: cpus()[0]?.model ?? 'unknown',
    node: process.version,
  };
  log(`peak: f32 ${peak.f32.toFixed(1)} GFLOP/s, i8 ${peak.i8.toFixed(1)} GOP/s`);
  if (options.out) {
    mkdirSync(dirname(options.out), { recursive: true });
    writeFileSync(`${options.out}.tmp`, `${JSON.stringify(results, null, 1)}\n`);
    renameSync(`${options.out}.tmp`, options.out);
    log(`wrote ${options.out}`);
  }
  return results;
}
