/** The choice of a backend: what was asked for answers, or an error says why not. */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { expect, test } from 'vitest';
import { createBackend } from '../../src/backend/create.ts';
import { hasRelaxedSimd } from '../../src/backend/module.ts';
import { ArgumentError, BackendError } from '../../src/core/errors.ts';

test('wasm is the default, and says so', async () => {
  const backend = await createBackend();
  expect(backend.name).toBe('wasm');
  expect(backend.reason).toBe('wasm is the default, and this host runs the kernels of the package');
  expect((await createBackend({ backend: 'wasm' })).reason).toMatch(/^wasm was asked for by name/);
});

test('the reference answers when asked by name', async () => {
  const backend = await createBackend({ backend: 'reference' });
  expect(backend.name).toBe('reference');
  expect(backend.reason).toMatch(/asked for by name/);
});

test('kernels may be handed in, as bytes or compiled', async () => {
  const folder = process.env.PARING_BUILD ?? new URL('../../build', import.meta.url).pathname;
  const bytes = readFileSync(`${folder}/kernels.wasm`);
  for (const wasm of [bytes, WebAssembly.compile(bytes)]) {
    const backend = await createBackend({ wasm });
    expect(backend.name).toBe('wasm');
    expect(backend.reason).toMatch(/the kernels handed in$/);
  }
});

test('what cannot be had throws; nothing falls back', async () => {
  await expect(createBackend({ wasm: new Uint8Array([0, 1, 2, 3]) })).rejects.toThrow(BackendError);
  const empty = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  await expect(createBackend({ wasm: empty })).rejects.toThrow(/not the kernels module/);
  await expect(createBackend({ backend: 'webgpu' as 'wasm' })).rejects.toThrow(
    "createBackend: backend: expected 'wasm', 'fast' or 'reference', got 'webgpu'",
  );
  await expect(createBackend({ backend: 'reference', wasm: empty })).rejects.toThrow(ArgumentError);
});

test('fast kernels answer by name where the host has relaxed SIMD, and are refused where not', async () => {
  // Node 20 has it behind a flag, later versions without.
  if (!hasRelaxedSimd()) {
    await expect(createBackend({ backend: 'fast' })).rejects.toThrow(
      "backend 'fast': this host has no relaxed SIMD; ask for 'wasm'",
    );
    setFlagsFromString('--experimental-wasm-relaxed-simd');
  }
  expect(hasRelaxedSimd()).toBe(true);
  const backend = await createBackend({ backend: 'fast' });
  expect(backend.name).toBe('fast');
  expect(backend.reason).toMatch(/^fast was asked for by name/);
});

test('two backends share no memory', async () => {
  const [a, b] = [await createBackend(), await createBackend()];
  const ptr = a.heap.alloc(4);
  a.heap.f32(ptr, 1)[0] = 7;
  b.heap.f32(ptr, 1)[0] = 5;
  expect(a.heap.f32(ptr, 1)[0]).toBe(7);
});
