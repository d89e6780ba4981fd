/** Files that verbs read, and the places they write to. Both are checked before anything long begins. */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ArgumentError, DataError, FileError } from '../core/errors.ts';
import { decode } from '../format/index.ts';
import type { Graph } from '../graph/graph.ts';
import { FileCheckpoint } from '../node/checkpoint.ts';
import { checkWritable } from '../node/write.ts';
import { named } from './errors.ts';

/** @throws DataError if the file cannot be read */
export function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const got = { ENOENT: 'no such file', EISDIR: 'a folder', EACCES: 'no permission to read' }[code ?? ''];
    throw new DataError(path, 'a readable file', got ?? message);
  }
}

/** @throws DataError if the file cannot be read or is no JSON */
export function readJson(path: string): unknown {
  const text = new TextDecoder().decode(readBytes(path));
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DataError(path, 'JSON', (cause as Error).message);
  }
}

export interface ModelFile {
  path: string;
  bytes: Uint8Array;
  graph: Graph;
}

/** @throws DataError, FormatError, GraphError, each with the path in front */
export function readModel(path: string): ModelFile {
  const bytes = readBytes(path);
  return { path, bytes, graph: named(path, () => decode(bytes)) };
}

/** The files of one model: `STEM.paring` and what lies beside it. */
export interface Output {
  model: string;
  stem: string;
  result: string;
  log: string;
  checkpoint: string;
}

/** `x/lenet5` and `x/lenet5.paring` alike. */
export function filesOf(path: string): Output {
  const stem = path.replace(/\.paring$/, '');
  return {
    stem,
    model: `${stem}.paring`,
    result: `${stem}.result.json`,
    log: `${stem}.log.jsonl`,
    checkpoint: `${stem}.checkpoint`,
  };
}

/**
 * The files a verb will write, after making sure that it can, and that no unfinished run is thrown away in passing.
 * @param path --out, or the default
 * @param inputs files that must stay as they are
 * @throws FileError if the place cannot be written; ArgumentError if it is an input, or a checkpoint lies there and neither
 *   --resume nor --fresh was said; DataError if there is none to --resume from
 */
export function claimOutput(
  path: string,
  { resume, fresh }: { resume?: boolean; fresh?: boolean },
  inputs: readonly string[] = [],
): Output {
  if (path === '') throw new ArgumentError('--out', 'file', 'a name', 'nothing');
  if (/[\\/]$/.test(path) || (existsSync(path) && !statSync(path).isFile())) {
    const got = existsSync(path) && !statSync(path).isDirectory() ? 'a device' : 'a folder';
    throw new FileError(path, 'the name of a file, as model.paring', got);
  }
  const output = filesOf(path);
  claim(output.model, inputs);
  for (const path of [output.result, output.log, output.checkpoint]) checkWritable(path);
  const unfinished = new FileCheckpoint(output.checkpoint).exists();
  if (resume && fresh) throw new ArgumentError('--resume', 'and --fresh', 'one of them', 'both');
  if (resume && !unfinished) {
    const done = existsSync(output.model) ? `none; ${output.model} is done` : 'none';
    throw new DataError(output.checkpoint, 'a checkpoint to --resume from', done);
  }
  if (unfinished && !resume && !fresh) {
    const expected = '--resume to go on with the unfinished run, or --fresh to start over';
    throw new ArgumentError(output.checkpoint, 'option', expected, 'neither');
  }
  return output;
}

/** The same for a single file. */
export function claim(path: string, inputs: readonly string[] = []): void {
  const same = inputs.find((input) => existsSync(input) && existsSync(path) && real(input) === real(path));
  if (same !== undefined) throw new ArgumentError('--out', 'file', 'another file than the one read', path);
  checkWritable(path);
}

function real(path: string): string {
  return realpathSync(path);
}

/** `x/lenet5.paring` and 'pruned' give `x/lenet5-pruned.paring`. */
export function beside(input: string, suffix: string): string {
  return join(dirname(input), `${basename(input).replace(/\.paring$/, '')}-${suffix}.paring`);
}
