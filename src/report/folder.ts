/** Reads a folder of models and what verbs left beside them, as the report needs it. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { DataError } from '../core/errors.ts';
import { decode, type FileInfo, inspect } from '../format/index.ts';
import type { Graph } from '../graph/graph.ts';
import { costs, totals } from '../graph/infer.ts';
import { readResult } from './read-result.ts';
import type { Evaluation, ModelResult } from './result.ts';

/** A line of STEM.log.jsonl. */
export interface LogLine {
  type: 'step' | 'epoch';
  /** Position in the recipe, from 0. */
  recipeStep: number;
  /** Steps done in it. */
  step: number;
  loss: number;
  top1: number;
  lr: number;
  gradientNorm?: number;
  sparsity?: number;
  validation?: { loss: number; top1: number };
}

export interface ProjectModel {
  /** STEM of STEM.paring. */
  name: string;
  file: string;
  bytes: number;
  sha256: string;
  graph: Graph;
  info: FileInfo;
  parameters: number;
  nonzero: number;
  /** Multiply-accumulates of one image whose weight is not zero. */
  macs: number;
  result?: ModelResult;
  /** Only if it was made with this very file. */
  evaluation?: Evaluation;
  /** Whether there is an evaluation of another version of the file. */
  stale: boolean;
  log: LogLine[];
  /** The model it was made from, if that is in the folder. */
  parent?: ProjectModel;
}

export interface Project {
  folder: string;
  /** The baseline first, then from the largest file to the smallest. */
  models: ProjectModel[];
  /** What everything is compared with: the model most others were made from. */
  baseline?: ProjectModel;
  /** Files that could not be read, and why. */
  unreadable: { file: string; error: string }[];
}

/**
 * Every STEM.paring of a folder with its STEM.result.json and STEM.log.jsonl. A file that cannot be read is listed in
 * `unreadable` and does not keep the others from being read.
 * @throws DataError if the folder cannot be read or holds no model file
 */
export async function readFolder(folder: string): Promise<Project> {
  let files: string[];
  try {
    files = readdirSync(folder).filter((file) => file.endsWith('.paring'));
  } catch (cause) {
    throw new DataError(folder, 'a folder that can be read', (cause as Error).message);
  }
  if (files.length === 0) throw new DataError(folder, 'a folder with .paring files', 'none');
  const unreadable: Project['unreadable'] = [];
  const attempt = <T>(file: string, read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      unreadable.push({ file, error: (error as Error).message });
      return undefined;
    }
  };

  const models = files.sort().flatMap((file): ProjectModel[] => {
    const stem = join(folder, basename(file, '.paring'));
    const model = attempt(file, () => readModel(folder, file));
    if (!model) return [];
    if (existsSync(`${stem}.result.json`)) {
      model.result = attempt(`${model.name}.result.json`, () => readResult(`${stem}.result.json`));
    }
    const { evaluation, log = `${model.name}.log.jsonl` } = model.result ?? {};
    model.evaluation = evaluation?.sha256 === model.sha256 ? evaluation : undefined;
    model.stale = evaluation !== undefined && model.evaluation === undefined;
    const logPath = join(folder, log);
    if (existsSync(logPath)) model.log = attempt(log, () => readLog(logPath)) ?? [];
    return [model];
  });
  for (const model of models) {
    const { parent } = model.result ?? {};
    if (parent) {
      const path = resolve(folder, parent);
      model.parent = models.find((m) => m !== model && resolve(folder, m.file) === path);
    }
  }
  const baseline = findBaseline(models);
  models.sort((a, b) => Number(b === baseline) - Number(a === baseline) || b.bytes - a.bytes);
  return { folder, models, baseline, unreadable };
}

function readModel(folder: string, file: string): ProjectModel {
  const bytes = readFileSync(join(folder, file));
  const graph = decode(bytes);
  const { parameters, nonzero } = totals(graph);
  return {
    name: basename(file, '.paring'),
    file,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    graph,
    info: inspect(bytes),
    parameters,
    nonzero,
    macs: costs(graph).reduce((sum, cost) => sum + cost.effectiveMacs, 0),
    stale: false,
    log: [],
  };
}

/** Lines that are whole; the last one may have been cut off by a crash. */
function readLog(path: string): LogLine[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((text, i, all) => {
      if (text === '') return [];
      try {
        const line = JSON.parse(text) as LogLine;
        const numbers = [line.recipeStep, line.step, line.loss, line.top1, line.lr];
        if (!numbers.every(Number.isFinite)) throw new DataError(path, 'numbers', text.slice(0, 80));
        return [line];
      } catch (error) {
        if (i === all.length - 1) return [];
        throw new DataError(path, `a log; line ${i + 1}`, (error as Error).message);
      }
    });
}

/** Of the models that were made from no other here, the one most were made from; of these the largest. */
function findBaseline(models: readonly ProjectModel[]): ProjectModel | undefined {
  const root = (model: ProjectModel): ProjectModel => {
    const seen = new Set<ProjectModel>();
    let at = model;
    while (at.parent && !seen.has(at)) {
      seen.add(at);
      at = at.parent;
    }
    return at;
  };
  const counts = new Map<ProjectModel, number>();
  for (const model of models) counts.set(root(model), (counts.get(root(model)) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || b.bytes - a.bytes)[0]?.[0];
}
