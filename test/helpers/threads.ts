import { readFileSync } from 'node:fs';
import { LEAST_PART } from '../../src/backend/threads/backend.ts';
import { startThreads, type ThreadedBackend } from '../../src/backend/threads/index.ts';
import { wasmBackend } from '../../src/backend/wasm/index.ts';

const folder = process.env.PARING_BUILD ?? new URL('../../build', import.meta.url).pathname;
const bytes = new Map<string, Uint8Array>();

/** Bytes of a build: the same object each time. */
export function kernelBytes(file: 'kernels' | 'kernels.debug' | 'inference'): Uint8Array {
  const known = bytes.get(file) ?? readFileSync(`${folder}/${file}.wasm`);
  bytes.set(file, known);
  return known;
}

/** @param leastPart 0: everything is split that can be */
export async function threaded(
  threads: number,
  leastPart = LEAST_PART,
  file: 'kernels' | 'kernels.debug' = 'kernels',
): Promise<ThreadedBackend> {
  const answer = await startThreads(threads, async () => kernelBytes(file), wasmBackend, { leastPart });
  if (!('heap' in answer)) throw new Error(answer.reason);
  return answer;
}
