/**
 * STEM.log.jsonl: a JSON line every few steps and one an epoch. While a run goes on they are appended to STEM.running.jsonl, and
 * cut back on resume: the log of a model that is there already stays until there is a new model.
 */
import { appendFileSync, copyFileSync, existsSync, readFileSync, renameSync } from 'node:fs';
import type { RecipeEvent } from '../compress/recipe.ts';
import { FileError } from '../core/errors.ts';
import { removeLeftovers, writeWhole } from '../node/write.ts';

export interface LogLine {
  type: 'step' | 'epoch';
  /** Position in the recipe, from 0. */
  recipeStep: number;
  /** Steps done in it. */
  step: number;
}

/** Writes the log of one run. */
export class RunLog {
  private readonly done: string;
  private readonly path: string;
  private readonly every: number;
  /** Until the first news of a resumed run says where it goes on. */
  private cutting: boolean;

  /**
   * @param path STEM.log.jsonl
   * @param resume whether lines that are there stay, up to where the run goes on
   */
  constructor(path: string, every: number, resume: boolean) {
    this.done = path;
    this.path = path.replace(/\.log\.jsonl$/, '.running.jsonl');
    this.every = every;
    // A run that was killed right after `finish` has its lines there.
    if (resume && !existsSync(this.path) && existsSync(path)) copyFileSync(path, this.path);
    this.cutting = resume && existsSync(this.path);
    if (!this.cutting) writeWhole(this.path, '');
  }

  /** The model is there: the log takes the place of the one before. */
  finish(): void {
    renameSync(this.path, this.done);
    removeLeftovers(this.path);
  }

  add(event: RecipeEvent): void {
    if (event.kind !== 'progress' && event.kind !== 'epoch') return;
    const line = lineOf(event);
    if (this.cutting) {
      const kept = readFileSync(this.path, 'utf8')
        .split('\n')
        .filter((text) => isBefore(text, line));
      writeWhole(this.path, kept.map((text) => `${text}\n`).join(''));
      this.cutting = false;
    }
    if (line.type === 'step' && line.step !== 1 && line.step % this.every !== 0) return;
    try {
      appendFileSync(this.path, `${JSON.stringify(line)}\n`);
    } catch (cause) {
      throw new FileError(this.path, 'a log that can be written', (cause as Error).message, { cause });
    }
  }
}

function lineOf(event: Extract<RecipeEvent, { kind: 'progress' | 'epoch' }>): LogLine {
  const at = { recipeStep: event.index };
  if (event.kind === 'epoch') return { type: 'epoch', ...at, ...event.log };
  const { step, epoch, loss, top1, lr, gradientNorm, sparsity } = event.progress;
  return { type: 'step', ...at, step, epoch, loss, top1, lr, gradientNorm, sparsity } as LogLine;
}

/** Whether a line is of the time before `first`, the first of the run that goes on. A line cut off by a crash is not. */
function isBefore(text: string, first: LogLine): boolean {
  let line: LogLine;
  try {
    line = JSON.parse(text) as LogLine;
  } catch {
    return false;
  }
  if (line.recipeStep !== first.recipeStep) return line.recipeStep < first.recipeStep;
  // An epoch's line follows that of its last step.
  return (
    line.step < first.step || (line.step === first.step && line.type === 'step' && first.type === 'epoch')
  );
}
