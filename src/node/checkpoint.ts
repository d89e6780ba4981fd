/** Checkpoints on disk: one file and the one before it, so that at any moment at least one of them is whole. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { CheckpointError } from '../core/errors.ts';
import { unpack } from '../train/state.ts';
import { removeLeftovers, writeWhole } from './write.ts';

/** What `FileCheckpoint.load` found. */
export interface LoadedCheckpoint {
  /** For `resume`. */
  state: Uint8Array;
  /** What is worth telling: that the newest checkpoint could not be used, and why. */
  note?: string;
}

/** A checkpoint at `path`, the previous one at `path.previous`. Hand `save` to `checkpoint.save`, what `load` gives to `resume`. */
export class FileCheckpoint {
  readonly path: string;
  readonly previous: string;
  /** Whether the file at `path` is worth keeping when the next one is written. */
  private keep = true;

  constructor(path: string) {
    this.path = path;
    this.previous = `${path}.previous`;
  }

  /**
   * Writes a checkpoint; the one that was there becomes the previous one.
   * @throws FileError if it cannot be written; what was there is then still there
   */
  readonly save = (state: Uint8Array): void => {
    writeWhole(this.path, state, this.keep ? { keepPrevious: this.previous } : {});
    this.keep = true;
  };

  /**
   * The newest checkpoint that is whole; undefined if there is no file at all.
   * @throws CheckpointError if there are files but none is whole
   */
  load(): LoadedCheckpoint | undefined {
    const problems: string[] = [];
    for (const path of [this.path, this.previous]) {
      if (!existsSync(path)) {
        if (path === this.path) problems.push(`${path}: missing`);
        continue;
      }
      try {
        const state = new Uint8Array(readFileSync(path));
        unpack(state);
        if (problems.length === 0) return { state };
        // The damaged file must not push out the good one when the next is written.
        this.keep = false;
        return { state, note: `${problems[0]}; going on from ${path}` };
      } catch (error) {
        problems.push(`${path}: ${error instanceof Error ? error.message : error}`);
      }
    }
    if (!this.exists()) return undefined;
    throw new CheckpointError('file', `a checkpoint that is whole at ${this.path}`, problems.join('; '));
  }

  /** Whether there is anything to load. */
  exists(): boolean {
    return existsSync(this.path) || existsSync(this.previous);
  }

  /** Removes both files, and what writes that were cut off have left beside them. */
  remove(): void {
    rmSync(this.path, { force: true });
    rmSync(this.previous, { force: true });
    removeLeftovers(this.path);
  }
}
