/**
 * What every verb that changes weights does: it follows a recipe, of one step or many, and writes the model with its log and
 * its result. Checks, progress, checkpoints, resume and lineage are alike for all of them.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename } from 'node:path';
import {
  checkRecipe,
  type Recipe,
  type RecipeEvent,
  type RecipeReport,
  runRecipe,
} from '../compress/recipe.ts';
import { CheckpointError, DivergenceError } from '../core/errors.ts';
import { grouped } from '../core/plain.ts';
import { VERSION } from '../core/version.ts';
import { encode } from '../format/index.ts';
import type { Graph } from '../graph/graph.ts';
import { FileCheckpoint } from '../node/checkpoint.ts';
import { removeLeftovers, writeWhole } from '../node/write.ts';
import type { EpochLog } from '../train/options.ts';
import { Interrupted } from './errors.ts';
import type { Output } from './files.ts';
import { backends, fits, fitsTeacher, type OpenedData, relativeTo, type StoredResult } from './inputs.ts';
import { commandLine, interruptible } from './interrupt.ts';
import { RunLog } from './log.ts';
import type { CommonOptions, RunOptions } from './options.ts';
import type { JobProgress } from './progress.ts';
import { percent, type Terminal } from './terminal.ts';

export interface Job {
  verb: string;
  title: string;
  /** Where the recipe starts, and the name to call it by in messages. */
  start: { path: string; graph: Graph };
  recipe: Recipe;
  data: OpenedData;
  teacher?: { path: string; graph: Graph };
  output: Output;
  /** Model file it was made from. */
  parent?: string;
  /** Registry name, for train. */
  model?: string;
  /** Importance by weight, for the step `prune` with the criterion `given`. */
  scores?: ReadonlyMap<string, Float32Array>;
}

export interface Outcome {
  model: string;
  bytes: number;
  sha256: string;
  seconds: number;
  top1: number;
  reports: RecipeReport[];
  result: StoredResult;
}

/**
 * Follows the job's recipe and writes STEM.paring, STEM.result.json and STEM.log.jsonl.
 * @throws RecipeError, ArgumentError and the like before anything runs; Interrupted with how to go on
 */
export async function follow(
  job: Job,
  options: CommonOptions & RunOptions,
  terminal: Terminal,
): Promise<Outcome> {
  const { start, data, teacher, output, recipe } = job;
  fits(start, data.train, data.source);
  if (teacher) fitsTeacher(teacher, start.graph);
  const given = { teacher: teacher?.graph, validation: data.validation, scores: job.scores };
  checkRecipe(recipe, start.graph, given);
  const checkpoint = new FileCheckpoint(output.checkpoint);
  const resume = stateToGoOnFrom(checkpoint, options.resume, terminal);
  const log = new RunLog(output.log, options.logEvery, resume !== undefined);
  const begin = performance.now();
  const progress = terminal.progress();
  const bars = new StepBars((name) => progress.start(name));
  let made: { graph: Graph; reports: RecipeReport[] };
  try {
    made = await interruptible(terminal, (signal) =>
      runRecipe(start.graph, recipe, {
        ...given,
        train: data.train,
        backend: backends(options),
        signal,
        resume,
        checkpoint: { every: options.checkpointEvery, save: checkpoint.save },
        onProgress: (event) => {
          log.add(event);
          bars.show(event);
        },
      }),
    );
  } catch (error) {
    progress.stop();
    throw explained(error, output);
  }
  progress.stop();
  const seconds = (performance.now() - begin) / 1000;
  const bytes = encode(made.graph);
  writeWhole(output.model, bytes);
  log.finish();
  const result = resultOf(job, options.seed, made.reports, seconds);
  writeWhole(output.result, `${JSON.stringify(result, null, 2)}\n`);
  checkpoint.remove();
  for (const path of [output.model, output.result, output.log]) removeLeftovers(path);
  const top1 = made.reports.at(-1)?.validation?.top1 ?? Number.NaN;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { model: output.model, bytes: bytes.length, sha256, seconds, top1, reports: made.reports, result };
}

