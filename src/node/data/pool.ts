/**
 * Pictures decoded by a few threads. A phone's photo takes over a second in plain JavaScript: threads decode as many at a time as
 * there are cores, and leave the main one free for a progress bar and Ctrl-C. The decoder is the same, so the bytes are.
 */
import { availableParallelism, totalmem } from 'node:os';
import { Worker } from 'node:worker_threads';
import { DataError, ParingError } from '../../core/errors.ts';
import type { DecodeOptions } from './decode.ts';
import type { DecodeAnswer } from './decode-worker.ts';

/** Pixels of a folder from which on starting threads (some 0.1 s) pays. */
const WORTH = 8_000_000;
const MAX_WORKERS = 8;
/** Memory a decoder takes, measured on JPEGs of 12 million pixels: coefficients, lines, two copies of the pixels, the planes. */
const BYTES_PER_PIXEL = 40;

/** Pixels of a folder's pictures. */
export interface Extent {
  count: number;
  total: number;
  largest: number;
}

/**
 * How many threads a folder is worth: 0 for few pixels; else one a core, at most 8, and no more than decode the largest picture
 * at the same time in half of the memory there is.
 */
export function workersFor({ count, total, largest }: Extent): number {
  if (total < WORTH) return 0;
  const memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  const fitting = Math.floor(memory / 2 / (largest * BYTES_PER_PIXEL));
  return Math.max(1, Math.min(MAX_WORKERS, availableParallelism(), count, fitting));
}

export interface PoolOptions {
  /** Threads. */
  workers: number;
  signal?: AbortSignal;
  /** The compiled file of the threads. */
  script?: URL;
}

/**
 * Decodes pictures, in the order of their paths. At most `workers` are being decoded and as many more wait for their turn in the
 * order. Every thread has ended when the generator has, however that came about.
 * @yields planes as `readPicture` returns them
 * @throws DataError of the first path that has one; ParingError naming the path whose thread died (code MEMORY if it ran out of
 *   memory, else WORKER); the signal's reason, at once
 */
export async function* decodeInPool(
  paths: readonly string[],
  decode: DecodeOptions,
  options: PoolOptions,
): AsyncGenerator<Uint8Array, void> {
  const { workers, signal, script = new URL('./decode-worker.js', import.meta.url) } = options;
  signal?.throwIfAborted();
  const pool = new DecodePool(Math.min(workers, paths.length), script, decode);
  const abort = (): void => pool.drop(() => signal?.reason);
  signal?.addEventListener('abort', abort);
  try {
    const ahead: Promise<Uint8Array>[] = [];
    let next = 0;
    while (next < paths.length || ahead.length > 0) {
      while (next < paths.length && ahead.length < 2 * workers) ahead.push(pool.decode(paths[next++]));
      const planes = await (ahead.shift() as Promise<Uint8Array>);
      signal?.throwIfAborted();
      yield planes;
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    await pool.close();
  }
}

interface Job {
  path: string;
  resolve(planes: Uint8Array): void;
  reject(error: unknown): void;
}

class DecodePool {
  /** Threads that live, and what each is at. */
  private readonly busy = new Map<Worker, Job | undefined>();
  private readonly waiting: Job[] = [];

  constructor(count: number, script: URL, decode: DecodeOptions) {
    // Flags of this process may be of no use to a thread: node --input-type refuses to start one.
    const settings = { workerData: decode, execArgv: [] };
    for (let i = 0; i < count; i++) this.start(new Worker(script, settings));
  }

  /** Jobs are begun in the order they come. */
  decode(path: string): Promise<Uint8Array> {
    const planes = new Promise<Uint8Array>((resolve, reject) => {
      this.waiting.push({ path, resolve, reject });
    });
    // A failure counts when its turn comes; until then it is not unhandled.
    planes.catch(() => {});
    this.assign();
    return planes;
  }

  /** Rejects all that is not decoded yet. */
  drop(reason: (path: string) => unknown): void {
    const jobs = [...this.busy.values(), ...this.waiting.splice(0)];
    for (const job of jobs) job?.reject(reason(job.path));
  }

  async close(): Promise<void> {
    await Promise.all([...this.busy.keys()].map((worker) => worker.terminate()));
  }

  private start(worker: Worker): void {
    let cause: unknown;
    this.busy.set(worker, undefined);
    worker.on('message', (answer: DecodeAnswer) => {
      const job = this.busy.get(worker);
      this.busy.set(worker, undefined);
      if ('planes' in answer) job?.resolve(answer.planes);
      else job?.reject(answer.ofData ? dataError(answer.error as Error) : answer.error);
      this.assign();
    });
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', (code) => {
      const lost = (path: string): ParingError => threadDied(path, code, cause);
      const job = this.busy.get(worker);
      this.busy.delete(worker);
      job?.reject(lost(job.path));
      if (this.busy.size === 0) this.drop(lost);
    });
  }

  private assign(): void {
    for (const [worker, job] of this.busy) {
      if (this.waiting.length === 0) return;
      if (job) continue;
      const next = this.waiting.shift() as Job;
      this.busy.set(worker, next);
      worker.postMessage(next.path);
    }
  }
}

/** A DataError of another thread, which came as an Error with its message. */
function dataError({ message }: Error): DataError {
  const error = new DataError('', '', '');
  error.message = message;
  return error;
}

function threadDied(path: string, code: number, cause: unknown): ParingError {
  if ((cause as NodeJS.ErrnoException | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new ParingError('MEMORY', `${path}: decoding it takes more memory than a thread has`, { cause });
  }
  const why = cause instanceof Error ? cause.message : `exit code ${code}`;
  return new ParingError('WORKER', `${path}: the thread that decoded it died: ${why}`, { cause });
}
