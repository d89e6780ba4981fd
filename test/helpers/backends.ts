import { readFileSync } from 'node:fs';
import type { Backend } from '../../src/backend/backend.ts';
import { createReferenceBackend } from '../../src/backend/reference/index.ts';
import { createWasmBackend } from '../../src/backend/wasm/index.ts';

const compiled = new Map<string, WebAssembly.Module>();

/** The release build, or the debug build with asserts, straight from build/ (PARING_BUILD names another folder). */
export function wasmBackend(build: 'release' | 'debug' = 'release'): Backend {
  const folder = process.env.PARING_BUILD ?? new URL('../../build', import.meta.url).pathname;
  const path = `${folder}/${build === 'debug' ? 'kernels.debug.wasm' : 'kernels.wasm'}`;
  let module = compiled.get(path);
  if (!module) {
    module = new WebAssembly.Module(readFileSync(path));
    compiled.set(path, module);
  }
  return createWasmBackend(module);
}

export const referenceBackend: () => Backend = createReferenceBackend;

/** Name and backend of each: the rows of a `describe.each`. */
export const bothBackends = (): [string, Backend][] => [
  ['reference', referenceBackend()],
  ['wasm', wasmBackend()],
];