/** The checkpoint's state with --resume; without, what is left of an older run goes away. */
function stateToGoOnFrom(
  checkpoint: FileCheckpoint,
  resume: boolean | undefined,
  terminal: Terminal,
): Uint8Array | undefined {
  if (!resume) {
    checkpoint.remove();
    return undefined;
  }
  const found = checkpoint.load();
  if (found?.note) terminal.note(found.note);
  return found?.state;
}

/** Adds to an error what the user can do now. */
function explained(error: unknown, output: Output): unknown {
  const kept = existsSync(output.checkpoint);
  if (error instanceof Interrupted) {
    const how = commandLine(process.argv.slice(2), '--resume');
    return new Interrupted(kept ? `stopped; go on with:\n  ${how}` : 'stopped; nothing was written');
  }
  if (error instanceof CheckpointError) error.message = `${output.checkpoint}: ${error.message}`;
  if (error instanceof DivergenceError) {
    const place = kept
      ? `the last good state is in ${output.checkpoint}; start over with --fresh and a lower --lr`
      : 'no checkpoint had been written yet';
    error.message += `; ${place}`;
  }
  return error;
}

function resultOf(job: Job, seed: number, reports: RecipeReport[], seconds: number): StoredResult {
  const { data, output, parent, recipe } = job;
  const histories = reports.map((report) => (report as { history?: readonly EpochLog[] }).history ?? []);
  return {
    name: basename(output.stem),
    title: job.title,
    verb: job.verb,
    version: VERSION,
    parent: parent === undefined ? undefined : relativeTo(output.result, parent),
    model: job.model,
    recipe,
    seed,
    data: {
      source: data.source,
      description: data.description,
      sha256: data.train.sha256,
      train: data.train.length,
      validation: data.validation.length,
      test: data.test.length,
    },
    opened: data.opened,
    history: histories.flat(),
    reports,
    log: basename(output.log),
    seconds,
    machine: cpus()[0]?.model ?? 'unknown',
    node: process.version,
  };
}

/** A bar a step of the recipe. */
class StepBars {
  private readonly start: (name: string) => JobProgress;
  private bar: JobProgress | undefined;

  constructor(start: (name: string) => JobProgress) {
    this.start = start;
  }

  show(event: RecipeEvent): void {
    switch (event.kind) {
      case 'begin':
        this.bar = this.start(event.of === 1 ? event.step : `${event.index + 1}/${event.of} ${event.step}`);
        return;
      case 'progress': {
        const { step, steps, rate, loss, top1, epoch } = event.progress;
        const note = `epoch ${epoch + 1}, loss ${loss.toFixed(4)}, top-1 ${percent(top1)}`;
        this.bar?.update(step, steps, `${grouped(Math.round(rate))} images/s`, note);
        return;
      }
      case 'end': {
        const { validation } = event.report;
        this.bar?.finish(validation ? `validation top-1 ${percent(validation.top1)}` : '');
      }
    }
  }
}

/** What a verb says when it is done. */
export function told(outcome: Outcome, terminal: Terminal): string {
  const { model, bytes, top1, seconds, reports } = outcome;
  const [first, last] = [reports[0]?.before, reports.at(-1)?.after];
  const parts = [`${grouped(bytes)} bytes`, `validation top-1 ${percent(top1)}`];
  if (last) parts.push(`${grouped(last.nonzero)} of ${grouped(first.parameters)} parameters not zero`);
  return `${terminal.bold(model)}  ${parts.join(', ')}  (${seconds.toFixed(1)} s)`;
}

/** The same as data. */
export function asData({ model, bytes, sha256, seconds, top1, reports }: Outcome): unknown {
  return { model, bytes, sha256, seconds, validation: { top1 }, reports };
}
