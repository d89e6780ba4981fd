/**
 * What runs in a worker thread: a loop that waits for a list of kernel calls in shared memory, makes them, and says so. It
 * knows no primitive and no layout; the main thread has worked all that out (recorder.ts).
 *
 * The function is sent to the thread as its source text, so that no file has to be found: the same in Node, Deno, Bun,
 * browsers, in a bundle and under a test runner. It must therefore not refer to anything outside itself.
 */

/** What a worker is given. All arrays are views of shared memory. */
export interface Post {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  /** The kernels by number. */
  names: readonly string[];
  /** See `slot`. */
  header: Int32Array;
  /** Calls one after the other: number of the kernel, how many arguments, the arguments. */
  calls: Float64Array;
  /** What went wrong, UTF-8. */
  text: Uint8Array;
  /** Milliseconds to look out for the next list before going to sleep. */
  patience: number;
}

/** Places in `header`. */
export const slot = {
  /** Number of the list to work on; changed by the main thread. -1: leave. */
  posted: 0,
  /** Number of the last list that was done. */
  done: 1,
  /** Calls made, of all lists: a sign of life. */
  progress: 2,
  /** A `state`. */
  state: 3,
  /** Numbers in `calls`. */
  length: 4,
  /** Bytes in `text`; 0 if the list went well. */
  failure: 5,
} as const;

export const state = { starting: 0, ready: 1, failed: 2 } as const;

/** @param post what the worker was given */
export function work(post: Post): void {
  const { header, calls, text, patience } = post;
  const [POSTED, DONE, PROGRESS, STATE, LENGTH, FAILURE] = [0, 1, 2, 3, 4, 5];
  const tell = (error: unknown): void => {
    const bytes = new TextEncoder().encode(String(error)).subarray(0, text.length);
    text.set(bytes);
    header[FAILURE] = bytes.length;
  };
  let kernels: ((...args: number[]) => void)[];
  try {
    const abort = (_message: number, _file: number, line: number, column: number): never => {
      throw new Error(`a kernel's assertion failed at line ${line}, column ${column}`);
    };
    const { exports } = new WebAssembly.Instance(post.module, { env: { memory: post.memory, abort } });
    kernels = post.names.map((name) => exports[name] as (...args: number[]) => void);
  } catch (error) {
    tell(error);
    Atomics.store(header, STATE, 2);
    return;
  }
  Atomics.store(header, STATE, 1);
  let seen = 0;
  for (;;) {
    let posted = Atomics.load(header, POSTED);
    if (posted === seen) {
      const until = performance.now() + patience;
      while (posted === seen && performance.now() < until) {
        for (let i = 0; i < 100 && posted === seen; i++) posted = Atomics.load(header, POSTED);
      }
      if (posted === seen) {
        Atomics.wait(header, POSTED, seen);
        continue;
      }
    }
    seen = posted;
    // A list that was given up is not worked on: its memory may belong to something else by now.
    const end = header[LENGTH];
    try {
      for (let at = 0; at < end && Atomics.load(header, POSTED) === posted; ) {
        const from = at + 2;
        at = from + calls[at + 1];
        kernels[calls[from - 2]].apply(undefined, calls.subarray(from, at) as unknown as number[]);
        Atomics.add(header, PROGRESS, 1);
      }
    } catch (error) {
      tell(error);
    }
    if (Atomics.load(header, POSTED) === -1) return;
    Atomics.store(header, DONE, posted);
    Atomics.notify(header, DONE);
  }
}
