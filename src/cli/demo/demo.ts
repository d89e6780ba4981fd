/**
 * The main job: every variant made by a recipe in a worker, written to a file and scored from it, two workers side by side where there are
 * two cores; then each file timed in a process of its own, one after another while nothing else runs; then the table, report.json and report.html.
 */
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { ArgumentError } from '../../core/errors.ts';
import { VERSION } from '../../core/version.ts';
import { type Timing, timeFile } from '../../node/evaluate-file.ts';
import type { Evaluation } from '../../node/evaluation.ts';
import { writeWhole } from '../../node/write.ts';
import { type Report, remarks, type VariantResult } from '../../report/comparison.ts';
import { writeReport } from '../../report/page.ts';
import type { ModelResult } from '../../report/result.ts';
import { terminalTable } from '../../report/table.ts';
import { createProgress, type Progress } from '../progress.ts';
import { checkFloors } from './floors.ts';
import { runJobs } from './schedule.ts';
import { summarizeFile } from './summarize-file.ts';
import { type Variant, variants } from './variants.ts';
import type { WorkerInput, WorkerMessage } from './worker.ts';

/** A worker needs a core and about 100 MB. */
const MOST_JOBS = 2;
/** Timings of a variant come from this many processes, taken in turns with the others; their median counts. */
const TIMING_ROUNDS = { full: 3, quick: 1 };

export interface DemoOptions {
  quick: boolean;
  /** Name the floors that were missed even of a quick run. */
  check: boolean;
  /** Folder for the models, report.json and report.html. */
  out: string;
  seed: number;
  /** Only these variants, with those they start from or learn from. */
  only?: readonly string[];
  /** Variants made side by side. What they are does not depend on it. Default two, or as many as there are cores. */
  jobs?: number;
}

/**
 * Runs the main job and prints its table on stdout, progress on stderr.
 * @returns whether every floor was met; true for a run of some variants only, whose floors are not looked at
 * @throws ArgumentError for a variant that does not exist
 */
export async function runDemo(options: DemoOptions): Promise<boolean> {
  const start = Date.now();
  const chosen = choose(options.only);
  mkdirSync(options.out, { recursive: true });
  const progress = createProgress();
  try {
    const jobs = options.jobs ?? Math.min(MOST_JOBS, availableParallelism());
    await runJobs(chosen, jobs, (variant) => make(variant, options, progress));
    const report = await measure(chosen, options, progress);
    report.seconds = (Date.now() - start) / 1000;
    report.peakMemory = process.resourceUsage().maxRSS * 1024;
    writeWhole(join(options.out, 'report.json'), `${JSON.stringify(report, null, 1)}\n`);
    await writeReport(options.out);
    progress.stop();
    return summarize(report, options);
  } finally {
    progress.stop();
  }
}

function choose(only?: readonly string[]): readonly Variant[] {
  if (!only) return variants;
  const wanted = new Set<string>();
  const want = (name: string): void => {
    const variant = variants.find((v) => v.name === name);
    if (!variant) throw new ArgumentError('demo', '--only', variants.map((v) => v.name).join(', '), name);
    wanted.add(name);
    variant.after.forEach(want);
  };
  // Everything is compared with the baseline.
  for (const name of ['baseline', ...only]) want(name);
  return variants.filter((v) => wanted.has(v.name));
}

const fileOf = (options: DemoOptions, name: string): string => join(options.out, `${name}.paring`);

/** Makes one variant in a worker. */
function make(variant: Variant, options: DemoOptions, progress: Progress): Promise<void> {
  // Files of an earlier run must not pass for this one's.
  for (const ending of ['.paring', '.result.json', '.log.jsonl']) {
    rmSync(join(options.out, variant.name + ending), { force: true });
  }
  const job = progress.start(variant.name);
  const { quick, out, seed } = options;
  const input: WorkerInput = { variant: variant.name, quick, out, seed };
  const worker = new Worker(fileURLToPath(new URL('./worker.js', import.meta.url)), { workerData: input });
  return new Promise((resolve, reject) => {
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'done') job.finish(message.note);
      else {
        const rate = message.rate > 0 ? `${Math.round(message.rate)} images/s` : '';
        job.update(message.done, message.total, rate, message.note);
      }
    });
    worker.on('error', reject);
    worker.on('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`the worker of '${variant.name}' ended with code ${code}`));
    });
  });
}

/** Times every file in turns with the others, and writes the medians into its result. */
async function measure(
  chosen: readonly Variant[],
  options: DemoOptions,
  progress: Progress,
): Promise<Report> {
  const rounds = options.quick ? TIMING_ROUNDS.quick : TIMING_ROUNDS.full;
  const job = progress.start('measuring');
  const total = chosen.length * rounds;
  let done = 0;
  const timings = new Map<string, Timing[]>(chosen.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { name } of chosen) {
      timings.get(name)?.push(await timeFile(fileOf(options, name)));
      done += 1;
      job.update(done, total, '', name);
    }
  }
  job.finish(`${chosen.length} files, each timed in processes of its own`);

  let images = 0;
  const variants = chosen.map(({ name, title }): VariantResult => {
    const times = timings.get(name) as Timing[];
    const ms = { ms1: median(times.map((t) => t.ms1)), ms32: median(times.map((t) => t.ms32)) };
    const path = join(options.out, `${name}.result.json`);
    const result = JSON.parse(readFileSync(path, 'utf8')) as ModelResult;
    const evaluation = { ...(result.evaluation as Evaluation), ...ms };
    images = evaluation.images;
    writeWhole(path, `${JSON.stringify({ ...result, evaluation }, null, 1)}\n`);
    const file = fileOf(options, name);
    return { name, title, top1: evaluation.top1, ...summarizeFile(file), bytes: statSync(file).size, ...ms };
  });
  return {
    variants,
    seed: options.seed,
    version: VERSION,
    testImages: images,
    quick: options.quick,
    machine: cpus()[0]?.model ?? 'unknown',
    node: process.version,
    seconds: 0,
    peakMemory: 0,
  };
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

function summarize(report: Report, options: DemoOptions): boolean {
  const print = (text: string): void => {
    process.stdout.write(`${text}\n`);
  };
  print('');
  print(terminalTable(report));
  print('');
  for (const remark of remarks(report)) print(remark);
  print(
    `seed ${report.seed}, ${Math.round(report.seconds)} s, peak memory of the process that trains ${(report.peakMemory / 1e9).toFixed(2)} GB`,
  );
  print(`models, report.json and report.html are in ${options.out}/`);
  if (options.only) return true; // `--check` is refused beside it: floors need every variant
  const floors = checkFloors(report);
  const missed = floors.filter((floor) => !floor.met);
  if (options.check || !report.quick) {
    print(`${floors.length - missed.length} of ${floors.length} floors met`);
    for (const floor of missed) print(`missed: ${floor.what}: ${floor.found}`);
  }
  return missed.length === 0;
}
