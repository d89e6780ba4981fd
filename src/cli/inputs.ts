/** The data and the models a verb works on, and whether they belong together. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename, dirname, relative, resolve } from 'node:path';
import type { Backend } from '../backend/backend.ts';
import { type CreatedBackend, createBackend } from '../backend/create.ts';
import { ArgumentError, GraphError, ShapeError } from '../core/errors.ts';
import { formatShape, sameShape, sizeOf } from '../core/shape.ts';
import { VERSION } from '../core/version.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Graph } from '../graph/graph.ts';
import { inferShapes } from '../graph/infer.ts';
import { type OpenOptions, openData, type Splits } from '../node/data/open.ts';
import { writeWhole } from '../node/write.ts';
import type { Evaluation, LayerImportance, ModelResult } from '../report/result.ts';
import { named } from './errors.ts';
import { filesOf, readJson } from './files.ts';
import type { CommonOptions, DataOptions } from './options.ts';
import type { JobProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** A result file, and how the data was opened, so that later verbs need no --data. */
export type StoredResult = ModelResult & { opened?: { path: string; options: OpenOptions } };

export interface OpenedData extends Splits {
  opened: { path: string; options: OpenOptions };
}

/** Milliseconds of reading pictures after which it is worth saying that they can be prepared. */
const LONG_READING = 10_000;

/** The result beside a model file; undefined if there is none. */
export function storedResult(model: string): StoredResult | undefined {
  const { result } = filesOf(model);
  return existsSync(result) ? (readJson(result) as StoredResult) : undefined;
}

/** Keeps a model's score, and the importance of its layers, in the result file beside it; makes one for a model that came without, as code writes them. */
export function keepEvaluation(
  { path, graph }: { path: string; graph: Graph },
  evaluation: Evaluation,
  importance?: readonly LayerImportance[],
): void {
  const { stem, result } = filesOf(path);
  const without: StoredResult = {
    name: basename(stem),
    title: graph.name,
    verb: 'evaluate',
    version: VERSION,
    seed: graph.meta.lineage?.seed ?? 0,
    seconds: 0,
    machine: cpus()[0]?.model ?? 'unknown',
    node: process.version,
  };
  const all = { ...(storedResult(path) ?? without), evaluation, ...(importance && { importance }) };
  writeWhole(result, `${JSON.stringify(all, null, 2)}\n`);
}

/**
 * Opens --data; without it, what the model was made from, as the result file beside it says.
 * @param model path of a model file, whose result and shape say what was left out
 * @throws ArgumentError if nothing says which data; DataError
 */
export async function openFor(
  options: DataOptions & CommonOptions,
  terminal: Terminal,
  model?: { path: string; graph: Graph },
): Promise<OpenedData> {
  const { size, fit, channels, validation, test, seed } = options;
  const said = Object.entries({ size, fit, channels, validation, test }).filter(([, v]) => v !== undefined);
  const stored = model && storedResult(model.path)?.opened;
  const path = options.data ?? stored?.path;
  if (path === undefined) {
    const where = model ? `: ${filesOf(model.path).result} does not say what it was made from` : '';
    throw new ArgumentError('paring', '--data', `a folder, a file or mnist${where}`, 'nothing');
  }
  const same = stored !== undefined && stored.path === place(path);
  const opening: OpenOptions = {
    ...(same ? stored.options : { seed, ...(model && sizeFor(path, model.graph)) }),
    ...Object.fromEntries(said),
  };
  const progress = terminal.progress();
  let reading: JobProgress | undefined;
  const onProgress = (done: number, total: number): void => {
    reading ??= progress.start('reading');
    reading.update(done, total, '', `${done} of ${total} pictures`);
  };
  const begin = performance.now();
  try {
    const splits = await openData(path, { ...opening, onProgress });
    reading?.finish(splits.description);
    if (reading && performance.now() - begin > LONG_READING)
      terminal.note(preparing(path, opening, splits.train));
    return { ...splits, opened: { path: place(path), options: opening } };
  } finally {
    progress.stop();
  }
}

/** The command that decodes pictures once for all verbs to come. */
function preparing(path: string, { fit, channels }: OpenOptions, { shape: [, h, w] }: Dataset): string {
  const how = `--size ${h}x${w}${fit ? ` --fit ${fit}` : ''}${channels ? ` --channels ${channels}` : ''}`;
  return `pictures can be decoded once for all: paring data '${path}' ${how} --out FOLDER, then --data FOLDER`;
}

/** Pictures are brought to what the model reads; other data is as it is. */
function sizeFor(path: string, graph: Graph): OpenOptions {
  if (!existsSync(path) || !statSync(path).isDirectory()) return {};
  const entries = readdirSync(path, { withFileTypes: true }).filter(({ name }) => !name.startsWith('.'));
  const [channels, h, w] = graph.inputs[0].shape;
  if (!entries.every((entry) => entry.isDirectory()) || w === undefined) return {};
  return { size: [h, w], channels: channels === 1 ? 'gray' : 'rgb' };
}

/** Absolute, unless it is the name of a set. */
function place(path: string): string {
  return existsSync(path) ? resolve(path) : path;
}

/** Backends as --backend and --threads want them, one after the other: asking for the next ends the threads of the last. */
export function backends({ backend, threads }: CommonOptions): () => Promise<Backend> {
  let last: CreatedBackend | undefined;
  return async () => {
    last?.close();
    last = await createBackend({ ...(backend && { backend }), ...(threads && { threads }) });
    return last;
  };
}

/** @throws ShapeError, GraphError if the model cannot be used on the data; both are named */
export function fits(model: { path: string; graph: Graph }, data: Dataset, source: string): void {
  const { path, graph } = model;
  const [input] = graph.inputs;
  if (!sameShape(input.shape, data.shape)) {
    throw new ShapeError(path, `images of ${source}`, formatShape(input.shape), formatShape(data.shape));
  }
  const classes = classesOf(path, graph);
  if (classes !== data.classes.length) {
    throw new GraphError(
      graph.name,
      `${path} tells ${classes} classes apart, ${source} has ${data.classes.length}`,
    );
  }
}

/** @throws GraphError if the teacher reads other images or knows other classes than the student */
export function fitsTeacher(teacher: { path: string; graph: Graph }, student: Graph): void {
  const { path, graph } = teacher;
  const [a, b] = [graph.inputs[0].shape, student.inputs[0].shape];
  if (!sameShape(a, b)) throw new ShapeError(path, 'images of the teacher', formatShape(b), formatShape(a));
  const [theirs, ours] = [classesOf(path, graph), classesOf('student', student)];
  if (theirs !== ours) {
    throw new GraphError(
      graph.name,
      `the teacher ${path} tells ${theirs} classes apart, the student ${ours}`,
    );
  }
}

/** Numbers a sample that the graph gives out. */
function classesOf(path: string, graph: Graph): number {
  return named(path, () => sizeOf((inferShapes(graph, 1).get(graph.outputs[0]) ?? []).slice(1)));
}

/** `path` as a file beside `from` names it. */
export function relativeTo(from: string, path: string): string {
  return relative(dirname(resolve(from)), resolve(path)) || path;
}
