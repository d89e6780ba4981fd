/** What the host offers for threads: workers, cores, waiting. Everything is tried, nothing is concluded from names of hosts. */
import type { Post } from './worker.ts';
import { work } from './worker.ts';

/** A thread that was started. */
export interface Thread {
  /** Stops it, whatever it is doing. */
  terminate(): void;
}

interface NodeWorker {
  on(event: 'error' | 'exit', listener: (value: unknown) => void): void;
  unref(): void;
  terminate(): Promise<number>;
}
interface NodeThreads {
  Worker: new (source: string, options: object) => NodeWorker;
}
interface NodeProcess {
  getBuiltinModule?: (name: string) => unknown;
}
interface WebWorker {
  postMessage(value: unknown): void;
  terminate(): void;
  onerror: ((event: { message?: string; preventDefault?: () => void }) => void) | null;
}

/** Node's modules without an import that bundlers for other hosts would stumble over. */
function builtin<T>(name: string): T | undefined {
  const { process } = globalThis as { process?: NodeProcess };
  return process?.getBuiltinModule?.(name) as T | undefined;
}

/**
 * Starts a worker. It does not keep the process alive.
 * @param ended called when the thread is no more, unless `terminate` ended it
 * @throws whatever the host throws if it has no workers
 */
export function startThread(post: Post, ended: (why: string) => void): Thread {
  const threads = builtin<Partial<NodeThreads>>('node:worker_threads');
  let silent = false;
  const end = (why: string): void => {
    if (!silent) ended(why);
    silent = true;
  };
  if (threads?.Worker) {
    const source = `(${work})(require('node:worker_threads').workerData)`;
    const worker = new threads.Worker(source, { eval: true, workerData: post, execArgv: [], name: 'paring' });
    worker.on('error', (error) => end(String(error)));
    worker.on('exit', (code) => end(`it ended with code ${code}`));
    worker.unref();
    return {
      terminate() {
        silent = true;
        void worker.terminate();
      },
    };
  }
  const { Worker } = globalThis as unknown as { Worker: new (url: string, options: object) => WebWorker };
  if (typeof Worker !== 'function') throw new Error('it has no workers');
  const source = `onmessage = ({ data }) => { (${work})(data); close(); };`;
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new Worker(url, { type: 'module', name: 'paring' });
  worker.onerror = (event) => {
    event.preventDefault?.();
    end(event.message ?? 'it failed');
  };
  worker.postMessage(post);
  return {
    terminate() {
      silent = true;
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}

/** How many threads can run at once. */
export function coreCount(): number {
  const os = builtin<{ availableParallelism?: () => number }>('node:os');
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } };
  return os?.availableParallelism?.() ?? navigator?.hardwareConcurrency ?? 1;
}

/** Why there is no shared memory here, or null if there is. */
export function whyNotShared(): string | null {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  if (typeof SharedArrayBuffer === 'undefined' || crossOriginIsolated === false) {
    return 'this host has no shared memory (a page has it when it is cross-origin isolated, by the headers COOP and COEP)';
  }
  try {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    if (memory.buffer instanceof SharedArrayBuffer) return null;
  } catch {
    // Refused: as good as not there.
  }
  return 'this host has no shared WebAssembly memory';
}

/** Whether this thread may sleep until it is woken; the main thread of a page may not. */
export function maySleep(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
    return true;
  } catch {
    return false;
  }
}

/** Calls `look` soon and again, until it says true; does not keep the process alive by itself. */
export async function poll(look: () => boolean): Promise<void> {
  while (!look()) await new Promise((resolve) => setTimeout(resolve, 1));
}
