/**
 * A kernels module made fit for threads. Kernels need no atomic instruction, since no two threads write the same bytes in one
 * call; all that has to change is the memory they import, from `limits min` to `limits min max shared`. That is a few bytes of
 * the import section, so the packaged module is rewritten when threads are asked for and nothing is shipped twice.
 *
 * Format: WebAssembly Core Specification 5.5 (sections, LEB128, limits) and the threads proposal (limits flag 3).
 */
import { BackendError } from '../../core/errors.ts';

/** 4 GiB, the most that a heap hands out. */
export const MOST_PAGES = 65536;

export interface SharedModule {
  bytes: Uint8Array<ArrayBuffer>;
  /** Exported functions that answer something (sizes of scratch and packed weights). All others do work and return nothing. */
  queries: ReadonlySet<string>;
}

const TYPE = 1;
const IMPORT = 2;
const FUNCTION = 3;
const EXPORT = 7;
const SHARED = 3;

/**
 * @param source bytes of a module that imports its memory
 * @throws BackendError if they are not such a module
 */
export function shareMemory(source: Uint8Array): SharedModule {
  try {
    return rewrite(source);
  } catch (cause) {
    throw new BackendError('wasm', `threads: the bytes given are no kernels module (${cause})`, { cause });
  }
}

function rewrite(source: Uint8Array): SharedModule {
  const text = new TextDecoder();
  let at = 8;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = source[at++];
      if (byte === undefined) throw new RangeError('it ends within a number');
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  const name = (): string => {
    const length = number();
    at += length;
    return text.decode(source.subarray(at - length, at));
  };

  /** Whether each type, and each function of each type, has a result. */
  const types: boolean[] = [];
  const functions: boolean[] = [];
  const queries = new Set<string>();
  const parts: Uint8Array[] = [source.subarray(0, 8)];
  let shared = false;
  while (at < source.length) {
    const start = at;
    const section = source[at++];
    const end = number() + at;
    if (section === IMPORT) {
      const body = at;
      for (let left = number(); left > 0; left--) {
        name();
        name();
        const kind = source[at++];
        if (kind === 0) functions.push(types[number()]);
        else if (kind === 2) {
          const limits = at;
          const bounded = source[at++] & 1;
          const least = number();
          if (bounded) number();
          const changed = [SHARED, ...leb(least), ...leb(MOST_PAGES)];
          const content = [...source.subarray(body, limits), ...changed, ...source.subarray(at, end)];
          parts.push(Uint8Array.from([IMPORT, ...leb(content.length), ...content]));
          shared = true;
        } else throw new RangeError(`an import of kind ${kind}`);
      }
    } else {
      parts.push(source.subarray(start, end));
      if (section === TYPE) {
        for (let left = number(); left > 0; left--) {
          at += 1;
          const parameters = number();
          at += parameters;
          const results = number();
          at += results;
          types.push(results > 0);
        }
      } else if (section === FUNCTION) {
        for (let left = number(); left > 0; left--) functions.push(types[number()]);
      } else if (section === EXPORT) {
        for (let left = number(); left > 0; left--) {
          const exported = name();
          const kind = source[at++];
          const index = number();
          if (kind === 0 && functions[index]) queries.add(exported);
        }
      }
    }
    at = end;
  }
  if (!shared) throw new RangeError('it imports no memory');
  return { bytes: joined(parts), queries };
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
