/** What an error is to a shell: a code, and one line that says what to do. */
import { RecipeError } from '../compress/recipe.ts';
import {
  ArgumentError,
  DataError,
  FormatError,
  GraphError,
  OnnxError,
  ParingError,
  ShapeError,
} from '../core/errors.ts';

/** The user's wish to stop. `message` says how to go on. */
export class Interrupted extends Error {}

/** 1 failed, 2 wrong usage, 3 invalid model or data, 130 interrupted. */
export function exitCode(error: unknown): number {
  if (error instanceof Interrupted) return 130;
  if (error instanceof ArgumentError || error instanceof RecipeError) return 2;
  const invalid = [DataError, FormatError, GraphError, OnnxError, ShapeError];
  return invalid.some((kind) => error instanceof kind) ? 3 : 1;
}

/** What is written to stderr. A stack is for what nobody foresaw. */
export function sentence(error: unknown): string {
  if (error instanceof ParingError || error instanceof Interrupted) return `paring: ${error.message}`;
  return `paring: ${error instanceof Error ? error.stack : String(error)}`;
}

/** Puts the file's path in front of what is wrong with it. */
export function named<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof FormatError || error instanceof GraphError || error instanceof OnnxError)
      error.message = `${path}: ${error.message}`;
    throw error;
  }
}
