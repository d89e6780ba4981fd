/** Threads: shared memory and workers, asked for by number or left to the host. Loaded only when they are asked for. */
import { BackendError } from '../../core/errors.ts';
import type { Backend } from '../backend.ts';
import { Heap, WasmStore } from '../heap.ts';
import type { Kernels } from '../wasm/family.ts';
import { LEAST_PART, type MakeBackend, splitting } from './backend.ts';
import { coreCount, whyNotShared } from './host.ts';
import { Pool } from './pool.ts';
import { MOST_PAGES, shareMemory } from './shared-module.ts';

/** Beyond, parts get too small for the sizes this library is for. */
const MOST_BY_ITSELF = 8;

export interface ThreadedBackend extends Backend {
  /** How many threads share the work, this one included. */
  readonly threads: number;
  /** How that came about; while a worker that died is being replaced, that. */
  readonly reason: string;
  /** Ends the workers. The backend still works, on this thread alone. */
  close(): void;
}

/** A backend on several threads, or why there is none. */
export type Answer = ThreadedBackend | { reason: string };

/** Workers of backends that nobody holds any more end. */
const abandoned = new FinalizationRegistry<Pool>((pool) => pool.close());

/** The same bytes give the same module: compiled once a process. */
const compiled = new WeakMap<
  Uint8Array,
  Promise<{ module: WebAssembly.Module; queries: ReadonlySet<string> }>
>();

export interface ThreadOptions {
  /** Microseconds below which a part is not worth a thread. */
  leastPart?: number;
  /** Why these kernels answer: `reason` begins with it. */
  reason?: string;
}

/**
 * @param threads how many, this one included; 'auto': one a core, at most 8
 * @param bytes the kernels module
 * @param make call sites over kernels and a heap
 * @throws BackendError if a number was asked for and threads cannot be had; for 'auto' the answer is the reason
 */
export async function startThreads(
  threads: number | 'auto',
  bytes: () => Promise<Uint8Array>,
  make: MakeBackend,
  options: ThreadOptions = {},
): Promise<Answer> {
  try {
    const why = whyNotShared();
    if (why) throw new BackendError('wasm', `threads: ${why}`);
    const count = threads === 'auto' ? Math.min(coreCount(), MOST_BY_ITSELF) : threads;
    if (count === 1) return { reason: 'one thread: this host has one core' };
    return await start(count, await bytes(), make, options);
  } catch (error) {
    if (threads !== 'auto') throw asBackendError(error);
    return { reason: `one thread: ${error instanceof Error ? error.message : error}` };
  }
}

async function start(
  threads: number,
  bytes: Uint8Array,
  make: MakeBackend,
  { leastPart = LEAST_PART, reason }: ThreadOptions,
): Promise<ThreadedBackend> {
  let compilation = compiled.get(bytes);
  if (!compilation) {
    const shared = shareMemory(bytes);
    compilation = WebAssembly.compile(shared.bytes).then((module) => ({ module, queries: shared.queries }));
    compiled.set(bytes, compilation);
  }
  const { module, queries } = await compilation;
  const memory = new WebAssembly.Memory({ initial: 16, maximum: MOST_PAGES, shared: true });
  const abort = (_message: number, _file: number, line: number, column: number): never => {
    throw new BackendError('wasm', `a kernel's assertion failed at line ${line}, column ${column}`);
  };
  const { exports } = new WebAssembly.Instance(module, { env: { memory, abort } });
  const kernels = exports as unknown as Kernels;
  const names = Object.keys(exports).filter(
    (name) => typeof exports[name] === 'function' && !queries.has(name),
  );
  const numbers = new Map(names.map((name, i) => [name, i]));
  const heap = new Heap(new WasmStore(memory), kernels.heapBase());
  const pool = new Pool(threads - 1, { module, memory, names });
  await pool.ready();
  const backend = splitting(make, kernels, heap, pool, numbers, leastPart);
  const chosen = reason === undefined ? '' : `${reason}; `;
  const threaded: ThreadedBackend = Object.defineProperty(
    Object.assign(backend, { threads, close: () => pool.close() }),
    'reason',
    {
      enumerable: true,
      get: () => chosen + pool.standing,
    },
  ) as ThreadedBackend;
  abandoned.register(threaded, pool);
  return threaded;
}

function asBackendError(error: unknown): BackendError {
  if (error instanceof BackendError) return error;
  return new BackendError('wasm', `threads: this host cannot start them: ${error}`, { cause: error });
}
