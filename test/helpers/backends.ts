import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import type { Backend } from '../../src/backend/backend.ts';
import { createReferenceBackend } from '../../src/backend/reference/index.ts';
import { createWasmBackend } from '../../src/backend/wasm/index.ts';

const compiled = new Map<string, WebAssembly.Module>();

const files = { release: 'kernels.wasm', debug: 'kernels.debug.wasm', fast: 'kernels-fast.wasm' };

/** The release build, the debug build with asserts, or the fast one, straight from build/ (PARING_BUILD names another folder). */
export function wasmBackend(build: keyof typeof files = 'release'): Backend {
  const folder = process.env.PARING_BUILD ?? new URL('../../build', import.meta.url).pathname;
  const path = `${folder}/${files[build]}`;
  if (build === 'fast') setFlagsFromString('--experimental-wasm-relaxed-simd'); // Node 20; later ones have it
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
