/** A backend for everything: training and running, on as many threads as asked. */
import { ArgumentError, BackendError } from '../core/errors.ts';
import type { Backend } from './backend.ts';
import { type BackendOptions as Choice, chooseBackend } from './choose.ts';
import { wasmModule } from './module.ts';
import { createWasmBackend, wasmBackend } from './wasm/index.ts';

/** More are of no use at the sizes this library is for. */
const MOST_THREADS = 64;

export interface BackendOptions extends Choice {
  /**
   * Threads that share the work, the calling one included. 1 by default. `auto`: one a core, at most 8; one alone where shared
   * memory or workers cannot be had, and `reason` says so. The results are the same bits whatever the number.
   */
  threads?: number | 'auto';
}

export interface CreatedBackend extends Backend {
  /** Why this backend answers, in words. */
  readonly reason: string;
  readonly threads: number;
  /** Ends the threads, if there are any. The backend still works, on the calling thread alone. */
  close(): void;
}

/**
 * As `chooseBackend`, with all kernels.
 * @throws BackendError also if a number of threads is asked for that cannot be had
 * @throws ArgumentError also for `threads` that are neither a whole number from 1 to 64 nor 'auto'
 */
export async function createBackend(options: BackendOptions = {}): Promise<CreatedBackend> {
  const { threads = 1, ...choice } = options;
  const whole = Number.isInteger(threads) && (threads as number) >= 1 && (threads as number) <= MOST_THREADS;
  if (threads !== 'auto' && !whole) {
    throw new ArgumentError(
      'createBackend',
      'threads',
      `a whole number from 1 to ${MOST_THREADS}, or 'auto'`,
      threads,
    );
  }
  const single = await chooseBackend(choice, { module: wasmModule, create: createWasmBackend });
  const alone = (why: string) =>
    Object.assign(single, { threads: 1, close() {}, reason: single.reason + why });
  if (threads === 1) return alone('');
  if (single.name === 'reference') {
    if (threads === 'auto') return alone('; one thread: it has no more');
    throw new BackendError('reference', 'threads: it has one only');
  }
  // Seldom wanted: loaded when they are.
  const { startThreads } = await import('./threads/index.ts');
  const { kernelBytes } = await import('./threads/bytes.ts');
  const bytes = () => kernelBytes(single.name as 'wasm' | 'fast', choice.wasm);
  const answer = await startThreads(threads, bytes, wasmBackend, { reason: single.reason });
  if (!('heap' in answer)) return alone(`; ${answer.reason}`);
  return Object.assign(answer, { name: single.name });
}
